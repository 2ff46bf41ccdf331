//! What the catalog knows about a path. Stored as postcard; the order of the fields is part
//! of the format.

use serde::{Deserialize, Serialize};

/// A row of the vector file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(pub u32);

/// A file's version and identity when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Last change to the content, in nanoseconds since 1970.
    pub modified: i64,
    /// Last change to the file at all, likewise; 0 where there is none.
    pub changed: i64,
    /// Inode number, 0 where there is none.
    pub inode: u64,
}

/// What a hit shows and filters read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoFacts {
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// ISO 8601, the camera's clock, with the offset if known.
    pub taken: Option<String>,
    /// The same clock as seconds since 1970.
    pub taken_seconds: Option<i64>,
    /// Maker and model.
    pub camera: Option<String>,
    /// Lens model.
    pub lens: Option<String>,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
    /// What people wrote into it.
    pub notes: PhotoNotes,
}

/// What people wrote into a photo (XMP, IPTC, EXIF).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoNotes {
    /// A few words.
    pub title: Option<String>,
    /// A sentence or more.
    pub caption: Option<String>,
    /// Keywords, people's and places' names.
    pub keywords: Vec<String>,
    /// One to five stars, or -1 for a photo that was rejected.
    pub rating: Option<i8>,
}

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
    /// What was found.
    pub reason: String,
    /// What a person can do.
    pub advice: String,
}
