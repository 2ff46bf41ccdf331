//! What is typed: the query, and answers to the line at the bottom.

use super::{FIRST_PAGE, Mode, Purpose, State};
use crate::action::{Effect, Errand};
use tui_input::{Input, InputRequest};

/// Bytes of a line; no query is longer.
pub const LONGEST: usize = 4096;

/// An edit of whatever is typed.
pub fn edit(state: &mut State, request: InputRequest) -> Vec<Effect> {
    if let InputRequest::InsertChar(letter) = request {
        return insert(state, letter.encode_utf8(&mut [0; 4]));
    }
    if matches!(state.mode, Mode::History | Mode::Prompt) {
        state.line.handle(request);
        state.earlier = 0;
        return Vec::new();
    }
    let before = state.input.value().to_owned();
    state.input.handle(request);
    state.look_at_input();
    if state.input.value() == before {
        return Vec::new();
    }
    ask_anew(state)
}

/// Inserts text at the cursor of whatever is typed, as one edit and as far as there is room.
pub fn insert(state: &mut State, text: &str) -> Vec<Effect> {
    let is_query = !matches!(state.mode, Mode::History | Mode::Prompt);
    let input = if is_query {
        &mut state.input
    } else {
        &mut state.line
    };
    let value = input.value();
    let mut room = LONGEST.saturating_sub(value.len());
    let mut letters = text.chars().filter_map(|letter| match letter {
        '\n' | '\r' | '\t' => Some(' '),
        letter => (!letter.is_control()).then_some(letter),
    });
    let mut inserted = String::new();
    for letter in letters.by_ref() {
        let Some(rest) = room.checked_sub(letter.len_utf8()) else {
            state.message = Some(format!("only {LONGEST} bytes fit into a line"));
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
    let whole = [&before, &inserted, &value[before.len()..]].concat();
    *input = Input::new(whole).with_cursor(cursor);
    if !is_query {
        state.earlier = 0;
        return Vec::new();
    }
    state.look_at_input();
    ask_anew(state)
}

/// Takes a completion.
pub fn complete(state: &mut State, at: usize) -> Vec<Effect> {
    let Some(completion) = state.completions.get(at).cloned() else {
        return Vec::new();
    };
    let mut text = state.input.value().to_owned();
    let end = completion.span.start + completion.text.len();
    if text.get(completion.span.clone()).is_none() {
        return Vec::new();
    }
    text.replace_range(completion.span, &completion.text);
    let cursor = text[..end].chars().count();
    state.input = Input::new(text).with_cursor(cursor);
    state.look_at_input();
    ask_anew(state)
}

/// Takes a filter out of the query.
pub fn unfilter(state: &mut State, at: usize) -> Vec<Effect> {
    let Some(span) = state.filters.get(at).cloned() else {
        return Vec::new();
    };
    let text = state.input.value();
    let (Some(before), Some(after)) = (text.get(..span.start), text.get(span.end..)) else {
        return Vec::new();
    };
    let (mut before, mut after) = (before.trim_end(), after.trim_start());
    // What stood beside it goes with it.
    while let (Some(rest), Some(inner)) = (before.strip_suffix('('), after.strip_prefix(')')) {
        (before, after) = (rest.trim_end(), inner.trim_start());
    }
    if let Some(rest) = before.strip_suffix("OR") {
        before = rest.trim_end();
    } else if let Some(rest) = after.strip_prefix("OR ") {
        after = rest.trim_start();
    }
    let parts = [before, after];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    replace(state, parts.join(" "))
}

/// Opens the list of earlier queries; what is in the box is looked for among them.
pub fn search_history(state: &mut State) {
    state.before = state.mode;
    state.mode = Mode::History;
    state.earlier = 0;
    state.line = Input::new(state.input.value().trim().to_owned());
    if state.earlier_queries().is_empty() {
        state.line.reset();
    }
}

/// What was typed below or chosen in the list is done.
pub fn accept(state: &mut State) -> Vec<Effect> {
    if state.mode == Mode::History {
        let queries = state.earlier_queries();
        let query = queries.get(state.earlier).map(|query| (*query).to_owned());
        state.mode = Mode::Type;
        return query.map_or_else(Vec::new, |query| replace(state, query));
    }
    state.mode = state.before;
    let line = state.line.value().trim().to_owned();
    if line.is_empty() {
        return Vec::new();
    }
    vec![Effect::Do(match state.purpose {
        Purpose::Save => Errand::Save {
            name: line,
            query: state.input.value().trim().to_owned(),
        },
        Purpose::Export(form) => Errand::Export {
            paths: state.chosen(),
            folder: line,
            form,
        },
    })]
}

fn replace(state: &mut State, query: String) -> Vec<Effect> {
    state.input = Input::new(query);
    state.look_at_input();
    ask_anew(state)
}

/// Another query: what moved the last one does not move it.
fn ask_anew(state: &mut State) -> Vec<Effect> {
    state.better.clear();
    state.worse.clear();
    state.options.limit = FIRST_PAGE;
    vec![Effect::Ask(state.question())]
}
