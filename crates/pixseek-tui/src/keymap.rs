//! The one table of keys, with the user's own keys in place of its defaults.

mod table;

pub use table::Group;

use crate::action::Action;
use crate::error::SettingError;
use crate::state::Mode;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;
use table::{Row, TABLE};

/// The keys of the configuration: the name of a row, and the keys that replace its defaults.
pub type OwnKeys = BTreeMap<String, Vec<String>>;

/// Maps keys to actions, for each mode.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// The rows of the table, each with its current keys.
    rows: Vec<(Row, Vec<String>)>,
    clashes: Vec<String>,
}

impl Keymap {
    /// Merges the user's own keys into the table. A key that the user gives to one row leaves all
    /// other rows of the same modes; [`Self::clashes`] names the rows that lose their last key.
    ///
    /// # Errors
    ///
    /// When a name or a key is not known.
    pub fn new(own: &OwnKeys) -> Result<Self, SettingError> {
        let mut rows: Vec<(Row, Vec<String>)> = TABLE
            .iter()
            .map(|row| (*row, row.keys.iter().map(|key| (*key).into()).collect()))
            .collect();
        let mut clashes = Vec::new();
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
                let is_beside = row.modes.iter().any(|mode| TABLE[at].modes.contains(mode));
                let is_taken = |key: &mut String| is_beside && keys.contains(key);
                let taken: Vec<String> = others.extract_if(.., is_taken).collect();
                if row.name != name && others.is_empty() && !taken.is_empty() {
                    let keys = taken.join(" ");
                    clashes.push(format!("{keys} is {name} now; {} has no key", row.name));
                }
            }
            rows[at].1.clone_from(keys);
        }
        // The user may have given other keys to a row that lost its defaults.
        clashes.retain(|clash| {
            let is_without = |(row, keys): &(Row, Vec<String>)| {
                keys.is_empty() && clash.ends_with(&format!("; {} has no key", row.name))
            };
            rows.iter().any(is_without)
        });
        Ok(Self { rows, clashes })
    }

    /// Returns a sentence for each row that the user's own keys leave without a key.
    #[must_use]
    pub fn clashes(&self) -> &[String] {
        &self.clashes
    }

    /// Returns the action of a key in a mode, if the table has it.
    pub(crate) fn action(&self, mode: Mode, event: &KeyEvent) -> Option<Action> {
        let name = name_of(event)?;
        let row = self
            .rows
            .iter()
            .find(|(row, keys)| row.modes.contains(&mode) && keys.contains(&name));
        row.map(|(row, _)| row.action)
    }

    /// Returns the first key of an action in a mode, as hints show it.
    pub(crate) fn key(&self, mode: Mode, action: Action) -> Option<&str> {
        let mut rows = self.rows.iter();
        let row = rows.find(|(row, keys)| {
            row.action == action && row.modes.contains(&mode) && !keys.is_empty()
        });
        row.map(|(_, keys)| keys[0].as_str())
    }

    /// Returns the name, the keys and the help of each row.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &[String], &'static str)> {
        let rows = self.rows.iter();
        rows.map(|(row, keys)| (row.name, keys.as_slice(), row.help))
    }

    /// Returns the keys and the help of a group's rows. Merges rows with the same help.
    pub(crate) fn group(&self, group: Group) -> Vec<(Vec<&str>, &'static str)> {
        let mut lines: Vec<(Vec<&str>, &str)> = Vec::new();
        for (row, keys) in self.rows.iter().filter(|(row, _)| row.group == group) {
            let keys = keys.iter().map(String::as_str);
            match lines.iter_mut().find(|(_, help)| *help == row.help) {
                Some((known, _)) => known.extend(keys),
                None => lines.push((keys.collect(), row.help)),
            }
        }
        lines.retain(|(keys, _)| !keys.is_empty());
        lines
    }
}

/// The names of keys that are not letters, in the configuration and in the help.
const NAMED: [(&str, KeyCode); 16] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
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

/// Returns the name of a key, as the table writes it.
pub fn name_of(event: &KeyEvent) -> Option<String> {
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
        assert_eq!(keymap.key(Mode::Browse, Action::Mark), Some("x"));
        assert_eq!(keymap.key(Mode::Browse, Action::RemoveFilter), None);
        assert_eq!(keymap.clashes(), ["x is mark now; unfilter has no key"]);
    }

    #[test]
    fn a_clash_that_the_user_has_solved_is_none() {
        let keys = |name: &str, key: &str| (name.to_owned(), vec![key.to_owned()]);
        let own = OwnKeys::from([keys("mark", "x"), keys("unfilter", "m")]);
        assert!(Keymap::new(&own).unwrap().clashes().is_empty());
    }

    #[test]
    fn unknown_names_and_keys_are_named() {
        let error = own("marks", &["x"]).unwrap_err().to_string();
        assert!(error.contains("there are complete"), "{error}");
        let error = own("mark", &["ctl-x"]).unwrap_err().to_string();
        assert!(error.contains("ctl-x is an unknown key"), "{error}");
    }
}
