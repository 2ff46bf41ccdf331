use pixseek_clip::ClipError;
use pixseek_engine::EngineError;
use pixseek_index::IndexError;
use std::path::PathBuf;

/// The causes that stop a measurement.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// An index run or a search failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The model failed.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A folder does not exist, or a temporary one cannot be made.
    #[error("cannot use the folder")]
    Folder(#[source] std::io::Error),
    /// A list of captions or labels cannot be used.
    #[error(
        "cannot use {path}: {reason}; a line is {{\"file\": \"a.jpg\", \"captions\": [\"a dog\"]}} or {{\"file\": \"a.jpg\", \"label\": \"dog\"}}"
    )]
    Described {
        /// The file.
        path: PathBuf,
        /// The mistake and its line.
        reason: String,
    },
    /// No file could be decoded.
    #[error("none of these files is a photo that can be decoded; give others")]
    NothingToMeasure,
}
