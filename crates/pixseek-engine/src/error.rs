use pixseek_clip::{ClipError, Precision};
use pixseek_index::IndexError;
use std::path::PathBuf;

/// What can stop a run or a search as a whole; single files never do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The model.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A glob that is none.
    #[error("the exclude is not a glob")]
    Exclude(#[from] pixseek_photos::GlobError),
    /// A query picture that cannot be used.
    #[error("cannot use {path}: {reason}")]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The index was made by another model than the one at hand.
    #[error(
        "the index was made with the model {indexed} ({fingerprint}), which is not here any more"
    )]
    ModelGone {
        /// The index's model.
        indexed: String,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// A precision of another version of the program.
    #[error("the vectors of the index are {0}, which this pixseek does not compute")]
    UnknownPrecision(String),
    /// A precision that was asked for and that the machine does not have for the model.
    #[error("this machine does not compute {model} in {precision}")]
    NoPrecision {
        /// The model's name.
        model: String,
        /// The precision.
        precision: Precision,
    },
    /// What is kept beside the index cannot be understood.
    #[error("cannot use {path}: {reason}")]
    Kept {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A name that a saved query cannot have.
    #[error("a saved query's name is letters, digits, - and _")]
    SavedName,
    /// A query that cannot be asked; it is shown with the place of the mistake.
    #[error("{}", .error.pointed(.text))]
    Query {
        /// The query.
        text: String,
        /// What is wrong with it.
        error: crate::QueryError,
    },
    /// A thread of the run stopped.
    #[error("a worker stopped unexpectedly; what was committed is kept")]
    Worker,
}
