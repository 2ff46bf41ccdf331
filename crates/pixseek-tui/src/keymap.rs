//! The one table of keys, and the user's own keys in place of them.

use crate::action::Action;
use crate::error::SettingError;
use crate::state::Mode;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;

/// A row of the table: these keys do this in these modes.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The name in the configuration.
    name: &'static str,
    modes: &'static [Mode],
    keys: &'static [&'static str],
    action: Action,
    /// The line of the help.
    help: &'static str,
}

const TYPE: &[Mode] = &[Mode::Type];
const LOOK: &[Mode] = &[Mode::Browse, Mode::Detail];
const LISTS: &[Mode] = &[Mode::Browse, Mode::Detail, Mode::Help, Mode::History];
const VIM: &[Mode] = &[Mode::Browse, Mode::Detail, Mode::Help];
const PAGES: &[Mode] = &[Mode::Type, Mode::Browse, Mode::Detail, Mode::Help];
const MAIN: &[Mode] = &[Mode::Type, Mode::Browse, Mode::Detail];
const ALL: &[Mode] = &[
    Mode::Type,
    Mode::Browse,
    Mode::Detail,
    Mode::Help,
    Mode::History,
    Mode::Prompt,
];
const ASKS: &[Mode] = &[Mode::History, Mode::Prompt];

const fn row(
    name: &'static str,
    modes: &'static [Mode],
    keys: &'static [&'static str],
    action: Action,
    help: &'static str,
) -> Row {
    Row {
        name,
        modes,
        keys,
        action,
        help,
    }
}

// A table is read by its columns, which rustfmt would break.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("complete", TYPE, &["tab"], Action::Complete, "complete the word; to the photos"),
    row("other-word", TYPE, &["ctrl-n"], Action::NextCompletion, "another way to complete it"),
    row("photos", TYPE, &["down"], Action::Browse, "to the photos"),
    row("history", MAIN, &["ctrl-r"], Action::History, "earlier queries"),
    row("accept", ASKS, &["enter"], Action::Accept, "take it"),
    row("query", LOOK, &["/", "i", "tab"], Action::Type, "to the query"),
    row("left", LOOK, &["h", "left"], Action::Left, "left"),
    row("down", VIM, &["j"], Action::Down, "down"),
    row("list-down", LISTS, &["down"], Action::Down, "down, in lists too"),
    row("up", VIM, &["k"], Action::Up, "up"),
    row("list-up", LISTS, &["up"], Action::Up, "up, in lists too"),
    row("right", LOOK, &["l", "right"], Action::Right, "right"),
    row("page-down", PAGES, &["pgdn"], Action::PageDown, "a page on"),
    row("page-up", PAGES, &["pgup"], Action::PageUp, "a page back"),
    row("half-down", LOOK, &["ctrl-d"], Action::PageDown, "the same, as in vim"),
    row("half-up", LOOK, &["ctrl-u"], Action::PageUp, "the same, as in vim"),
    row("first", LOOK, &["g", "home"], Action::First, "the first photo"),
    row("last", LOOK, &["G", "end"], Action::Last, "the last that is loaded"),
    row("open", MAIN, &["enter"], Action::Choose, "open, or pick, what is marked or here"),
    row("large", LOOK, &["space"], Action::Detail, "large picture and facts; back"),
    row("mark", LOOK, &["m"], Action::Mark, "mark, unmark"),
    row("unmark", LOOK, &["M"], Action::UnmarkAll, "unmark all"),
    row("print", LOOK, &["p"], Action::Print, "leave and print paths"),
    row("copy", LOOK, &["y"], Action::Copy, "copy paths to the clipboard"),
    row("export", LOOK, &["e"], Action::ExportCopies, "copy files to a folder"),
    row("link", LOOK, &["E"], Action::ExportLinks, "link to files from a folder"),
    row("folder", LOOK, &["r"], Action::OpenFolder, "open the folder"),
    row("more", LOOK, &["+"], Action::MoreLike, "more like this"),
    row("less", LOOK, &["-"], Action::LessLike, "less like this"),
    row("sort", LOOK, &["s"], Action::Sort, "by match, by date"),
    row("fold", LOOK, &["f"], Action::Fold, "copies and bursts behind one, or not"),
    row("all", LOOK, &["a"], Action::WeakMatches, "weak matches too"),
    row("unfilter", LOOK, &["x"], Action::RemoveFilter, "take the last filter out"),
    row("view", LOOK, &["v"], Action::Layout, "grid, list"),
    row("save", MAIN, &["ctrl-s"], Action::Save, "save the query under a name"),
    row("refresh", LOOK, &["R"], Action::Index, "index what has changed; stop"),
    row("help", VIM, &["?"], Action::Help, "this page"),
    row("back", ALL, &["esc"], Action::Leave, "back"),
    row("quit", LOOK, &["q"], Action::Quit, "quit"),
    row("end", ALL, &["ctrl-c"], Action::Quit, "quit from everywhere"),
    row("suspend", ALL, &["ctrl-z"], Action::Suspend, "to the shell; fg comes back"),
];

/// Keys of the configuration: the name of a row and the keys that replace its own.
pub type OwnKeys = BTreeMap<String, Vec<String>>;

