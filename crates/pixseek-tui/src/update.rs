//! From a state and what happened to the next state. Nothing is read or written here.

mod browsing;
mod typing;

#[cfg(test)]
mod tests;

use crate::Ending;
use crate::action::{Action, Effect, Errand, Export};
use crate::state::{FIRST_PAGE, Indexing, Mistake, Mode, Purpose, State};
use crate::view::Target;
use pixseek_engine::{Answer, Vocabulary};
use std::sync::Arc;
use tui_input::InputRequest;

/// An edit of what is typed, or something to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Key {
    Edit(InputRequest),
    Do(Action),
}

/// What a question came to.
#[derive(Debug, Clone)]
pub enum Reply {
    Answer(Box<Answer>),
    Mistake(Mistake),
    Failed(String),
}

/// A key was pressed.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    state.message = None;
    match key {
        Key::Edit(request) => typing::edit(state, request),
        Key::Do(action) => act(state, action),
    }
}

/// Text was pasted: one edit, however long it is.
pub fn pasted(state: &mut State, text: &str) -> Vec<Effect> {
    state.message = None;
    typing::insert(state, text)
}

/// The mouse was pressed on something; twice opens it.
pub fn pressed(state: &mut State, target: Target, is_twice: bool) -> Vec<Effect> {
    state.message = None;
    match target {
        Target::Query(column) => {
            state.mode = Mode::Type;
            state.input.handle(InputRequest::SetCursor(column));
            state.look_at_input();
        }
        Target::Filter(at) => return typing::unfilter(state, at),
        Target::Completion(at) => return typing::complete(state, at),
        Target::Earlier(at) => {
            state.earlier = at;
            return typing::accept(state);
        }
        Target::Photo(at) => {
            let effects = leave_box(state, Mode::Browse);
            state.selected = at;
            if is_twice {
                return act(state, Action::Detail);
            }
            return effects;
        }
        Target::Large => return act(state, Action::Detail),
    }
    Vec::new()
}

/// The wheel was turned.
pub fn scrolled(state: &mut State, is_down: bool) -> Vec<Effect> {
    if state.mode == Mode::Type {
        state.mode = Mode::Browse;
    }
    let action = if is_down { Action::Down } else { Action::Up };
    match state.mode {
        // The wheel stays among the photos.
        Mode::Browse if !is_down && state.selected < state.columns => Vec::new(),
        _ => act(state, action),
    }
}

/// A question was answered. An answer to an older one is dropped.
pub fn answered(state: &mut State, number: u64, photos: Option<u64>, reply: Reply) {
    state.photos = photos.or(state.photos);
    if number != state.asked {
        return;
    }
    let is_new = state.answered != number && state.options.limit == FIRST_PAGE;
    state.answered = number;
    state.mistake = None;
    match reply {
        Reply::Answer(answer) => {
            let current = state.current().map(|hit| hit.path.clone());
            state.hits = answer.hits;
            state.best_below = answer.best_below;
            // More of the same keeps its place; another answer begins at its best.
            let kept = state
                .hits
                .iter()
                .position(|hit| Some(&hit.path) == current.as_ref());
            state.selected = if is_new && state.mode == Mode::Type {
                0
            } else {
                kept.unwrap_or(0)
            };
            if state.hits.is_empty() && state.mode == Mode::Detail {
                state.mode = Mode::Browse;
            }
        }
        // The last good answer stays on screen while a query is half typed.
        Reply::Mistake(mistake) => state.mistake = Some(mistake),
        Reply::Failed(message) => state.message = Some(message),
    }
}

/// The index has these words to offer.
pub fn learned(state: &mut State, vocabulary: Arc<Vocabulary>) {
    state.vocabulary = vocabulary;
    state.look_at_input();
}

