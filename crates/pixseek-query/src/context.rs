//! The context in which a query is parsed. The parser itself asks the machine nothing.

use crate::tokens::{Kind, Token, tokens};
use jiff::civil::DateTime;
use std::collections::BTreeMap;

/// The clock, the places and the saved queries that a text may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The local time, for dates such as "yesterday".
    pub now: DateTime,
    /// Returns latitude and longitude of a named place, for `near:`.
    pub place_named: fn(&str) -> Option<(f64, f64)>,
    /// The saved queries by name, for `@name`.
    pub saved: &'a BTreeMap<String, String>,
}

/// Whether a query reads a text as plain words: without filters, signs, quotes and weights.
#[must_use]
pub fn is_plain_words(text: &str) -> bool {
    let tokens = tokens(text).unwrap_or_default();
    let is_word = |token: &Token| matches!(token.kind, Kind::Word(_));
    !tokens.is_empty() && tokens.iter().all(is_word) && !text.contains([':', '^', '\\'])
}

/// Whether a query can be saved under a name. Narrower than what may follow an `@`, so that a
/// name needs no quotes in a shell either.
#[must_use]
pub fn is_saved_name(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(is_part)
}
