//! `MANIFEST`, the commit point: what a reader may open. Replaced whole, by a rename.

use crate::{IndexError, checked};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub(crate) const MANIFEST: &str = "MANIFEST";

/// The format that this program writes.
pub(crate) const FORMAT: u32 = 1;

/// Which model an index belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// For people.
    pub name: String,
    /// BLAKE3 over the model's files, in hexadecimal.
    pub fingerprint: String,
    /// Dimensions of its vectors.
    pub dimension: usize,
    /// The model's folder; `None` for the embedded model.
    pub folder: Option<PathBuf>,
}

/// One published state of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the on-disk format.
    pub format: u32,
    /// The model of the vectors.
    pub model: ModelIdentity,
    /// Counts publications, from 0 for an empty index.
    pub generation: u64,
    /// Rows of `vectors.f16` that may be read.
    pub rows: u32,
    /// CRC-32 of the rows in the last block, which has no trailer unless it is full.
    pub tail_crc: u32,
    /// Indexed paths.
    pub photos: u64,
    /// Of them, paths that could not be seen.
    pub offline: u64,
    /// Paths that failed.
    pub failures: u64,
    /// Folders that were indexed, for people.
    pub roots: Vec<PathBuf>,
    /// When this state was published, in seconds since 1970.
    pub published: u64,
    /// The graph, when there is one.
    pub graph: Option<GraphEntry>,
}

/// A published graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphEntry {
    /// Its folder, `graph/<generation>`.
    pub generation: u64,
    /// Rows that it covers, from 0; later ones are scanned.
    pub rows: u32,
    /// Length of its file.
    pub bytes: u64,
    /// CRC-32 of its file.
    pub crc: u32,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl Manifest {
    /// Reads and checks `index/MANIFEST`.
    ///
    /// # Errors
    ///
    /// When there is none, it is damaged, or of a newer format.
    pub fn read(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(MANIFEST);
        let json = checked::read(index, &path)?.ok_or_else(|| IndexError::Absent(index.into()))?;
        let not_json =
            |error: serde_json::Error| checked::damaged(index, &path, &error.to_string());
        let FormatOnly { format } = serde_json::from_str(&json).map_err(not_json)?;
        if format > FORMAT {
            return Err(IndexError::NewerFormat {
                path,
                found: format,
                known: FORMAT,
            });
        }
        serde_json::from_str(&json).map_err(not_json)
    }

    /// Replaces `index/MANIFEST`.
    pub(crate) fn write(&self, index: &Path) -> Result<(), IndexError> {
        let path = index.join(MANIFEST);
        let json = serde_json::to_string_pretty(self).map_err(|error| IndexError::Io {
            action: "write",
            path: path.clone(),
            source: error.into(),
        })?;
        checked::replace(&path, &json)
    }
}
