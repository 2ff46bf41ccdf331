//! Handles the mouse by the target under it.

use super::{act, choosing, completing, leave_query, refining, typing};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{Mode, State, row_of};
use crate::view::{self, Target};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use std::time::{Duration, Instant};
use tui_input::InputRequest;

/// Two presses on the same target within this time are a double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

pub fn update(state: &mut State, mouse: MouseEvent, time: Instant) -> Vec<Effect> {
    match mouse.kind {
        MouseEventKind::ScrollDown => scroll(state, Action::Down),
        MouseEventKind::ScrollUp => scroll(state, Action::Up),
        MouseEventKind::Down(MouseButton::Right) => mark(state, position_of(mouse)),
        MouseEventKind::Drag(MouseButton::Left) => drag(state, position_of(mouse)),
        MouseEventKind::Down(MouseButton::Left) => press(state, position_of(mouse), time),
        _ => Vec::new(),
    }
}

fn scroll(state: &mut State, direction: Action) -> Vec<Effect> {
    if state.mode == Mode::Type {
        state.mode = Mode::Browse;
    }
    // In the first row, the key for up moves to the query; the wheel stays among the photos.
    let is_first_row = state.mode == Mode::Browse && row_of(&state.rows, state.selected) == 0;
    if is_first_row && direction == Action::Up {
        return Vec::new();
    }
    act(state, direction)
}

fn position_of(mouse: MouseEvent) -> Position {
    Position::new(mouse.column, mouse.row)
}

fn target_at(state: &State, position: Position) -> Option<Target> {
    let places = view::places(state, Rect::from((Position::ORIGIN, state.screen)));
    view::target(state, &places, position)
}

/// Marks the photo under the mouse, or removes its mark.
fn mark(state: &mut State, position: Position) -> Vec<Effect> {
    if let Some(Target::Photo(photo)) = target_at(state, position) {
        state.notice = None;
        leave_query(state, Mode::Browse);
        state.selected = photo;
        choosing::toggle(state, photo);
    }
    Vec::new()
}

/// Marks the photos from the pressed one to the one under the mouse.
fn drag(state: &mut State, position: Position) -> Vec<Effect> {
    let from = state.last_press.map(|(_, target)| target);
    let to = target_at(state, position);
    if let (Some(Target::Photo(from)), Some(Target::Photo(to))) = (from, to)
        && from != to
    {
        choosing::mark_range(state, from, to);
        state.selected = to;
    }
    Vec::new()
}

fn press(state: &mut State, position: Position, time: Instant) -> Vec<Effect> {
    let Some(target) = target_at(state, position) else {
        return Vec::new();
    };
    let last = state.last_press.replace((time, target));
    let is_double = last.is_some_and(|(last_time, last_target)| {
        last_target == target && time.duration_since(last_time) < DOUBLE_CLICK
    });
    state.notice = None;
    match target {
        Target::Query(character) => {
            state.mode = Mode::Type;
            state.query.handle(InputRequest::SetCursor(character));
            state.query_changed();
            Vec::new()
        }
        Target::Filter(filter) => typing::remove_filter(state, filter),
        Target::Refinement(refinement) => refining::remove_refinement(state, refinement),
        Target::Completion(completion) => completing::take(state, completion),
        Target::HistoryQuery(query) => {
            state.history_selected = query;
            typing::accept_earlier(state)
        }
        Target::Photo(photo) => {
            leave_query(state, Mode::Browse);
            state.selected = photo;
            if is_double {
                return act(state, Action::Detail);
            }
            Vec::new()
        }
        Target::LargePicture => act(state, Action::Detail),
    }
}