/// An index run went on, began or ended; `None` says nothing new of what runs here.
pub fn indexing(state: &mut State, now: Indexing) {
    // Whoever looks from outside sees our own run as another's.
    let is_here = matches!(state.indexing, Indexing::Here(_));
    if is_here && matches!(now, Indexing::Elsewhere(_)) {
        return;
    }
    state.indexing = now;
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Type => state.mode = Mode::Type,
        Action::Browse => return leave_box(state, Mode::Browse),
        Action::Help if state.mode == Mode::Help => state.mode = state.before,
        Action::Help => {
            state.before = state.mode;
            state.mode = Mode::Help;
            state.help_top = 0;
        }
        Action::Detail if state.mode == Mode::Detail => state.mode = Mode::Browse,
        Action::Detail if state.current().is_some() => return leave_box(state, Mode::Detail),
        Action::Quit => {
            let mut effects = leave_box(state, state.mode);
            effects.push(Effect::End(ending(state)));
            return effects;
        }
        Action::Leave => return leave(state),
        Action::Choose => return choose(state),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Refresh => return vec![Effect::Refresh],
        Action::Print => {
            let chosen = state.chosen();
            if !chosen.is_empty() {
                return vec![Effect::End(Ending::Picked(chosen))];
            }
        }
        Action::Copy => return copy(state),
        Action::ExportCopies => ask(state, Purpose::Export(Export::Copies)),
        Action::ExportLinks => ask(state, Purpose::Export(Export::Links)),
        Action::Save if state.input.value().trim().is_empty() => {
            state.message = Some("there is no query to save".into());
        }
        Action::Save => ask(state, Purpose::Save),
        Action::Reveal => {
            let current = state.current().map(|hit| hit.path.clone());
            let reveal = |path| Effect::Do(Errand::Reveal(path));
            return current.map(reveal).into_iter().collect();
        }
        Action::Complete if state.completions.is_empty() => {
            return leave_box(state, Mode::Browse);
        }
        Action::Complete => return typing::complete(state, 0),
        Action::OtherWord if !state.completions.is_empty() => state.completions.rotate_left(1),
        Action::Detail | Action::OtherWord => {}
        Action::History => typing::search_history(state),
        Action::Accept => return typing::accept(state),
        Action::Unfilter => {
            if let Some(last) = state.filters.len().checked_sub(1) {
                return typing::unfilter(state, last);
            }
            state.message = Some("the query has no filter".into());
        }
        _ => return browsing::act(state, action),
    }
    Vec::new()
}

/// Out of the box; a query that found something is worth remembering.
fn leave_box(state: &mut State, mode: Mode) -> Vec<Effect> {
    let was_typing = std::mem::replace(&mut state.mode, mode) == Mode::Type;
    let query = state.input.value().trim().to_owned();
    let is_good = !query.is_empty() && state.mistake.is_none() && !state.hits.is_empty();
    if !was_typing || !is_good || state.history.first() == Some(&query) {
        return Vec::new();
    }
    state.history.retain(|earlier| *earlier != query);
    state.history.insert(0, query.clone());
    vec![Effect::Do(Errand::Remember(query))]
}

fn leave(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Browse if state.pick => return vec![Effect::End(Ending::Cancelled)],
        Mode::Browse => {}
        Mode::Type => return leave_box(state, Mode::Browse),
        Mode::Detail => state.mode = Mode::Browse,
        Mode::Help | Mode::History | Mode::Prompt => state.mode = state.before,
    }
    Vec::new()
}

fn ending(state: &State) -> Ending {
    if state.pick {
        Ending::Cancelled
    } else {
        Ending::Left
    }
}

fn choose(state: &mut State) -> Vec<Effect> {
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    let mode = state.mode;
    let mut effects = leave_box(state, mode);
    effects.push(if state.pick {
        Effect::End(Ending::Picked(chosen))
    } else {
        Effect::Do(Errand::Open(chosen))
    });
    effects
}

fn copy(state: &mut State) -> Vec<Effect> {
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    state.message = Some(match chosen.len() {
        1 => "copied the path".into(),
        count => format!("copied {count} paths"),
    });
    let paths = chosen.iter().map(|path| String::from_utf8_lossy(path));
    vec![Effect::Copy(paths.collect::<Vec<_>>().join("\n"))]
}

/// Asks for a line at the bottom.
fn ask(state: &mut State, purpose: Purpose) {
    if purpose != Purpose::Save && state.chosen().is_empty() {
        return;
    }
    state.before = state.mode;
    state.mode = Mode::Prompt;
    state.purpose = purpose;
    state.line.reset();
}
