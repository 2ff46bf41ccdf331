//! `given`: the labels that a person gave to photos, beside the computed ones in `tags/`.
//!
//! A label belongs to a content, so it stays when a file is moved, copied or encoded again.

use crate::{Attachment, IndexError, fold_text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

/// The labels that a person gave, each with the BLAKE3 hashes of its contents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenLabels {
    labels: BTreeMap<String, BTreeSet<[u8; 32]>>,
}

impl GivenLabels {
    /// Reads the labels of an index; none if nobody gave any.
    ///
    /// # Errors
    ///
    /// When they are damaged.
    pub fn read(index: &Path) -> Result<Self, IndexError> {
        let Some(bytes) = Attachment::Given.read(index)? else {
            return Ok(Self::default());
        };
        postcard::from_bytes(&bytes).map_err(|error| IndexError::DamagedAttachment {
            path: Attachment::Given.path(index),
            what: error.to_string(),
            attachment: Attachment::Given,
        })
    }

    /// Changes the labels while no other process does. Returns the result of `change`.
    ///
    /// # Errors
    ///
    /// When they are damaged, or a write fails.
    pub fn update<R>(index: &Path, change: impl FnOnce(&mut Self) -> R) -> Result<R, IndexError> {
        let _lock = Attachment::Given.lock(index)?;
        let mut labels = Self::read(index)?;
        let before = labels.clone();
        let result = change(&mut labels);
        if labels != before {
            Attachment::Given.replace(index, &labels.to_bytes())?;
        }
        Ok(result)
    }

    fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("labels are plain data, which postcard always encodes")
    }

    /// Gives a label to contents. Returns how many did not have it. A label that differs from a
    /// known one only in case or accents is the known one.
    pub fn give(&mut self, label: &str, contents: impl IntoIterator<Item = [u8; 32]>) -> usize {
        let known = self.known(label).map(str::to_owned);
        let with = self.labels.entry(known.unwrap_or_else(|| label.into()));
        let with = with.or_default();
        let before = with.len();
        with.extend(contents);
        with.len() - before
    }

    /// Takes a label from contents. Returns how many had it.
    pub fn take(&mut self, label: &str, contents: impl IntoIterator<Item = [u8; 32]>) -> usize {
        let Some(known) = self.known(label).map(str::to_owned) else {
            return 0;
        };
        let Some(with) = self.labels.get_mut(&known) else {
            return 0;
        };
        let taken = contents.into_iter().filter(|content| with.remove(content));
        let taken = taken.count();
        if with.is_empty() {
            self.labels.remove(&known);
        }
        taken
    }

    /// Removes a label. Returns how many contents had it.
    pub fn remove(&mut self, label: &str) -> usize {
        let known = self.known(label).map(str::to_owned);
        let removed = known.and_then(|known| self.labels.remove(&known));
        removed.map_or(0, |contents| contents.len())
    }

    /// Takes all labels from these contents.
    pub(crate) fn remove_contents(&mut self, gone: &HashSet<[u8; 32]>) {
        for contents in self.labels.values_mut() {
            contents.retain(|content| !gone.contains(content));
        }
        self.labels.retain(|_, contents| !contents.is_empty());
    }

    /// Every content that has a label. One with several labels is there several times.
    pub(crate) fn all_contents(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.labels.values().flatten()
    }

    /// The labels, each with the number of its contents.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        let labels = self.labels.iter();
        labels.map(|(label, contents)| (label.as_str(), contents.len()))
    }

    /// The number of contents that have a label.
    #[must_use]
    pub fn count(&self, label: &str) -> usize {
        self.contents(label).count()
    }

    /// The labels of a content.
    pub fn of(&self, content: &[u8; 32]) -> impl Iterator<Item = &str> {
        let labels = self.labels.iter();
        let has = labels.filter(move |(_, contents)| contents.contains(content));
        has.map(|(label, _)| label.as_str())
    }

    /// The contents of a label, compared without regard to case and accents.
    pub(crate) fn contents(&self, label: &str) -> impl Iterator<Item = &[u8; 32]> {
        let known = self.known(label).and_then(|known| self.labels.get(known));
        known.into_iter().flatten()
    }

    /// Whether there are no labels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    fn known(&self, label: &str) -> Option<&str> {
        let label = fold_text(label);
        let mut labels = self.labels.keys().map(String::as_str);
        labels.find(|known| fold_text(known) == label)
    }
}

#[cfg(test)]
mod tests {
    use super::GivenLabels;
    use std::collections::HashSet;

    #[test]
    fn labels_are_given_and_taken_without_regard_to_case() {
        let mut labels = GivenLabels::default();
        assert_eq!(labels.give("Café", [[1; 32], [2; 32]]), 2);
        assert_eq!(labels.give("cafe", [[2; 32], [3; 32]]), 1);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("Café", 3)]);
        assert_eq!(labels.of(&[2; 32]).collect::<Vec<_>>(), ["Café"]);
        assert_eq!(labels.take("CAFE", [[1; 32], [9; 32]]), 1);
        assert_eq!(labels.contents("cafe").count(), 2);
        labels.remove_contents(&HashSet::from([[2; 32], [9; 32]]));
        assert_eq!(labels.take("cafe", [[3; 32]]), 1);
        assert!(labels.is_empty());
        assert_eq!(labels.take("cafe", [[3; 32]]), 0);
    }
}
