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
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what was written.
    #[error("{path} is damaged ({what})")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
        /// The index folder.
        index: PathBuf,
    },
    /// Written by another version of the program.
    #[error("{path} has format {found}, this pixseek knows {known}")]
    OtherFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// A file that is kept beside the index is not what was written.
    #[error("{path} is damaged ({what})")]
    DamagedAttachment {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
        /// Which of the files beside the index it is.
        attachment: Attachment,
    },
    /// The labels are not what was written.
    #[error("{path} is damaged ({what})")]
    DamagedTags {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// No labels were computed.
    #[error("{0} has no tags")]
    Untagged(PathBuf),
    /// The index was made with another model.
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
    /// A part of the index is a symbolic link.
    #[error("{0} is a symbolic link, and a writer follows none inside an index; remove it")]
    Link(PathBuf),
    /// Another process writes.
    #[error("{index} is being written by {holder}; wait for it, or stop it")]
    Locked {
        /// The index folder.
        index: PathBuf,
        /// Who holds the lock.
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
    /// Neither the catalog nor the keywords can say what was indexed.
    #[error("{index} cannot be rebuilt: neither its catalog nor its keywords are whole")]
    Lost {
        /// The index folder.
        index: PathBuf,
        /// What is wrong with the keywords.
        #[source]
        source: Box<IndexError>,
    },
    /// The rows have other numbers since.
    #[error("{0} was compacted meanwhile")]
    Compacted(PathBuf),
    /// A write failed before, and only opening the index again tells what of it counts.
    #[error("a write to {0} failed before")]
    Uncertain(PathBuf),
    /// More rows than row numbers.
    #[error("an index holds at most {} photos", crate::rows::MOST_ROWS)]
    Full,
}

impl IndexError {
    /// What a failed call becomes: `.map_err(IndexError::io("write", &path))`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path: path.clone(),
            source,
        }
    }

    /// The same about the index, of which `copy` has a part.
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

    /// Whether a file was not there: it may have been replaced a moment ago.
    pub(crate) fn is_missing_file(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    /// The same, once it is sure that the file should be there.
    pub(crate) fn missing_is_damage(self, index: &Path) -> Self {
        match self {
            Self::Io { path, source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                checked::damaged(index, &path, "it is missing")
            }
            other => other,
        }
    }
}
