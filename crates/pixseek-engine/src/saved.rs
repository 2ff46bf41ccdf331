//! Queries that a person saved; `@name` in a query stands for one of them.
//!
//! They are stored as they were typed, so a query that names another one changes with it. The
//! parser expands the names ([`Saved::query_context`]) and refuses queries that name themselves.

use crate::{EngineError, Query, json_attachment};
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
    /// Reads the saved queries of an index.
    ///
    /// # Errors
    ///
    /// Fails when their file is damaged.
    pub fn read(index: &Path) -> Result<Self, EngineError> {
        json_attachment::read(index, Attachment::Saved)
    }

    /// Reads the saved queries of an index if `query` names one. For any other query it returns
    /// none without opening the file.
    ///
    /// # Errors
    ///
    /// Fails when their file is damaged.
    pub fn named_in(query: &str, index: &Path) -> Result<Self, EngineError> {
        if query.contains('@') {
            Self::read(index)
        } else {
            Ok(Self::default())
        }
    }

    /// Changes the saved queries while no other process does. Returns the result of `change`.
    ///
    /// # Errors
    ///
    /// Fails when their file is damaged, or a write fails.
    pub fn update<R>(index: &Path, change: impl FnOnce(&mut Self) -> R) -> Result<R, EngineError> {
        json_attachment::update(index, Attachment::Saved, change)
    }

    /// Saves a query under a name. Returns the query that it replaces.
    ///
    /// # Errors
    ///
    /// Fails when the name is not allowed, the query has a mistake, or a write fails.
    pub fn keep(index: &Path, name: &str, text: &str) -> Result<Option<String>, EngineError> {
        if !is_saved_name(name) {
            return Err(EngineError::SavedName);
        }
        Self::update(index, |saved| {
            let mut changed = saved.clone();
            changed.set(name, Some(text));
            // Do not save a query that has a mistake.
            Query::parse(text, changed.query_context())?;
            let before = std::mem::replace(saved, changed);
            Ok(before.get(name).map(str::to_owned))
        })?
        .map_err(|error| EngineError::Query {
            text: text.into(),
            error,
        })
    }

    /// Saves a query under a name; `None` removes it. Returns whether the name had a query before.
    pub fn set(&mut self, name: &str, query: Option<&str>) -> bool {
        match query {
            Some(query) => self.queries.insert(name.into(), query.into()).is_some(),
            None => self.queries.remove(name).is_some(),
        }
    }

    /// The names with their queries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let queries = self.queries.iter();
        queries.map(|(name, query)| (name.as_str(), query.as_str()))
    }

    /// The saved queries by name.
    pub(crate) fn queries(&self) -> &BTreeMap<String, String> {
        &self.queries
    }

    /// The query that was saved under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.queries.get(name).map(String::as_str)
    }
}
