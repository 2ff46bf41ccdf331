//! Records of the catalog. They are stored as postcard: the order of the fields is part of the
//! format.

use pixseek_record::{FailureKind, PhotoFacts, Stamp};
use serde::{Deserialize, Serialize};

/// A row of the vector file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(pub u32);

/// The rows of a content, one behind the other: one row for a photo, one for each key frame of a
/// film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rows {
    /// The first row.
    pub first: RowId,
    /// The number of rows.
    pub count: u8,
}

impl Rows {
    /// The row of a photo.
    #[must_use]
    pub fn one(row: RowId) -> Self {
        Self {
            first: row,
            count: 1,
        }
    }

    /// The rows, ascending.
    pub fn iter(self) -> impl Iterator<Item = RowId> {
        (self.first.0..self.end()).map(RowId)
    }

    /// The position of a row among these, from 0; `None` if it is another content's.
    #[must_use]
    pub fn position(self, row: RowId) -> Option<usize> {
        let position = row.0.checked_sub(self.first.0)?;
        (position < u32::from(self.count)).then_some(position as usize)
    }

    /// The last row plus one.
    pub(crate) fn end(self) -> u32 {
        self.first.0.saturating_add(u32::from(self.count))
    }
}

/// An indexed path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoRecord {
    /// The rows of its vectors. Paths of the same content share them.
    pub rows: Rows,
    /// BLAKE3 of the content.
    pub content: [u8; 32],
    /// The file's version when it was read.
    pub stamp: Stamp,
    /// The last run could not see the file, but it may come back: its folder or drive is missing.
    pub offline: bool,
    /// Facts that the file tells.
    pub facts: PhotoFacts,
}

/// The version of a file that an earlier run has handled, as a photo or as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredVersion {
    /// The file's version when it was read.
    pub stamp: Stamp,
    /// The last run could not see the file.
    pub offline: bool,
}

/// A file that could not be indexed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The file's version when it failed. A run tries another version again.
    pub stamp: Stamp,
    /// The kind of failure, which decides about advice.
    pub kind: FailureKind,
    /// Why it failed, for people to read.
    pub reason: String,
}
