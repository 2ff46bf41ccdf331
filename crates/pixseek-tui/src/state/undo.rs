//! Undoes changes of the query, its search options, its refinements and the marks.

use super::{Marks, Mode, Refinement, State};
use pixseek_engine::FindOptions;
use std::sync::Arc;
use tui_input::Input;

/// The most steps kept.
const STEPS: usize = 200;

/// A copy of the parts of the state that undo restores.
#[derive(Debug, Clone, PartialEq)]
struct Moment {
    query: String,
    options: FindOptions,
    refinements: Vec<Refinement>,
    marks: Arc<Marks>,
}

impl Moment {
    fn of(state: &State) -> Self {
        Self {
            query: state.query.value().to_owned(),
            // Scrolling raises the limit to load more hits; undo ignores that.
            options: FindOptions {
                limit: 0,
                ..state.options
            },
            refinements: state.refinements.clone(),
            marks: Arc::clone(&state.marks),
        }
    }

    fn is_now(&self, state: &State) -> bool {
        self.query == state.query.value()
            && self.options
                == FindOptions {
                    limit: 0,
                    ..state.options
                }
            && self.refinements == state.refinements
            && Arc::ptr_eq(&self.marks, &state.marks)
    }
}

/// Earlier moments, and the last one recorded, which `note` compares with the state.
#[derive(Debug, Clone, Default)]
pub struct History {
    earlier: Vec<Moment>,
    last: Option<Moment>,
}

/// Records the moment before the first change.
pub fn begin(state: &mut State) {
    if state.undo.last.is_none() {
        state.undo.last = Some(Moment::of(state));
    }
}

/// Records the change that a message has made. All typing in the query counts as one change.
pub fn note(state: &mut State) {
    if matches!(state.mode, Mode::Type | Mode::History | Mode::Prompt) {
        return;
    }
    if state
        .undo
        .last
        .as_ref()
        .is_some_and(|last| last.is_now(state))
    {
        return;
    }
    let now = Moment::of(state);
    let before = state.undo.last.replace(now);
    state.undo.earlier.extend(before);
    if state.undo.earlier.len() > STEPS {
        state.undo.earlier.remove(0);
    }
}

/// Restores the previous moment. Returns whether its search differs; `None` if there is no such
/// moment.
pub fn undo(state: &mut State) -> Option<bool> {
    let before = state.undo.earlier.pop()?;
    let now = Moment::of(state);
    let is_other_search = now.query != before.query
        || now.options != before.options
        || now.refinements != before.refinements;
    state.query = Input::new(before.query.clone());
    state.word_is_typed = false;
    state.query_changed();
    state.options = FindOptions {
        limit: super::FIRST_PAGE,
        ..before.options
    };
    state.refinements.clone_from(&before.refinements);
    state.marks = Arc::clone(&before.marks);
    state.undo.last = Some(before);
    Some(is_other_search)
}
