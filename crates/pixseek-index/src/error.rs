use crate::{Attachment, checked};
use std::path::{Path, PathBuf};

/// An error of a library that the index is built on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with an index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is no index here.
    #[error("no index at {0}")]
    Absent(PathBuf),
    /// A file could not be read or written.
    #[error("cannot {action} {path}")]
    Io {
        /// The verb for what failed: "read", "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file differs from what was written.
    #[error("{path} is damaged ({what})")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The contradiction or wrong checksum that was found.
        what: String,
        /// The index folder.
        index: PathBuf,
    },
    /// Another version of the program wrote the index.
    #[error("{path} has format {found}, this pixseek knows {known}")]
    OtherFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// An attachment differs from what was written.
    #[error("{path} is damaged ({what})")]
    DamagedAttachment {
        /// The file.
        path: PathBuf,
        /// The contradiction or wrong checksum that was found.
        what: String,
        /// The attachment.
        attachment: Attachment,
    },
    /// The labels differ from what was written.
    #[error("{path} is damaged ({what})")]
    DamagedTags {
        /// The file.
        path: PathBuf,
        /// The contradiction or wrong checksum that was found.
        what: String,
    },
    /// The index has no labels.
    #[error("{0} has no tags")]
    Untagged(PathBuf),
    /// The index has vectors of another model.
    #[error("{index} was made with the model {indexed}, not with {wanted}")]
    OtherModel {
        /// The index folder.
        index: PathBuf,
        /// The index's model.
        indexed: String,
        /// The model that was asked for.
        wanted: String,
    },
    /// The index has vectors of another precision.
    #[error("the vectors of {index} are {indexed}, not {wanted}")]
    OtherPrecision {
        /// The index folder.
        index: PathBuf,
        /// The index's precision.
        indexed: String,
        /// The precision that was asked for.
        wanted: String,
    },
    /// A part of the index is a symbolic link, a pipe, a device or a socket.
    #[error("{0} is a symbolic link or a special file, which no index has; remove it")]
    Special(PathBuf),
    /// Another process is writing.
    #[error("{index} is being written by {holder}; wait for it, or stop it")]
    Locked {
        /// The index folder.
        index: PathBuf,
        /// The process that holds the lock, in words.
        holder: String,
    },
    /// A vector has the wrong length or is not a unit vector.
    #[error(
        "a vector of {found} dimensions and length {length} does not belong to an index of {expected}"
    )]
    Vector {
        /// Dimensions of the index.
        expected: usize,
        /// Dimensions of the vector.
        found: usize,
        /// The vector's length.
        length: f32,
    },
    /// The catalog failed.
    #[error("the catalog {path} failed")]
    Catalog {
        /// The catalog's folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The keyword index failed.
    #[error("the keywords {path} failed")]
    Keywords {
        /// The keywords' folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Neither the catalog nor the keywords can be read, so nothing knows what was indexed.
    #[error("{index} cannot be rebuilt: neither its catalog nor its keywords are whole")]
    Lost {
        /// The index folder.
        index: PathBuf,
        /// The error of the keywords.
        #[source]
        source: Box<IndexError>,
    },
    /// The index was compacted, so its rows have other numbers now.
    #[error("{0} was compacted meanwhile")]
    Compacted(PathBuf),
    /// An earlier write failed. Whether it took effect is known only after opening the index again.
    #[error("a write to {0} failed before")]
    Uncertain(PathBuf),
    /// The index has no row numbers left.
    #[error("an index holds at most {} photos", crate::rows::MOST_ROWS)]
    Full,
}

impl IndexError {
    /// Makes an error of an [`std::io::Error`]: `.map_err(IndexError::io("write", &path))`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path: path.clone(),
            source,
        }
    }

    /// An error about a file in `copy`, a partial copy of the index, as one about that file in the
    /// index.
    pub(crate) fn moved(self, copy: &Path, index: &Path) -> Self {
        let original = |path: PathBuf| match path.strip_prefix(copy) {
            Ok(below) => index.join(below),
            Err(_) => path,
        };
        match self {
            Self::Damaged { path, what, .. } => Self::Damaged {
                path: original(path),
                what,
                index: index.into(),
            },
            Self::Catalog { path, source } => Self::Catalog {
                path: original(path),
                source,
            },
            other => other,
        }
    }

    /// Whether a file was missing. A writer may have replaced it a moment ago.
    pub(crate) fn is_missing_file(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    /// The same error, but a missing file is damage. For callers who know that it should be there.
    pub(crate) fn missing_is_damage(self, index: &Path) -> Self {
        match self {
            Self::Io { path, source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                checked::damaged(index, &path, "it is missing")
            }
            other => other,
        }
    }
}
