//! Queries that a person has saved; `@name` in a query stands for one.
//!
//! They are kept as they were typed: a query that names others changes with them. The parser
//! puts them in ([`Saved::query_context`]) and refuses those that name themselves.

use crate::{EngineError, Query, kept};
use pixseek_index::Attachment;
use pixseek_query::is_saved_name;
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

    /// Those that an index has; none for a query that names none, which then needs no file.
    ///
    /// # Errors
    ///
    /// When they are damaged.
    pub fn named_in(query: &str, index: &Path) -> Result<Self, EngineError> {
        if query.contains('@') {
            Self::read(index)
        } else {
            Ok(Self::default())
        }
    }

    /// Changes them while no other process does. Returns what `change` returns.
    ///
    /// # Errors
    ///
    /// When they are damaged, or a write fails.
    pub fn update<R>(index: &Path, change: impl FnOnce(&mut Self) -> R) -> Result<R, EngineError> {
        kept::update(index, Attachment::Saved, change)
    }

    /// Saves a query under a name.
    ///
    /// # Errors
    ///
    /// When the name is none, the query cannot be asked, or a write fails.
    pub fn keep(index: &Path, name: &str, text: &str) -> Result<(), EngineError> {
        if !is_saved_name(name) {
            return Err(EngineError::SavedName);
        }
        Self::update(index, |saved| {
            let mut changed = saved.clone();
            changed.set(name, Some(text));
            // A query that cannot be asked is not worth saving.
            Query::parse(text, changed.query_context())?;
            *saved = changed;
            Ok(())
        })?
        .map_err(|error| EngineError::Query {
            text: text.into(),
            error,
        })
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

    /// Queries by name.
    pub(crate) fn queries(&self) -> &BTreeMap<String, String> {
        &self.queries
    }

    /// The query of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.queries.get(name).map(String::as_str)
    }
}
