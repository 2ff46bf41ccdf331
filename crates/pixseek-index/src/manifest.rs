//! `MANIFEST`, the commit point. It names everything that a reader may open, and is replaced by a
//! rename.

use crate::rows::MOST_ROWS;
use crate::{IndexError, Root, RowSet, checked};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub(crate) const MANIFEST: &str = "MANIFEST";

/// The format that this program reads and writes. Formats with lower numbers were never released.
pub(crate) const FORMAT: u32 = 11;

/// An index is compacted when more than one in `SPARSE` rows has no photo. By then these rows take
/// a third of the space and time that the others take.
const SPARSE: u64 = 4;
/// An index with fewer rows without a photo is not compacted: they cost no noticeable time, and a
/// photo that comes back need not be encoded again.
const FEW_DEAD: u64 = 32;

/// The largest dimension: sums of this many products of two bytes fit in 32 bits.
const MOST_DIMENSIONS: usize = 1 << 16;

/// The limit of counters. No index is written this often, so a larger number is damage, and
/// counting on from a smaller one cannot overflow.
pub(crate) const MOST_COUNTED: u64 = u64::MAX / 2;

/// The model of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// A name for people.
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
    /// The set of catalog, vectors and keywords. `rebuild` and `compact` make the next one.
    pub epoch: u64,
    /// The number of the publication, from 1 for an empty index.
    pub generation: u64,
    /// The last commit that is published.
    pub commit: u64,
    /// The number of rows that may be read.
    pub rows: u32,
    /// The rows that have a photo. The others are left from photos that were removed or
    /// edited.
    pub live: RowSet,
    /// How often a row got a photo or lost it since the index was made. The difference of two
    /// values tells how much the library has changed since something was measured in it.
    pub row_changes: u64,
    /// The number of indexed paths.
    pub photos: u64,
    /// The number of those paths that the last run could not see.
    pub offline: u64,
    /// The number of paths that failed.
    pub failures: u64,
    /// Indexed folders.
    pub roots: Vec<Root>,
    /// Forgotten paths below the roots, which runs must not index again.
    pub forgotten: Vec<PathText>,
    /// These files still have vectors and records of forgotten photos. The next run compacts the
    /// index.
    pub owes_erasure: bool,
    /// The time of publication, in seconds since 1970.
    pub published: u64,
    /// Graphs over ranges of rows. The other rows are scanned.
    pub graphs: Vec<GraphEntry>,
    /// The keywords' files.
    pub keywords: Option<KeywordsEntry>,
}

/// A path in JSON: a text if it is UTF-8, else its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathText {
    /// UTF-8.
    Text(String),
    /// The bytes of any other path.
    Bytes(Vec<u8>),
}

/// A published graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphEntry {
    /// Its file, `graph/<generation>.bin`.
    pub generation: u64,
    /// The first row that it covers.
    pub first: u32,
    /// The number of rows that it covers.
    pub rows: u32,
    /// The number of bytes in front of its checksums.
    pub bytes: u64,
    /// CRC-32 of its checksums.
    pub crc: u32,
    /// The 1st percentile of `row · offset` over the graph's rows. A query with a smaller product
    /// lies outside the photos' cone.
    pub inside: f32,
}

/// A commit of tantivy.
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
    /// Whether the index should be compacted because too many rows have no photo.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        let dead = u64::from(self.rows).saturating_sub(self.live.len() as u64);
        dead >= FEW_DEAD && dead * SPARSE > u64::from(self.rows)
    }

    /// The state in front of the first publication.
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
    /// When there is no such file, it is damaged, or it has another format.
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

    /// Describes an impossible value, if there is one. Readers rely on these numbers: none may lead
    /// beyond the published rows or overflow.
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
