//! Queries that a person has saved; `@name` in a query stands for one, in parentheses.

use crate::query::{Query, QueryError, local_time};
use crate::{EngineError, kept};
use pixseek_index::Attachment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The saved queries of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    queries: BTreeMap<String, String>,
}

impl Saved {
    /// Those that an index has.
    ///
    /// # Errors
    ///
    /// When they are damaged.
    pub fn read(index: &Path) -> Result<Self, EngineError> {
        kept::read(index, Attachment::Saved)
    }

    /// Changes them while no other process does. Returns what `change` returns.
    ///
    /// # Errors
    ///
    /// When they are damaged, or a write fails.
    pub fn update<R>(index: &Path, change: impl FnOnce(&mut Self) -> R) -> Result<R, EngineError> {
        kept::update(index, Attachment::Saved, change)
    }

    /// Saves a query under a name, with the saved queries that it names put into their places.
    ///
    /// # Errors
    ///
    /// When the name is none, the query cannot be asked, or a write fails.
    pub fn keep(index: &Path, name: &str, text: &str) -> Result<(), EngineError> {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(EngineError::SavedName);
        }
        let wrong = |text: &str, error| EngineError::Query {
            text: text.into(),
            error,
        };
        let expanded = Self::read(index)?.expand(text);
        let expanded = expanded.map_err(|error| wrong(text, error))?;
        // A query that cannot be asked is not worth saving.
        Query::parse(&expanded, local_time()).map_err(|error| wrong(&expanded, error))?;
        Self::update(index, |saved| saved.set(name, Some(&expanded))).map(drop)
    }

    /// Saves a query under a name; `None` takes it out. Says whether there was one.
    pub fn set(&mut self, name: &str, query: Option<&str>) -> bool {
        match query {
            Some(query) => self.queries.insert(name.into(), query.into()).is_some(),
            None => self.queries.remove(name).is_some(),
        }
    }

    /// Names and queries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let queries = self.queries.iter();
        queries.map(|(name, query)| (name.as_str(), query.as_str()))
    }

    /// A query with every `@name` replaced.
    ///
    /// # Errors
    ///
    /// When a name is not known.
    pub fn expand(&self, text: &str) -> Result<String, QueryError> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('@') {
            let (before, behind) = rest.split_at(at);
            expanded.push_str(before);
            let starts = before.is_empty() && expanded.is_empty()
                || before.ends_with(|c: char| c.is_whitespace() || matches!(c, '(' | '-' | '+'));
            let end = behind[1..]
                .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '^'))
                .map_or(behind.len(), |end| end + 1);
            let name = &behind[1..end];
            match self.queries.get(name).filter(|_| starts) {
                Some(query) => expanded.extend(["(", query, ")"]),
                None if starts && !name.is_empty() => {
                    let start = text.len() - rest.len() + at;
                    let known: Vec<&str> = self.queries.keys().map(String::as_str).collect();
                    let hint = if known.is_empty() {
                        "`pixseek save NAME QUERY` saves one; \\@ is the sign itself".into()
                    } else {
                        format!("saved: {}; \\@ is the sign itself", known.join(", "))
                    };
                    let span = start..start + end;
                    return Err(QueryError::new(span, "no saved query has this name").hint(hint));
                }
                None => expanded.push_str(&behind[..end]),
            }
            rest = &behind[end..];
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use super::Saved;

    #[test]
    fn names_stand_for_queries() {
        let mut saved = Saved::default();
        saved.set("beach", Some("sand OR sea"));
        for (text, expected) in [
            ("@beach", "(sand OR sea)"),
            ("dog @beach after:2019", "dog (sand OR sea) after:2019"),
            ("-@beach^2 (@beach)", "-(sand OR sea)^2 ((sand OR sea))"),
            ("me@example.org", "me@example.org"),
            ("a \\@beach @", "a \\@beach @"),
        ] {
            assert_eq!(saved.expand(text).unwrap(), expected);
        }
        let error = saved.expand("dog @sky").unwrap_err();
        assert_eq!(error.span, 4..8);
    }
}
