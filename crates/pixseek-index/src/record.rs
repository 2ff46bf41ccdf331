//! What the catalog knows about a path. Stored as postcard; the order of the fields is part
//! of the format.

use pixseek_record::{FailureKind, PhotoFacts, Stamp};
use serde::{Deserialize, Serialize};

/// A row of the vector file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(pub u32);

/// An indexed path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoRecord {
    /// Where its vector is; paths of one content share a row.
    pub row: RowId,
    /// BLAKE3 of the content.
    pub content: [u8; 32],
    /// The file's version when it was read.
    pub stamp: Stamp,
    /// The file could not be seen by the last run, but nothing says that it is gone.
    pub offline: bool,
    /// Facts.
    pub facts: PhotoFacts,
}

/// What a refresh needs to know of a path: a photo's record up to its facts, or a failure's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownVersion {
    /// The file's version when it was read.
    pub stamp: Stamp,
    /// It could not be seen by the last run.
    pub offline: bool,
}

/// A path that did not become a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The file's version when it failed; another version is tried again.
    pub stamp: Stamp,
    /// What a person can do about it.
    pub kind: FailureKind,
    /// Why it failed, for people to read.
    pub reason: String,
}
