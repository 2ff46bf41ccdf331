//! `update`: from the state and a message to the next state and a list of effects. It reads and
//! writes nothing else, so that every behaviour can be tested by passing messages.

mod browsing;
mod mouse;
mod typing;

#[cfg(test)]
mod tests;

use crate::action::Action;
use crate::effect::{Effect, ExportForm};
use crate::error::{SearchError, chain};
use crate::indexing;
use crate::message::Message;
use crate::options::Ending;
use crate::state::{FIRST_PAGE, Indexing, Mode, Prompt, Run, State};
use crate::view;
use crossterm::event::KeyEvent;
use pixseek_engine::{Answer, Hit};
use ratatui::layout::{Position, Rect, Size};

/// Changes the state by a message, and returns what is to be done outside.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let effects = apply(state, message);
    lay_out(state, state.screen);
    effects
}

/// Computes what follows from the size of the screen: how many photos it has room for, and the
/// first row of them, so that the cursor is visible.
pub fn lay_out(state: &mut State, screen: Size) {
    state.screen = screen;
    let places = view::places(state, Rect::from((Position::ORIGIN, screen)));
    (state.columns, state.page) = view::columns_and_page(&places);
    state.first_row = view::first_row(state);
}

fn apply(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(key) => return key_pressed(state, &key),
        Message::Paste(text) => {
            state.notice = None;
            return typing::insert(state, &text);
        }
        Message::Mouse(mouse, time) => return mouse::update(state, mouse, time),
        Message::Resize { width, height } => state.screen = Size::new(width, height),
        Message::Signal(number) => return vec![Effect::End(Ending::Signal(number))],
        Message::Answered {
            number,
            photo_count,
            result,
        } => {
            state.photo_count = photo_count.or(state.photo_count);
            // While letters are typed, answers to earlier questions still arrive.
            if number == state.last_question {
                answered(state, result);
            }
        }
        Message::Rested(number) if number == state.last_question => {
            state.has_rested = true;
            show_held(state);
        }

        Message::Vocabulary(vocabulary) => {
            state.vocabulary = vocabulary;
            state.query_changed();
        }
        // Seen from outside, the run of this process is a writer too; it reports on itself.
        Message::Writer(_) if matches!(state.indexing, Indexing::Here(_)) => {}
        Message::Writer(Some(writer)) => state.indexing = Indexing::Elsewhere(writer),
        Message::Writer(None) => state.indexing = Indexing::None,
        Message::Indexing(run) => state.indexing = Indexing::Here(run),
        Message::Indexed(result) => {
            state.indexing = Indexing::None;
            state.notice = Some(match result {
                Ok(report) => indexing::summary(&report),
                Err(error) => chain(error.as_ref()),
            });
        }
        Message::QuerySaved(notice) => {
            state.notice = Some(notice);
            return vec![Effect::ReadVocabulary];
        }
        Message::Notice(notice) => state.notice = Some(notice),
        // The next frame shows it.
        Message::PictureReady | Message::Rested(_) => {}
    }
    Vec::new()
}

/// A key does what the table says for the mode, or else edits the text that is typed.
fn key_pressed(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let action = state.keymap.action(state.mode, key);
    let edit = typing::edit_of(key).filter(|_| state.is_typing());
    if action.is_some() || edit.is_some() {
        state.notice = None;
    }
    match (action, edit) {
        (Some(action), _) => act(state, action),
        (None, Some(edit)) => typing::edit(state, edit),
        (None, None) => Vec::new(),
    }
}

/// Shows the answer to the last question.
fn answered(state: &mut State, result: Result<Box<Answer>, SearchError>) {
    let is_first_page = state.options.limit == FIRST_PAGE;
    let is_new = state.is_searching() && is_first_page;
    state.last_answer = state.last_question;
    state.mistake = None;
    match result {
        // A word that is half typed often finds nothing, and the next letter mends it.
        Ok(answer) if answer.hits.is_empty() && state.mode == Mode::Type && !state.has_rested => {
            state.is_stale = true;
            state.held = Some(answer);
            if state.hits.is_empty() {
                show_held(state);
            }
        }
        Ok(answer) => show(state, *answer, is_new && state.mode == Mode::Type),
        // The hits of the last correct query stay on screen while the next one is half typed.
        Err(SearchError::Query(mistake)) => {
            state.is_stale = true;
            state.mistake = Some(mistake);
        }
        Err(error) => state.notice = Some(error.to_string()),
    }
}

/// Shows the answer that waits until typing rests.
fn show_held(state: &mut State) {
    if let Some(answer) = state.held.take() {
        show(state, *answer, true);
    }
}

