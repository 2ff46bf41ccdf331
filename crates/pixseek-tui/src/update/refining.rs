//! Changes the question: refinements, filters, the order, undo.

use super::{State, typing};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{self, Direction, FIRST_PAGE, Refinement};
use pixseek_engine::{Folding, Order, Shown};
use tui_input::Input;

/// The query for the photos of this day in every year.
const THIS_DAY: &str = "on:\"this day\"";

pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::MoreLike => return refine(state, Direction::More),
        Action::LessLike => return refine(state, Direction::Less),
        Action::Similar => return similar(state),
        Action::ThisDay => return this_day(state),
        Action::RemoveFilter => return remove_last(state),
        Action::Undo => return undo(state),
        Action::Sort => {
            state.options.order = match state.options.order {
                Order::Relevance => Order::Date,
                Order::Date => Order::Name,
                Order::Name => Order::Size,
                Order::Size => Order::Relevance,
            };
            // Another order has other first hits, so return to the first page.
            state.options.limit = FIRST_PAGE;
        }
        Action::Fold => {
            state.options.folding = match state.options.folding {
                Folding::Near => Folding::None,
                Folding::None => Folding::Near,
            };
        }
        Action::WeakMatches => {
            state.is_similar = false;
            state.options.shown = match state.options.shown {
                Shown::Matches => Shown::All,
                Shown::All => Shown::Matches,
            };
        }
        _ => return Vec::new(),
    }
    vec![Effect::Search(state.question())]
}

/// Moves the query towards the photo under the cursor, or away from it. The same key pressed again
/// removes that refinement.
fn refine(state: &mut State, direction: Direction) -> Vec<Effect> {
    let Some(path) = state.current_path() else {
        return Vec::new();
    };
    let refinement = Refinement { path, direction };
    let was_there = state.refinements.contains(&refinement);
    state
        .refinements
        .retain(|other| other.path != refinement.path);
    if !was_there {
        state.refinements.push(refinement);
    }
    vec![Effect::Search(state.question())]
}

/// Removes a refinement.
pub fn remove_refinement(state: &mut State, at: usize) -> Vec<Effect> {
    if at >= state.refinements.len() {
        return Vec::new();
    }
    state.refinements.remove(at);
    vec![Effect::Search(state.question())]
}

/// Removes the last chip: a refinement, or else a filter.
fn remove_last(state: &mut State) -> Vec<Effect> {
    if let Some(last) = state.refinements.len().checked_sub(1) {
        return remove_refinement(state, last);
    }
    if let Some(last) = state.filters.len().checked_sub(1) {
        return typing::remove_filter(state, last);
    }
    state.notice = Some("the query has no filter".into());
    Vec::new()
}

/// Replaces the query by a search for photos like the one under the cursor.
fn similar(state: &mut State) -> Vec<Effect> {
    let Some(path) = state.current_path() else {
        return Vec::new();
    };
    let Ok(path) = String::from_utf8(path) else {
        state.notice = Some("this path is no text, so no query can name it; + works".into());
        return Vec::new();
    };
    let path = path.replace('\\', "\\\\").replace('"', "\\\"");
    // Perhaps no photo is like it: then the nearest are shown, and their scores tell that they are
    // weak.
    if state.options.shown == Shown::Matches {
        state.options.shown = Shown::All;
        state.is_similar = true;
    }
    replace_query(state, format!("like:\"{path}\""))
}

/// Asks for the photos of this day in every year.
fn this_day(state: &mut State) -> Vec<Effect> {
    if std::mem::take(&mut state.is_similar) {
        state.options.shown = Shown::Matches;
    }
    replace_query(state, THIS_DAY.to_owned())
}

fn replace_query(state: &mut State, query: String) -> Vec<Effect> {
    state.query = Input::new(query);
    state.word_is_typed = false;
    state.refinements.clear();
    // The cursor would follow its photo into the hits of the new query.
    state.set_hits(Vec::new());
    state.is_stale = true;
    typing::search(state)
}

fn undo(state: &mut State) -> Vec<Effect> {
    match state::undo(state) {
        None => state.notice = Some("nothing to undo".into()),
        Some(true) => return vec![Effect::Search(state.question())],
        Some(false) if state.shows_marked => return vec![Effect::Search(state.question())],
        Some(false) => state.notice = Some("undone".into()),
    }
    Vec::new()
}
