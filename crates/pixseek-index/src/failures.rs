//! `failures.jsonl`: the failures of the last publication, for readers. One JSON object a line. The
//! catalog has them too, so a missing file counts as an empty list.

use crate::catalog::Catalog;
use crate::{FailureRecord, IndexError, PathText, checked};
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(crate) const FAILURES: &str = "failures.jsonl";

/// A file that could not be indexed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFailure {
    /// The path.
    pub path: PathText,
    /// Why it failed.
    pub failure: FailureRecord,
}

/// Reads the failures of the last publication, sorted by path.
///
/// # Errors
///
/// When the file is damaged.
pub fn read_failures(index: &Path) -> Result<Vec<PublishedFailure>, IndexError> {
    let path = index.join(FAILURES);
    let Some(text) = checked::read(index, &path)? else {
        return Ok(Vec::new());
    };
    text.lines()
        .map(|line| {
            serde_json::from_str(line)
                .map_err(|error| checked::damaged(index, &path, &error.to_string()))
        })
        .collect()
}

/// Writes the failures of the catalog.
pub(crate) fn publish_failures(index: &Path, catalog: &Catalog) -> Result<(), IndexError> {
    let path = index.join(FAILURES);
    let mut lines = Vec::new();
    for entry in catalog.failures_below(b"") {
        let (failed, failure) = entry?;
        let published = PublishedFailure {
            path: failed.into(),
            failure,
        };
        let line = serde_json::to_string(&published).map_err(|error| IndexError::Io {
            action: "write",
            path: path.clone(),
            source: error.into(),
        })?;
        lines.push(line);
    }
    checked::replace(&path, &lines.join("\n"))
}
