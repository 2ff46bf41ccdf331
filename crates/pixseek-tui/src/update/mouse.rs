//! The mouse: what a press or the wheel does where it happens.

use super::{act, leave_query, typing};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{Mode, State};
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
        MouseEventKind::Down(MouseButton::Left) => {
            press(state, Position::new(mouse.column, mouse.row), time)
        }
        _ => Vec::new(),
    }
}

fn scroll(state: &mut State, direction: Action) -> Vec<Effect> {
    if state.mode == Mode::Type {
        state.mode = Mode::Browse;
    }
    // The key for up leads from the first row into the query; the wheel stays among the photos.
    let is_first_row = state.mode == Mode::Browse && state.selected < state.columns;
    if is_first_row && direction == Action::Up {
        return Vec::new();
    }
    act(state, direction)
}

fn press(state: &mut State, position: Position, time: Instant) -> Vec<Effect> {
    let places = view::places(state, Rect::from((Position::ORIGIN, state.screen)));
    let Some(target) = view::target(state, &places, position) else {
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
        Target::Completion(completion) => typing::complete(state, completion),
        Target::HistoryQuery(query) => {
            state.history_selected = query;
            typing::accept(state)
        }
        Target::Photo(photo) => {
            let effects = leave_query(state, Mode::Browse);
            state.selected = photo;
            if is_double {
                return act(state, Action::Detail);
            }
            effects
        }
        Target::LargePicture => act(state, Action::Detail),
    }
}
