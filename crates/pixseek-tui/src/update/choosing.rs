//! Marks photos: one, all or a range; and shows only the marked ones.

use super::{State, browsing};
use crate::action::Action;
use crate::effect::Effect;
use std::sync::Arc;

pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Mark => {
            toggle(state, state.selected);
            return browsing::step(state, 1);
        }
        Action::UnmarkAll => {
            state.range_start = None;
            if !state.marks.is_empty() {
                state.marks = Arc::default();
            }
            if state.shows_marked {
                return show_marked(state);
            }
        }
        Action::MarkAll => mark_range(state, 0, usize::MAX),
        Action::Invert => {
            let mut marks = (*state.marks).clone();
            for hit in &state.hits {
                marks.toggle(hit);
            }
            state.marks = Arc::new(marks);
            if state.shows_marked {
                return show_marked(state);
            }
        }
        Action::Range => range(state),
        Action::OnlyMarked => return show_marked(state),
        _ => {}
    }
    Vec::new()
}

/// Marks a hit, or removes its mark.
pub fn toggle(state: &mut State, hit: usize) {
    let State { hits, marks, .. } = state;
    if let Some(hit) = hits.get(hit) {
        Arc::make_mut(marks).toggle(hit);
    }
}

/// Marks the hits from one to another, in either order.
pub fn mark_range(state: &mut State, from: usize, to: usize) {
    let (first, last) = (from.min(to), from.max(to));
    let end = last.saturating_add(1).min(state.hits.len());
    let mut marks = (*state.marks).clone();
    for hit in state.hits.get(first..end).unwrap_or_default() {
        marks.insert(hit);
    }
    if marks.len() != state.marks.len() {
        state.marks = Arc::new(marks);
    }
    if to == usize::MAX && state.hits.len() >= state.options.limit {
        state.notice = Some(format!("marked the {end} photos that are loaded"));
    }
}

/// Begins a range at the cursor, or marks the range that began earlier.
fn range(state: &mut State) {
    match state.range_start.take() {
        Some(start) => mark_range(state, start, state.selected),
        None if state.hits.is_empty() => {}
        None => {
            state.range_start = Some(state.selected);
            let key = state.keymap.key(state.mode, Action::Range);
            let key = key.unwrap_or("the same key").to_owned();
            state.notice = Some(format!(
                "a range begins here; {key} at its other end marks it"
            ));
        }
    }
}

/// Shows only the marked photos, or returns to the hits of the query.
fn show_marked(state: &mut State) -> Vec<Effect> {
    if state.shows_marked {
        return vec![Effect::Search(state.question())];
    }
    if state.marks.is_empty() {
        state.notice = Some("no photo is marked".into());
        return Vec::new();
    }
    let current = state.current_path();
    let hits: Vec<_> = state.marks.hits().into_iter().cloned().collect();
    state.selected = hits
        .iter()
        .position(|hit| Some(&hit.path) == current.as_ref())
        .unwrap_or(0);
    state.set_hits(hits);
    state.shows_marked = true;
    state.range_start = None;
    Vec::new()
}
