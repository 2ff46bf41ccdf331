//! From a state and what happened to the next state. Nothing is read or written here.

#[cfg(test)]
mod tests;

use crate::Ending;
use crate::action::{Action, Effect};
use crate::state::{FIRST_PAGE, Layout, Mistake, Mode, State};
use pixseek_engine::{Answer, Folding, Line, Order};
use tui_input::InputRequest;

/// An edit of the box, or something to do.
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
        Key::Edit(request) => {
            let before = state.input.value().to_owned();
            state.input.handle(request);
            if state.input.value() == before {
                return Vec::new();
            }
            // Another query: what moved the last one does not move it.
            state.better.clear();
            state.worse.clear();
            state.options.limit = FIRST_PAGE;
            vec![Effect::Ask(state.question())]
        }
        Key::Do(action) => act(state, action),
    }
}

/// A question was answered. An answer to an older one is dropped.
pub fn answered(state: &mut State, number: u64, photos: Option<u64>, reply: Reply) {
    state.photos = photos.or(state.photos);
    if number != state.asked {
        return;
    }
    let is_new = state.answered != 0 && state.options.limit == FIRST_PAGE;
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
        }
        // The last good answer stays on screen while a query is half typed.
        Reply::Mistake(mistake) => state.mistake = Some(mistake),
        Reply::Failed(message) => state.message = Some(message),
    }
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Type => state.mode = Mode::Type,
        Action::Browse => state.mode = Mode::Browse,
        Action::Help => state.mode = Mode::Help,
        Action::Detail if state.current().is_some() => state.mode = Mode::Detail,
        Action::Detail => {}
        Action::Quit => return vec![Effect::End(ending(state))],
        Action::Leave => match state.mode {
            Mode::Browse if state.pick => return vec![Effect::End(Ending::Cancelled)],
            Mode::Type | Mode::Detail | Mode::Help => state.mode = Mode::Browse,
            Mode::Browse => {}
        },
        Action::Choose => return choose(state),
        Action::Left => return step(state, -1),
        Action::Right => return step(state, 1),
        Action::Up if state.selected < state.columns && state.mode == Mode::Browse => {
            state.mode = Mode::Type;
        }
        Action::Up => return step(state, -across(state)),
        Action::Down => return step(state, across(state)),
        Action::PageUp => return step(state, -whole(state.page)),
        Action::PageDown => return step(state, whole(state.page)),
        Action::First => state.selected = 0,
        Action::Last => return step(state, whole(state.hits.len())),
        Action::Mark => mark(state),
        Action::MarkNone => state.marks.clear(),
        Action::Layout => {
            state.layout = match state.layout {
                Layout::Grid => Layout::List,
                Layout::List => Layout::Grid,
            }
        }
        Action::Sort => {
            state.options.order = match state.options.order {
                Order::Relevance => Order::Date,
                Order::Date => Order::Relevance,
            };
            return vec![Effect::Ask(state.question())];
        }
        Action::Fold => {
            state.options.folding = match state.options.folding {
                Folding::Near => Folding::None,
                Folding::None => Folding::Near,
            };
            return vec![Effect::Ask(state.question())];
        }
        Action::Tail => {
            state.options.line = match state.options.line {
                Line::Matches => Line::All,
                Line::All => Line::Matches,
            };
            return vec![Effect::Ask(state.question())];
        }
        Action::More | Action::Less => return like(state, action == Action::More),
        Action::Copy => {
            let current = state.current().map(|hit| hit.path.clone());
            if let Some(path) = current {
                state.message = Some("copied the path".into());
                let text = String::from_utf8_lossy(&path).into_owned();
                return vec![Effect::Copy(text)];
            }
        }
        Action::Reveal => {
            let current = state.current().map(|hit| hit.path.clone());
            return current.map(Effect::Reveal).into_iter().collect();
        }
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

/// What is marked, else what is under the cursor.
fn choose(state: &mut State) -> Vec<Effect> {
    let chosen = if state.marks.is_empty() {
        state
            .current()
            .map(|hit| hit.path.clone())
            .into_iter()
            .collect()
    } else {
        state.marks.clone()
    };
    if chosen.is_empty() {
        return Vec::new();
    }
    vec![if state.pick {
        Effect::End(Ending::Picked(chosen))
    } else {
        Effect::Open(chosen)
    }]
}

/// Rows between the photo above and below.
fn across(state: &State) -> isize {
    if state.mode == Mode::Detail {
        1
    } else {
        whole(state.columns)
    }
}

fn whole(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

/// Moves the cursor; near the end it asks for more.
fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let last = state.hits.len().saturating_sub(1);
    state.selected = state.selected.saturating_add_signed(by).min(last);
    let is_full = state.hits.len() >= state.options.limit;
    if is_full && state.selected + 2 * state.page >= state.hits.len() && !state.is_busy() {
        state.options.limit = state.options.limit.saturating_mul(4);
        return vec![Effect::Ask(state.question())];
    }
    Vec::new()
}

fn mark(state: &mut State) {
    let Some(path) = state.current().map(|hit| hit.path.clone()) else {
        return;
    };
    match state.marks.iter().position(|marked| *marked == path) {
        Some(at) => {
            state.marks.remove(at);
        }
        None => state.marks.push(path),
    }
    step(state, 1);
}

/// Moves the query to the photo or away from it.
fn like(state: &mut State, is_more: bool) -> Vec<Effect> {
    let Some(path) = state.current().map(|hit| hit.path.clone()) else {
        return Vec::new();
    };
    state.better.retain(|other| *other != path);
    state.worse.retain(|other| *other != path);
    if is_more {
        state.better.push(path);
    } else {
        state.worse.push(path);
    }
    vec![Effect::Ask(state.question())]
}
