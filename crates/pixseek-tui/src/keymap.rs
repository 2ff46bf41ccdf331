//! The one table of keys.

use crate::action::Action;
use crate::state::Mode;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key, what it does, and the words of the help.
pub struct Binding {
    /// Where it counts.
    pub modes: &'static [Mode],
    /// As people write it.
    pub key: &'static str,
    pub action: Action,
    /// Empty where another key says it.
    pub words: &'static str,
}

const TYPE: &[Mode] = &[Mode::Type];
const BROWSE: &[Mode] = &[Mode::Browse, Mode::Detail];
const GRID: &[Mode] = &[Mode::Browse];
const BOTH: &[Mode] = &[Mode::Type, Mode::Browse, Mode::Detail];
const ALL: &[Mode] = &[Mode::Type, Mode::Browse, Mode::Detail, Mode::Help];

const fn key(
    modes: &'static [Mode],
    key: &'static str,
    action: Action,
    words: &'static str,
) -> Binding {
    Binding {
        modes,
        key,
        action,
        words,
    }
}

pub const KEYS: &[Binding] = &[
    key(TYPE, "down", Action::Browse, "to the photos"),
    key(TYPE, "tab", Action::Browse, ""),
    key(BROWSE, "/", Action::Type, "to the query"),
    key(BROWSE, "i", Action::Type, ""),
    key(BROWSE, "tab", Action::Type, ""),
    key(
        BROWSE,
        "h",
        Action::Left,
        "left, down, up, right; arrows too",
    ),
    key(BROWSE, "left", Action::Left, ""),
    key(BROWSE, "j", Action::Down, ""),
    key(BROWSE, "down", Action::Down, ""),
    key(BROWSE, "k", Action::Up, ""),
    key(BROWSE, "up", Action::Up, ""),
    key(BROWSE, "l", Action::Right, ""),
    key(BROWSE, "right", Action::Right, ""),
    key(BOTH, "pgdn", Action::PageDown, "a page on, a page back"),
    key(BROWSE, "ctrl-d", Action::PageDown, ""),
    key(BOTH, "pgup", Action::PageUp, ""),
    key(BROWSE, "ctrl-u", Action::PageUp, ""),
    key(BROWSE, "g", Action::First, "first, last"),
    key(BROWSE, "home", Action::First, ""),
    key(BROWSE, "G", Action::Last, ""),
    key(BROWSE, "end", Action::Last, ""),
    key(BOTH, "enter", Action::Choose, "open, or choose"),
    key(GRID, "space", Action::Detail, "large picture"),
    key(&[Mode::Detail], "space", Action::Leave, ""),
    key(BROWSE, "m", Action::Mark, "mark, unmark"),
    key(BROWSE, "M", Action::MarkNone, "unmark all"),
    key(BROWSE, "+", Action::More, "more like this, less like this"),
    key(BROWSE, "-", Action::Less, ""),
    key(BROWSE, "y", Action::Copy, "copy the path"),
    key(BROWSE, "r", Action::Reveal, "open the folder"),
    key(BROWSE, "s", Action::Sort, "by match, by date"),
    key(
        BROWSE,
        "f",
        Action::Fold,
        "copies and bursts behind one, or each",
    ),
    key(BROWSE, "a", Action::Tail, "weak matches too"),
    key(BROWSE, "v", Action::Layout, "grid, list"),
    key(BROWSE, "?", Action::Help, "this page"),
    key(&[Mode::Help], "?", Action::Leave, ""),
    key(ALL, "esc", Action::Leave, "back"),
    key(BROWSE, "q", Action::Quit, "quit"),
    key(ALL, "ctrl-c", Action::Quit, ""),
];

/// What a key does in a mode.
pub fn action(mode: Mode, event: &KeyEvent) -> Option<Action> {
    let name = name(event)?;
    let binding = KEYS
        .iter()
        .find(|binding| binding.key == name && binding.modes.contains(&mode));
    binding.map(|binding| binding.action)
}

/// A key as the table writes it.
fn name(event: &KeyEvent) -> Option<String> {
    let base = match event.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "enter".into(),
        KeyCode::Esc => "esc".into(),
        KeyCode::Tab => "tab".into(),
        KeyCode::Up => "up".into(),
        KeyCode::Down => "down".into(),
        KeyCode::Left => "left".into(),
        KeyCode::Right => "right".into(),
        KeyCode::PageUp => "pgup".into(),
        KeyCode::PageDown => "pgdn".into(),
        KeyCode::Home => "home".into(),
        KeyCode::End => "end".into(),
        _ => return None,
    };
    Some(if event.modifiers.contains(KeyModifiers::CONTROL) {
        format!("ctrl-{base}")
    } else {
        base
    })
}
