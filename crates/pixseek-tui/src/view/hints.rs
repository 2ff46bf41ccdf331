//! Chooses the keys that are most useful in the current mode.

use crate::action::Action;
use crate::state::{Mode, State};

/// Returns hints, the most important first; the bottom line leaves out those that do not fit. An
/// action without a key has no hint.
pub fn hints(state: &State) -> Vec<String> {
    let open = if state.is_picker { "pick" } else { "open" };
    let hints: &[(Action, &str)] = match state.mode {
        Mode::Type => {
            let enter = if state.is_picker { open } else { "photos" };
            let tab = match () {
                () if state.cycle.is_some() => "next",
                () if state.is_offered => "complete",
                () => "photos",
            };
            &[
                (Action::Help, "keys"),
                (Action::Choose, enter),
                (Action::Complete, tab),
            ]
        }
        Mode::Browse => &[
            (Action::Help, "keys"),
            (Action::Type, "query"),
            (Action::Choose, open),
            (Action::Detail, "large"),
            (Action::Mark, "mark"),
            (Action::Leave, "cancel"),
        ],
        Mode::Detail => &[
            (Action::Help, "keys"),
            (Action::Leave, "back"),
            (Action::Down, "next"),
            (Action::Up, "previous"),
            (Action::Choose, open),
        ],
        Mode::Help => &[(Action::Leave, "back"), (Action::PageDown, "next page")],
        Mode::History | Mode::Prompt | Mode::Confirm => &[],
    };
    let is_true = |action: Action| match (state.mode, action) {
        // Only in a picker does this key leave the photos.
        (Mode::Browse, Action::Leave) => state.is_picker,
        (Mode::Browse, Action::Choose | Action::Detail | Action::Mark)
        | (Mode::Type, Action::Choose) => !state.hits.is_empty(),
        (Mode::Help, Action::PageDown) => state.help_page + 1 < super::help_pages(state),
        _ => true,
    };
    let hints = hints.iter().filter(|(action, _)| is_true(*action));
    let mut hints: Vec<String> = hints
        .filter_map(|(action, words)| {
            let key = state.keymap.key(state.mode, *action)?;
            Some(format!("{key} {words}"))
        })
        .collect();
    // Two keys with the same effect need one hint.
    if state.mode == Mode::Type && !state.is_picker && !state.is_offered && state.cycle.is_none() {
        hints.truncate(2);
    }
    hints
}
