//! What one `stat` says about a file, and what a missing file means.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file's identity and version, cheap to get: equal stamps mean unchanged content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    /// Bytes.
    pub size: u64,
    /// Time of the last change to the content, in nanoseconds since 1970, UTC.
    pub modified: i64,
    /// Inode number; 0 where the system has none. The device is left out: it changes when
    /// a drive is mounted again.
    pub inode: u64,
}

impl FileStamp {
    /// The stamp in `metadata`.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, |time| {
            let (before, distance) = match time.duration_since(UNIX_EPOCH) {
                Ok(after) => (false, after),
                Err(error) => (true, error.duration()),
            };
            let nanoseconds = i64::try_from(distance.as_nanos()).unwrap_or(i64::MAX);
            if before { -nanoseconds } else { nanoseconds }
        });
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            size: metadata.len(),
            modified,
            inode,
        }
    }
}

/// Why a known file was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Its folder is there, with other things in it: the file is gone, or left out on purpose.
    Removed,
    /// Its folder is missing, empty or unreadable: a drive may be unmounted. Nothing may be
    /// forgotten on that evidence.
    Offline,
}

/// Looks at the folder of a file that a walk did not see.
#[must_use]
pub fn absence(path: &Path) -> Absence {
    let has_entries = path
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .is_some_and(|mut entries| entries.next().is_some());
    if has_entries {
        Absence::Removed
    } else {
        Absence::Offline
    }
}
