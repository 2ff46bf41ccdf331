//! Edits text: the query, the prompt at the bottom, and the filter of earlier queries.

use super::{Mode, State};
use crate::effect::Effect;
use crate::state::FIRST_PAGE;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pixseek_engine::Shown;
use tui_input::{Input, InputRequest};

/// The longest line that the user can type, in bytes: the query language accepts no longer query.
pub const LONGEST_LINE: usize = 4096;

/// Returns the edit of a key, as in a shell. The table lacks these keys, because they only change a
/// line of text.
pub fn edit_of(key: &KeyEvent) -> Option<InputRequest> {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = key.modifiers.contains(KeyModifiers::ALT);
    if is_alt {
        return match key.code {
            KeyCode::Char('b') | KeyCode::Left => Some(InputRequest::GoToPrevWord),
            KeyCode::Char('f') | KeyCode::Right => Some(InputRequest::GoToNextWord),
            KeyCode::Char('d') => Some(InputRequest::DeleteNextWord),
            KeyCode::Backspace => Some(InputRequest::DeletePrevWord),
            _ => None,
        };
    }
    Some(match (key.code, is_control) {
        (KeyCode::Char('w') | KeyCode::Backspace, true) => InputRequest::DeletePrevWord,
        (KeyCode::Char('u'), true) => InputRequest::DeleteLine,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        (KeyCode::Char(letter), false) => InputRequest::InsertChar(letter),
        (KeyCode::Backspace, false) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        _ => return None,
    })
}

/// Edits the prompt or the query, whichever has the focus.
pub fn edit(state: &mut State, request: InputRequest) -> Vec<Effect> {
    if let InputRequest::InsertChar(letter) = request {
        return insert(state, letter.encode_utf8(&mut [0; 4]));
    }
    if is_prompt(state) {
        state.is_proposed = false;
        state.prompt_input.handle(request);
        state.history_selected = 0;
        return Vec::new();
    }
    let before = state.query.value().to_owned();
    state.word_is_typed = true;
    state.query.handle(request);
    if state.query.value() == before {
        // Completions depend on the position of the cursor.
        state.query_changed();
        return Vec::new();
    }
    edited(state)
}

/// Inserts text at the cursor as one edit, as far as there is room.
pub fn insert(state: &mut State, text: &str) -> Vec<Effect> {
    let is_prompt = is_prompt(state);
    if std::mem::take(&mut state.is_proposed) && is_prompt {
        state.prompt_input.reset();
    }
    let input = if is_prompt {
        &mut state.prompt_input
    } else {
        &mut state.query
    };
    let value = input.value();
    let mut room = LONGEST_LINE.saturating_sub(value.len());
    let mut letters = text.chars().filter_map(|letter| match letter {
        '\n' | '\r' | '\t' => Some(' '),
        letter => (!letter.is_control()).then_some(letter),
    });
    let mut inserted = String::new();
    for letter in letters.by_ref() {
        let Some(rest) = room.checked_sub(letter.len_utf8()) else {
            state.notice = Some(format!("only {LONGEST_LINE} bytes fit into a line"));
            break;
        };
        room = rest;
        inserted.push(letter);
    }
    if inserted.is_empty() {
        return Vec::new();
    }
    let before: String = value.chars().take(input.cursor()).collect();
    let cursor = input.cursor() + inserted.chars().count();
    let line = [&before, &inserted, &value[before.len()..]].concat();
    *input = Input::new(line).with_cursor(cursor);
    if is_prompt {
        state.history_selected = 0;
        return Vec::new();
    }
    state.word_is_typed = true;
    edited(state)
}

/// Removes a filter from the query, and the parentheses and the `OR` that it leaves without use.
pub fn remove_filter(state: &mut State, filter: usize) -> Vec<Effect> {
    let Some(span) = state.filters.get(filter).cloned() else {
        return Vec::new();
    };
    let text = state.query.value();
    let (Some(before), Some(after)) = (text.get(..span.start), text.get(span.end..)) else {
        return Vec::new();
    };
    let (mut before, mut after) = (before.trim_end(), after.trim_start());
    while let (Some(outer), Some(inner)) = (before.strip_suffix('('), after.strip_prefix(')')) {
        (before, after) = (outer.trim_end(), inner.trim_start());
    }
    if let Some(rest) = before.strip_suffix("OR") {
        before = rest.trim_end();
    } else if let Some(rest) = after.strip_prefix("OR ") {
        after = rest.trim_start();
    }
    let parts = [before, after];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    state.query = Input::new(parts.join(" "));
    search(state)
}

/// Opens the list of earlier queries.
pub fn open_history(state: &mut State) {
    state.previous_mode = state.mode;
    state.mode = Mode::History;
    state.history_selected = 0;
    state.prompt_input.reset();
}

/// Replaces the query by the earlier one under the cursor.
pub fn accept_earlier(state: &mut State) -> Vec<Effect> {
    state.mode = Mode::Type;
    let Some(query) = state.earlier_query() else {
        return Vec::new();
    };
    state.query = Input::new(query);
    state.word_is_typed = false;
    edited(state)
}

/// Deletes the earlier query under the cursor.
pub fn forget_earlier(state: &mut State) -> Vec<Effect> {
    let Some(query) = state.earlier_query() else {
        return Vec::new();
    };
    state.history.retain(|earlier| *earlier != query);
    let last = state.matching_history().len().saturating_sub(1);
    state.history_selected = state.history_selected.min(last);
    vec![Effect::ForgetQuery(query)]
}

/// Whether letters go into the prompt at the bottom instead of the query.
fn is_prompt(state: &State) -> bool {
    matches!(state.mode, Mode::History | Mode::Prompt)
}

/// Searches for the edited query, without the refinements of the previous one.
fn edited(state: &mut State) -> Vec<Effect> {
    state.refinements.clear();
    if std::mem::take(&mut state.is_similar) {
        state.options.shown = Shown::Matches;
    }
    search(state)
}

/// Requests the first page of hits after a change of the query's text.
pub fn search(state: &mut State) -> Vec<Effect> {
    state.query_changed();
    state.options.limit = FIRST_PAGE;
    let mut effects = vec![Effect::Search(state.question())];
    effects.extend(state.wanted_file().map(Effect::CompleteFile));
    effects
}
