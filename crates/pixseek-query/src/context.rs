//! The context in which a query is parsed. The parser itself asks the machine nothing.

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

/// Whether a query can be saved under a name. Narrower than what may follow an `@`, so that a
/// name needs no quotes in a shell either.
#[must_use]
pub fn is_saved_name(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(is_part)
}
