//! `MANIFEST`, the commit point: what a reader may open. Replaced whole, by a rename.

use crate::IndexError;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) const MANIFEST: &str = "MANIFEST";
const NEW_MANIFEST: &str = "MANIFEST.new";

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
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(IndexError::Absent(index.into()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(damaged(index, &path, "it is not text"));
            }
            Err(source) => {
                return Err(IndexError::Io {
                    action: "read",
                    path,
                    source,
                });
            }
        };
        let (json, checksum) = text
            .trim_end()
            .rsplit_once('\n')
            .ok_or_else(|| damaged(index, &path, "it is cut off"))?;
        if checksum != checksum_line(json) {
            return Err(damaged(index, &path, "its checksum is wrong"));
        }
        let not_json = |error: serde_json::Error| damaged(index, &path, &error.to_string());
        let FormatOnly { format } = serde_json::from_str(json).map_err(not_json)?;
        if format > FORMAT {
            return Err(IndexError::NewerFormat {
                path,
                found: format,
                known: FORMAT,
            });
        }
        serde_json::from_str(json).map_err(not_json)
    }

    /// Replaces `index/MANIFEST`: written beside it, synced, renamed, the folder synced.
    pub(crate) fn write(&self, index: &Path) -> Result<(), IndexError> {
        let new = index.join(NEW_MANIFEST);
        let io = |action| {
            let path = new.clone();
            move |source| IndexError::Io {
                action,
                path,
                source,
            }
        };
        let json = serde_json::to_string_pretty(self)
            .map_err(std::io::Error::from)
            .map_err(io("write"))?;
        let mut file = File::create(&new).map_err(io("create"))?;
        write!(file, "{json}\n{}\n", checksum_line(&json)).map_err(io("write"))?;
        file.sync_all().map_err(io("sync"))?;
        std::fs::rename(&new, index.join(MANIFEST)).map_err(io("rename"))?;
        sync_folder(index).map_err(io("sync the folder of"))
    }
}

fn checksum_line(json: &str) -> String {
    format!("crc32 {:08x}", crc32fast::hash(json.as_bytes()))
}

fn damaged(index: &Path, path: &Path, what: &str) -> IndexError {
    IndexError::Damaged {
        path: path.into(),
        what: what.into(),
        index: index.into(),
    }
}

/// Makes names in a folder last. Windows has no such call and needs none.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
