//! Shows the answers of the search thread, some of them only when typing rests.

use super::{State, prompting};
use crate::error::SearchError;
use crate::state::{FIRST_PAGE, Held, Mode};
use pixseek_engine::{Answer, Hit, Query};

/// Shows the answer to the last question.
pub fn answered(state: &mut State, result: Result<Box<Answer>, SearchError>) {
    let is_first_page = state.options.limit == FIRST_PAGE;
    let was_searching = state.is_searching();
    let is_new = was_searching && is_first_page;
    state.last_answer = state.last_question;
    state.mistake = None;
    state.failure = None;
    let waits = state.mode == Mode::Type && !state.has_rested;
    match result {
        Ok(answer) if answer.hits.is_empty() && waits => {
            state.is_stale = true;
            state.held = Some(Held::Empty(answer));
            if state.hits.is_empty() {
                show_held(state);
            }
        }
        // The index has changed while the screen shows the marked photos: keep them.
        Ok(_) if state.shows_marked && !was_searching => {}
        Ok(answer) => show(state, *answer, is_new && state.mode == Mode::Type),
        // The hits of the last correct query stay on screen while the user types the next one.
        Err(SearchError::Query(mistake)) => {
            state.is_stale = true;
            state.held = Some(Held::Mistake(mistake));
        }
        Err(SearchError::NoIndex) => {
            state.photo_count = Some(0);
            state.set_hits(Vec::new());
        }
        Err(error) => state.held = Some(Held::Failure(error.to_string())),
    }
    if state.word_is_typed
        && let Some(mistake) = Query::open_quote(state.query.value())
    {
        state.held = Some(Held::Mistake(mistake));
    }
    let may_mend = waits && (state.word_is_typed || matches!(state.held, Some(Held::Empty(_))));
    if !may_mend {
        show_held(state);
    }
    if state.photo_count == Some(0) {
        prompting::greet(state);
    }
}

/// Shows the result that was waiting for typing to rest.
pub fn show_held(state: &mut State) {
    match state.held.take() {
        Some(Held::Empty(answer)) => show(state, *answer, true),
        Some(Held::Mistake(mistake)) => state.mistake = Some(mistake),
        Some(Held::Failure(failure)) => {
            state.notice = Some(failure.clone());
            state.failure = Some(failure);
        }
        None => {}
    }
}

/// Shows an answer. A new query starts at its best hit. Otherwise (more hits of the same query, or
/// a changed index) the cursor stays on its photo.
fn show(state: &mut State, answer: Answer, is_new: bool) {
    let current = state.current_path();
    state.set_hits(answer.hits);
    state.best_below = answer.best_below;
    state.empty_filter = state.find_empty_filter();
    state.is_stale = false;
    state.shows_marked = false;
    state.range_start = None;
    let is_current = |hit: &Hit| Some(&hit.path) == current.as_ref();
    let mut hits = state.hits.iter();
    let at = hits.position(is_current).filter(|_| !is_new);
    state.selected = at.unwrap_or(0);
    if state.hits.is_empty() && state.mode == Mode::Detail {
        state.mode = Mode::Browse;
    }
}