/// Shows an answer. A new query begins at its best hit. Otherwise the cursor stays on its photo:
/// more hits of the same query were loaded, or the index has changed.
fn show(state: &mut State, answer: Answer, is_new: bool) {
    let current = state.current_path();
    state.hits = answer.hits;
    state.best_below = answer.best_below;
    state.is_stale = false;
    let is_current = |hit: &Hit| Some(&hit.path) == current.as_ref();
    let mut hits = state.hits.iter();
    let at = hits.position(is_current).filter(|_| !is_new);
    state.selected = at.unwrap_or(0);
    if state.hits.is_empty() && state.mode == Mode::Detail {
        state.mode = Mode::Browse;
    }
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Type => state.mode = Mode::Type,
        Action::Browse => return leave_query(state, Mode::Browse),
        Action::Help if state.mode == Mode::Help => state.mode = state.previous_mode,
        Action::Help => {
            state.previous_mode = state.mode;
            state.mode = Mode::Help;
            state.help_first_line = 0;
        }
        Action::Detail if state.mode == Mode::Detail => state.mode = Mode::Browse,
        Action::Detail if state.current().is_some() => return leave_query(state, Mode::Detail),
        Action::Quit => {
            let mut effects = leave_query(state, state.mode);
            effects.push(Effect::End(if state.is_picker {
                Ending::Cancelled
            } else {
                Ending::Left
            }));
            return effects;
        }
        Action::Leave => return leave(state),
        Action::Choose => return choose(state),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Index => return index(state),
        Action::Print => {
            let chosen = state.chosen();
            if !chosen.is_empty() {
                return vec![Effect::End(Ending::Picked(chosen))];
            }
        }
        Action::Copy => return copy(state),
        Action::ExportCopies => open_prompt(state, Prompt::Export(ExportForm::Copies)),
        Action::ExportLinks => open_prompt(state, Prompt::Export(ExportForm::Links)),
        Action::Save if state.query.value().trim().is_empty() => {
            state.notice = Some("there is no query to save".into());
        }
        Action::Save => open_prompt(state, Prompt::SaveQuery),
        Action::OpenFolder => {
            let current = state.current_path();
            return current.map(Effect::OpenFolder).into_iter().collect();
        }
        Action::Complete if state.completions.is_empty() => {
            return leave_query(state, Mode::Browse);
        }
        Action::Complete => return typing::complete(state, 0),
        Action::NextCompletion if !state.completions.is_empty() => {
            state.completions.rotate_left(1);
        }
        Action::Detail | Action::NextCompletion => {}
        Action::History => typing::open_history(state),
        Action::Accept => return typing::accept(state),
        Action::RemoveFilter => {
            if let Some(last) = state.filters.len().checked_sub(1) {
                return typing::remove_filter(state, last);
            }
            state.notice = Some("the query has no filter".into());
        }
        _ => return browsing::act(state, action),
    }
    Vec::new()
}

/// Changes from typing the query to another mode. The query is whole then. If it found something,
/// it is remembered.
fn leave_query(state: &mut State, mode: Mode) -> Vec<Effect> {
    let was_typing = std::mem::replace(&mut state.mode, mode) == Mode::Type;
    if !was_typing {
        return Vec::new();
    }
    show_held(state);
    let mut effects = remember(state);
    if state.asked_text() != state.asked {
        effects.push(Effect::Search(state.question()));
    }
    effects
}

fn remember(state: &mut State) -> Vec<Effect> {
    let query = state.query.value().trim().to_owned();
    let is_good = !query.is_empty() && state.mistake.is_none() && !state.hits.is_empty();
    if !is_good || state.history.first() == Some(&query) {
        return Vec::new();
    }
    state.history.retain(|earlier| *earlier != query);
    state.history.insert(0, query.clone());
    vec![Effect::RememberQuery(query)]
}

/// Goes back one step; from the photos of a picker, out of the program.
fn leave(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Browse if state.is_picker => return vec![Effect::End(Ending::Cancelled)],
        Mode::Browse => {}
        Mode::Type => return leave_query(state, Mode::Browse),
        Mode::Detail => state.mode = Mode::Browse,
        Mode::Help | Mode::History | Mode::Prompt => state.mode = state.previous_mode,
    }
    Vec::new()
}

/// Opens the chosen photos; a picker returns their paths.
fn choose(state: &mut State) -> Vec<Effect> {
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    let mode = state.mode;
    let mut effects = leave_query(state, mode);
    effects.push(if state.is_picker {
        Effect::End(Ending::Picked(chosen))
    } else {
        Effect::OpenPhotos(chosen)
    });
    effects
}

fn copy(state: &mut State) -> Vec<Effect> {
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    state.notice = Some(match chosen.len() {
        1 => "copied the path".into(),
        count => format!("copied {count} paths"),
    });
    let paths = chosen.iter().map(|path| String::from_utf8_lossy(path));
    vec![Effect::Copy(paths.collect::<Vec<_>>().join("\n"))]
}

/// Starts an index run, or ends the one of this process.
fn index(state: &mut State) -> Vec<Effect> {
    if matches!(state.indexing, Indexing::Here(_)) {
        state.notice = Some("finishing the batch".into());
        return vec![Effect::StopIndexing];
    }
    if !state.can_index {
        return Vec::new();
    }
    // A second press before the run's first message stops the run.
    state.indexing = Indexing::Here(Run::default());
    vec![Effect::StartIndexing]
}

/// Opens the prompt at the bottom.
fn open_prompt(state: &mut State, prompt: Prompt) {
    if prompt != Prompt::SaveQuery && state.chosen().is_empty() {
        return;
    }
    state.previous_mode = state.mode;
    state.mode = Mode::Prompt;
    state.prompt = prompt;
    state.prompt_input.reset();
}
