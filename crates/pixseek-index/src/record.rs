//! Records of the catalog. They are stored as postcard: the order of the fields is part of the
//! format.

use pixseek_record::{FailureKind, PhotoFacts, Stamp};
use serde::{Deserialize, Serialize};

/// A row of the vector file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(pub u32);

/// An indexed path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoRecord {
    /// The row of its vector. Paths of the same content share a row.
    pub row: RowId,
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
