//! `MANIFEST`, the commit point: what a reader may open. Replaced whole, by a rename.

use crate::rows::MOST_ROWS;
use crate::{IndexError, Root, RowSet, checked};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub(crate) const MANIFEST: &str = "MANIFEST";

/// The format that this program reads and writes. Lower numbers were given to what was never
/// released.
pub(crate) const FORMAT: u32 = 8;

/// An index is compacted when more than one in four of its rows are without a photo: by then they
/// take a third of the room and time of those that count.
const SPARSE: u64 = 4;
/// Fewer rows without a photo than these cost nothing that one could notice, and a photo that comes
/// back to one of them is not encoded again.
const FEW_DEAD: u64 = 32;

/// Dimensions that a vector has at most: sums of so many products of bytes fit in 32 bits.
const MOST_DIMENSIONS: usize = 1 << 16;

/// What counters are below: no index is written so often, and half of their room is left.
pub(crate) const MOST_COUNTED: u64 = u64::MAX / 2;

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the on-disk format.
    pub format: u32,
    /// The model of the vectors.
    pub model: ModelIdentity,
    /// The name of the precision in which the image tower makes the vectors; `None` until the
    /// first photo is encoded. To the index it is a name only.
    pub precision: Option<String>,
    /// Which catalog, vectors and keywords: a new set is made by `rebuild` and `compact`.
    pub epoch: u64,
    /// Counts publications, from 1 for an empty index.
    pub generation: u64,
    /// The last commit that is in it.
    pub commit: u64,
    /// Rows of the vectors that may be read.
    pub rows: u32,
    /// The rows that have a photo. The others are left from photos that were removed or
    /// edited.
    pub live: RowSet,
    /// Rows that came to have a photo or lost theirs, counted since the index was made: how
    /// much a library has changed since something was measured in it.
    pub row_changes: u64,
    /// Indexed paths.
    pub photos: u64,
    /// Of them, paths that could not be seen.
    pub offline: u64,
    /// Paths that failed.
    pub failures: u64,
    /// Folders that were indexed.
    pub roots: Vec<Root>,
    /// Paths below them that were forgotten: no run brings them back.
    pub forgotten: Vec<PathText>,
    /// Photos were forgotten whose vectors and records are in these files still. The next run
    /// compacts them away.
    pub owes_erasure: bool,
    /// When this state was published, in seconds since 1970.
    pub published: u64,
    /// Graphs over parts of the rows; those in none are scanned.
    pub graphs: Vec<GraphEntry>,
    /// The keywords' files.
    pub keywords: Option<KeywordsEntry>,
}

/// A path in JSON: text where it is text, else its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathText {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// A published graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphEntry {
    /// Its file, `graph/<generation>.bin`.
    pub generation: u64,
    /// The first row that it covers.
    pub first: u32,
    /// Rows that it covers.
    pub rows: u32,
    /// Bytes in front of its checksums.
    pub bytes: u64,
    /// CRC-32 of its checksums.
    pub crc: u32,
    /// Of its rows' products with the vectors' offset, what one in a hundred is below. A
    /// query below it lies outside the photos' cone.
    pub inside: f32,
}

/// One commit of tantivy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeywordsEntry {
    /// Its `meta.json`.
    pub meta: String,
    /// Its files.
    pub files: Vec<FileEntry>,
}

/// A file and its checksums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name in its folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// CRC-32 of each 64 KiB.
    pub crcs: Vec<u32>,
}

impl PathText {
    /// The path's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for PathText {
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }
}

impl Manifest {
    /// Whether so many rows are without a photo that the index should be compacted.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        let dead = u64::from(self.rows).saturating_sub(self.live.len() as u64);
        dead >= FEW_DEAD && dead * SPARSE > u64::from(self.rows)
    }

    /// What is published before anything is.
    pub(crate) fn empty(model: ModelIdentity, epoch: u64) -> Self {
        Self {
            format: FORMAT,
            model,
            precision: None,
            epoch,
            generation: 0,
            commit: 0,
            rows: 0,
            live: RowSet::default(),
            row_changes: 0,
            photos: 0,
            offline: 0,
            failures: 0,
            roots: Vec::new(),
            forgotten: Vec::new(),
            owes_erasure: false,
            published: 0,
            graphs: Vec::new(),
            keywords: None,
        }
    }
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
    /// When there is none, it is damaged, or of another format.
    pub fn read(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(MANIFEST);
        let json = checked::read(index, &path)?.ok_or_else(|| IndexError::Absent(index.into()))?;
        let not_json =
            |error: serde_json::Error| checked::damaged(index, &path, &error.to_string());
        let FormatOnly { format } = serde_json::from_str(&json).map_err(not_json)?;
        if format != FORMAT {
            return Err(IndexError::OtherFormat {
                path,
                found: format,
                known: FORMAT,
            });
        }
        let manifest: Self = serde_json::from_str(&json).map_err(not_json)?;
        match manifest.contradiction() {
            Some(what) => Err(checked::damaged(index, &path, what)),
            None => Ok(manifest),
        }
    }

    /// What cannot be so; `None` when all may be. Everybody computes with these numbers, and none
    /// may lead beyond what is published, or beyond what numbers can hold.
    fn contradiction(&self) -> Option<&'static str> {
        let counters = [self.epoch, self.generation, self.commit, self.row_changes];
        if counters.iter().any(|count| *count > MOST_COUNTED) {
            return Some("it counts further than an index can");
        }
        if !(1..=MOST_DIMENSIONS).contains(&self.model.dimension) {
            return Some("its vectors have an impossible dimension");
        }
        if self.rows > MOST_ROWS || self.live.end() > u64::from(self.rows) {
            return Some("it names rows that are not published");
        }
        let mut end = 0;
        for graph in &self.graphs {
            let behind = graph.first.checked_add(graph.rows);
            match behind.filter(|behind| graph.first >= end && *behind <= self.rows) {
                Some(behind) => end = behind,
                None => return Some("its graphs cover rows that they cannot"),
            }
        }
        None
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
