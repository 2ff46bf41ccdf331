//! Among the photos: the cursor, marks, and options of the search.

use super::{Mode, State};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::Layout;
use pixseek_engine::{Folding, Order, Shown};

/// Does what moves the cursor, marks photos or changes how they are shown.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up | Action::Down if state.mode == Mode::History => move_in_history(state, action),
        Action::Up | Action::Down | Action::PageUp | Action::PageDown
            if state.mode == Mode::Help =>
        {
            scroll_help(state, action);
        }
        Action::Up if state.mode == Mode::Browse && state.selected < state.columns => {
            state.mode = Mode::Type;
        }
        Action::Left => return step(state, -1),
        Action::Right => return step(state, 1),
        Action::Up => return step(state, -row(state)),
        Action::Down => return step(state, row(state)),
        Action::PageUp => return step(state, -signed(state.page)),
        Action::PageDown => return step(state, signed(state.page)),
        Action::First => state.selected = 0,
        Action::Last => return step(state, signed(state.hits.len())),
        Action::Mark => mark(state),
        Action::UnmarkAll => state.marks.clear(),
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
            return vec![Effect::Search(state.question())];
        }
        Action::Fold => {
            state.options.folding = match state.options.folding {
                Folding::Near => Folding::None,
                Folding::None => Folding::Near,
            };
            return vec![Effect::Search(state.question())];
        }
        Action::WeakMatches => {
            state.options.shown = match state.options.shown {
                Shown::Matches => Shown::All,
                Shown::All => Shown::Matches,
            };
            return vec![Effect::Search(state.question())];
        }
        Action::MoreLike | Action::LessLike => return move_query(state, action),
        _ => {}
    }
    Vec::new()
}

fn move_in_history(state: &mut State, direction: Action) {
    let last = state.matching_history().len().saturating_sub(1);
    state.history_selected = match direction {
        Action::Up => state.history_selected.saturating_sub(1),
        _ => (state.history_selected + 1).min(last),
    };
}

/// The help may be scrolled past its end here: only drawing knows how many lines fit.
fn scroll_help(state: &mut State, direction: Action) {
    let last = state.keymap.rows().count();
    state.help_first_line = match direction {
        Action::Up => state.help_first_line.saturating_sub(1),
        Action::PageUp => 0,
        Action::Down => (state.help_first_line + 1).min(last),
        _ => last,
    };
}

/// The distance to the photo below. In the large view the photos stand in one line.
fn row(state: &State) -> isize {
    if state.mode == Mode::Detail {
        1
    } else {
        signed(state.columns)
    }
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

/// Moves the cursor. Less than two pages from the end of a full answer it asks for four times as
/// many hits.
fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let last = state.hits.len().saturating_sub(1);
    state.selected = state.selected.saturating_add_signed(by).min(last);
    let is_full = state.hits.len() >= state.options.limit;
    let is_near_end = state.selected + 2 * state.page >= state.hits.len();
    if is_full && is_near_end && !state.is_searching() {
        state.options.limit = state.options.limit.saturating_mul(4);
        return vec![Effect::Search(state.question())];
    }
    Vec::new()
}

fn mark(state: &mut State) {
    let Some(path) = state.current_path() else {
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

/// Moves the query towards the photo under the cursor, or away from it.
fn move_query(state: &mut State, direction: Action) -> Vec<Effect> {
    let Some(path) = state.current_path() else {
        return Vec::new();
    };
    state.more_like.retain(|other| *other != path);
    state.less_like.retain(|other| *other != path);
    match direction {
        Action::MoreLike => state.more_like.push(path),
        _ => state.less_like.push(path),
    }
    vec![Effect::Search(state.question())]
}
