//! Among the photos: the cursor, marks, and ways of looking.

use super::{Mode, State};
use crate::action::{Action, Effect};
use crate::state::Layout;
use pixseek_engine::{Folding, Order, Shown};

/// What moves, marks or shows otherwise.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up if state.mode == Mode::History => {
            state.earlier = state.earlier.saturating_sub(1);
        }
        Action::Down if state.mode == Mode::History => {
            let last = state.earlier_queries().len().saturating_sub(1);
            state.earlier = (state.earlier + 1).min(last);
        }
        Action::Up if state.mode == Mode::Help => {
            state.help_top = state.help_top.saturating_sub(1);
        }
        Action::PageUp if state.mode == Mode::Help => state.help_top = 0,
        // Drawing stops at the last line.
        Action::Down if state.mode == Mode::Help => {
            state.help_top = (state.help_top + 1).min(state.keymap.rows().count());
        }
        Action::PageDown if state.mode == Mode::Help => {
            state.help_top = state.keymap.rows().count();
        }
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
            state.options.shown = match state.options.shown {
                Shown::Matches => Shown::All,
                Shown::All => Shown::Matches,
            };
            return vec![Effect::Ask(state.question())];
        }
        Action::More | Action::Less => return like(state, action == Action::More),
        _ => {}
    }
    Vec::new()
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
