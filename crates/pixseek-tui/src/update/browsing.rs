//! Moves the cursor among the photos, and changes their layout.

use super::{Mode, State};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{Layout, row_of};
use crate::view;

/// Moves the cursor, or changes the layout of the photos.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up | Action::Down if state.mode == Mode::History => move_in_history(state, action),
        Action::Up | Action::PageUp if state.mode == Mode::Help => {
            state.help_page = state.help_page.saturating_sub(1);
        }
        Action::Down | Action::PageDown if state.mode == Mode::Help => {
            state.help_page = (state.help_page + 1).min(view::help_pages(state) - 1);
        }
        Action::Up if state.mode == Mode::Browse && row_of(&state.rows, state.selected) == 0 => {
            state.mode = Mode::Type;
        }
        Action::Left => return step(state, -1),
        Action::Right => return step(state, 1),
        Action::Up => return step_rows(state, -1),
        Action::Down => return step_rows(state, 1),
        Action::PageUp => return step_rows(state, -page(state)),
        Action::PageDown => return step_rows(state, page(state)),
        Action::HalfUp => return step_rows(state, -(page(state) / 2).max(1)),
        Action::HalfDown => return step_rows(state, (page(state) / 2).max(1)),
        Action::First => state.selected = 0,
        Action::Last => return go_to(state, usize::MAX),
        Action::MonthBack | Action::MonthOn => return jump(state, action),
        Action::Months => toggle_months(state),
        Action::Larger => state.zoom = (state.zoom + 1).min(view::LARGEST_ZOOM),
        Action::Smaller => state.zoom = state.zoom.saturating_sub(1),
        Action::Layout => {
            state.layout = match state.layout {
                Layout::Grid => Layout::List,
                Layout::List => Layout::Grid,
            }
        }
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

/// Returns the number of rows on a page, at least one.
fn page(state: &State) -> isize {
    signed((state.page / state.columns.max(1)).max(1))
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

/// Moves the cursor by `by` photos.
pub fn step(state: &mut State, by: isize) -> Vec<Effect> {
    go_to(state, state.selected.saturating_add_signed(by))
}

/// Moves the cursor by `by` rows within its column. In the large view each row has one photo.
fn step_rows(state: &mut State, by: isize) -> Vec<Effect> {
    if state.mode == Mode::Detail {
        return step(state, by);
    }
    let row = row_of(&state.rows, state.selected);
    let Some(from) = state.rows.get(row) else {
        return Vec::new();
    };
    let column = state.selected - from.first;
    let target = row.saturating_add_signed(by);
    match state.rows.get(target) {
        Some(to) => go_to(state, to.first + column.min(to.count - 1)),
        None => go_to(state, usize::MAX),
    }
}

/// Moves the cursor to a hit, at most to the last one. Within two pages of the end, if there may be
/// more hits, it asks for four times as many.
fn go_to(state: &mut State, hit: usize) -> Vec<Effect> {
    state.selected = hit.min(state.hits.len().saturating_sub(1));
    let is_full = state.hits.len() >= state.options.limit && !state.shows_marked;
    let is_near_end = state.selected + 2 * state.page >= state.hits.len();
    if is_full && is_near_end && !state.is_searching() {
        state.options.limit = state.options.limit.saturating_mul(4);
        return vec![Effect::Search(state.question())];
    }
    Vec::new()
}

/// Starts or stops grouping hits by month.
fn toggle_months(state: &mut State) {
    state.has_months = !state.has_months;
    if !state.is_by_date() {
        let key = state.keymap.key(state.mode, Action::Sort);
        let key = key.map_or_else(String::new, |key| format!("; {key} changes the order"));
        state.notice = Some(format!(
            "months are shown where photos are ordered by date{key}"
        ));
    }
}

/// Jumps to the first photo of the next month, of this month, or of the month before.
fn jump(state: &mut State, direction: Action) -> Vec<Effect> {
    let mut months = state.rows.iter().filter(|row| row.heading.is_some());
    let first = match direction {
        Action::MonthOn => months.find(|row| row.first > state.selected),
        _ => months.rfind(|row| row.first < state.selected),
    };
    if let Some(row) = first {
        return go_to(state, row.first);
    }
    let has_months = state.rows.first().is_some_and(|row| row.heading.is_some());
    if !has_months {
        state.notice = Some("photos are not grouped by month here".into());
    }
    Vec::new()
}