/// What each key does.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// The rows of the table, each with the keys that are in force.
    rows: Vec<(Row, Vec<String>)>,
}

impl Keymap {
    /// The table with the user's own keys. A key that the user gives to one row is taken from
    /// all others of the same modes.
    ///
    /// # Errors
    ///
    /// When a name or a key is not known.
    pub fn new(own: &OwnKeys) -> Result<Self, SettingError> {
        let mut rows: Vec<(Row, Vec<String>)> = TABLE
            .iter()
            .map(|row| (*row, row.keys.iter().map(|key| (*key).into()).collect()))
            .collect();
        for (name, keys) in own {
            let at = TABLE.iter().position(|row| row.name == name);
            let at = at.ok_or_else(|| {
                let known: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
                SettingError::ActionName {
                    name: name.clone(),
                    known: known.join(", "),
                }
            })?;
            if let Some(key) = keys.iter().find(|key| !is_key(key)) {
                return Err(SettingError::Key(key.clone()));
            }
            for (row, others) in &mut rows {
                if row.modes.iter().any(|mode| TABLE[at].modes.contains(mode)) {
                    others.retain(|key| !keys.contains(key));
                }
            }
            rows[at].1.clone_from(keys);
        }
        Ok(Self { rows })
    }

    /// What a key does in a mode, if it is in the table.
    pub(crate) fn action(&self, mode: Mode, event: &KeyEvent) -> Option<Action> {
        let name = name_of(event)?;
        let row = self
            .rows
            .iter()
            .find(|(row, keys)| row.modes.contains(&mode) && keys.contains(&name));
        row.map(|(row, _)| row.action)
    }

    /// The first key of an action, as hints show it.
    pub(crate) fn key(&self, action: Action) -> &str {
        let row = self.rows.iter().find(|(row, _)| row.action == action);
        row.and_then(|(_, keys)| keys.first())
            .map_or("?", String::as_str)
    }

    /// The name, the keys and the help of each row.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &[String], &'static str)> {
        let rows = self.rows.iter();
        rows.map(|(row, keys)| (row.name, keys.as_slice(), row.help))
    }
}

/// Keys that are no letters, as the configuration and the help write them.
const NAMED: [(&str, KeyCode); 16] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("ins", KeyCode::Insert),
    ("del", KeyCode::Delete),
    ("backspace", KeyCode::Backspace),
];

/// Whether a text names a key, such as `alt-ctrl-x` or `f1`.
fn is_key(text: &str) -> bool {
    let base = text.strip_prefix("alt-").unwrap_or(text);
    let base = base.strip_prefix("ctrl-").unwrap_or(base);
    let is_function = |number: &str| number.parse::<u8>().is_ok_and(|number| number > 0);
    base.chars().count() == 1 && base != " "
        || NAMED.iter().any(|(name, _)| *name == base)
        || base.strip_prefix('f').is_some_and(is_function)
}

/// The name of a key, as the table writes it.
fn name_of(event: &KeyEvent) -> Option<String> {
    let named = NAMED.iter().find(|(_, code)| *code == event.code);
    let base = match (named, event.code) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, KeyCode::Char(c)) => c.to_string(),
        (None, KeyCode::F(number)) => format!("f{number}"),
        _ => return None,
    };
    let mut name = String::new();
    if event.modifiers.contains(KeyModifiers::ALT) {
        name.push_str("alt-");
    }
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        name.push_str("ctrl-");
    }
    Some(name + &base)
}

#[cfg(test)]
mod tests {
    use super::{Keymap, Mode, OwnKeys, TABLE};
    use crate::action::Action;
    use crate::error::SettingError;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn own(name: &str, keys: &[&str]) -> Result<Keymap, SettingError> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Keymap::new(&OwnKeys::from([(name.to_owned(), keys)]))
    }

    #[test]
    fn no_key_has_two_actions_in_one_mode() {
        for (at, row) in TABLE.iter().enumerate() {
            for other in &TABLE[at + 1..] {
                let is_twice = row.modes.iter().any(|mode| other.modes.contains(mode))
                    && row.keys.iter().any(|key| other.keys.contains(key));
                assert!(!is_twice, "{} and {}", row.name, other.name);
                assert_ne!(row.name, other.name);
            }
        }
    }

    #[test]
    fn own_keys_replace_those_of_the_table() {
        let keymap = own("mark", &["x", "ctrl-m"]).unwrap();
        let action = |code, modifiers| keymap.action(Mode::Browse, &KeyEvent::new(code, modifiers));
        let none = KeyModifiers::NONE;
        assert_eq!(action(KeyCode::Char('x'), none), Some(Action::Mark));
        let control = KeyModifiers::CONTROL;
        assert_eq!(action(KeyCode::Char('m'), control), Some(Action::Mark));
        assert_eq!(action(KeyCode::Char('m'), none), None);
        assert_eq!(keymap.key(Action::Mark), "x");
    }

    #[test]
    fn unknown_names_and_keys_are_named() {
        let error = own("marks", &["x"]).unwrap_err().to_string();
        assert!(error.contains("there are complete"), "{error}");
        let error = own("mark", &["ctl-x"]).unwrap_err().to_string();
        assert!(error.contains("ctl-x is no key"), "{error}");
    }
}
