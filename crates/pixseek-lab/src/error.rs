use pixseek_clip::ClipError;
use pixseek_engine::EngineError;
use pixseek_index::IndexError;
use std::path::PathBuf;

/// What can stop a measurement.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// An index run or a search.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The model.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A folder that is not there, or a temporary one that cannot be made.
    #[error("cannot use the folder")]
    Folder(#[source] std::io::Error),
    /// A list of captions or labels that cannot be used.
    #[error(
        "cannot use {path}: {reason}; a line is {{\"file\": \"a.jpg\", \"captions\": [\"a dog\"]}} or {{\"file\": \"a.jpg\", \"label\": \"dog\"}}"
    )]
    Described {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
    /// No file could be decoded.
    #[error("none of these files is a photo that can be decoded; give others")]
    NothingToMeasure,
}
