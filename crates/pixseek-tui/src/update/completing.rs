//! Completing the word at the cursor of the query.

use super::{Mode, State, leave_query, typing};
use crate::effect::Effect;
use crate::state::Cycle;
use tui_input::Input;

/// Inserts the offered completion. Pressed again, it cycles to the next; if there is none, focus
/// moves to the photos. A word that is valid as it stands gets no offer.
pub fn complete(state: &mut State) -> Vec<Effect> {
    if let Some(cycle) = &state.cycle {
        let next = (cycle.taken + 1) % cycle.ways.len();
        return take(state, next);
    }
    if state.is_offered {
        return take(state, 0);
    }
    leave_query(state, Mode::Browse);
    Vec::new()
}

/// Cycles back to the previous completion.
pub fn complete_back(state: &mut State) -> Vec<Effect> {
    let Some(cycle) = &state.cycle else {
        return Vec::new();
    };
    let before = (cycle.taken + cycle.ways.len() - 1) % cycle.ways.len();
    take(state, before)
}

/// Offers the first completion, or the next one.
pub fn choose_next(state: &mut State) {
    if state.completions.is_empty() {
        return;
    }
    if state.is_offered {
        state.completions.rotate_left(1);
    }
    state.is_offered = true;
}

/// Replaces the word at the cursor by the completion at an index of the cycle.
pub fn take(state: &mut State, at: usize) -> Vec<Effect> {
    let cycle = state.cycle.take().unwrap_or_else(|| Cycle {
        text: state.query.value().to_owned(),
        ways: state.completions.clone(),
        taken: 0,
    });
    let Some(way) = cycle.ways.get(at) else {
        return Vec::new();
    };
    let mut text = cycle.text.clone();
    if text.get(way.span.clone()).is_none() {
        return Vec::new();
    }
    text.replace_range(way.span.clone(), &way.text);
    let end = way.span.start + way.text.len();
    let cursor = text[..end].chars().count();
    // After the name of a filter, completion goes on with its values.
    let is_value = !way.text.ends_with(':');
    state.query = Input::new(text).with_cursor(cursor);
    state.word_is_typed = true;
    state.refinements.clear();
    let effects = typing::search(state);
    if is_value && cycle.ways.len() > 1 {
        state.cycle = Some(Cycle { taken: at, ..cycle });
    }
    effects
}
