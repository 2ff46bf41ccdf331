use pixseek_clip::ClipError;
use pixseek_engine::EngineError;
use pixseek_index::IndexError;
use std::io;
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
    Folder(#[source] io::Error),
    /// A list of captions or labels cannot be used.
    #[error(
        "cannot use {path}; a line is {{\"file\": \"a.jpg\", \"captions\": [\"a dog\"]}} or {{\"file\": \"a.jpg\", \"label\": \"dog\"}}"
    )]
    List {
        /// The file.
        path: PathBuf,
        /// The mistake.
        #[source]
        source: ListError,
    },
    /// A folder of folders of photos cannot be used.
    #[error("cannot use {path}")]
    Sorted {
        /// The folder.
        path: PathBuf,
        /// The mistake.
        #[source]
        source: ListError,
    },
    /// No file could be decoded.
    #[error("none of these files is a photo that can be decoded; give others")]
    NothingToMeasure,
}

/// The mistakes in a list of described photos.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The list or a folder cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A line is not JSON of the expected form.
    #[error("line {line}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// Where it stops being that.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A line describes nothing.
    #[error("line {line} has neither captions nor a label")]
    Undescribed {
        /// The line, from 1.
        line: usize,
    },
    /// The list has no lines.
    #[error("it is empty")]
    Empty,
    /// The folder has no folders with files.
    #[error("it has no folders with photos")]
    NoFolders,
}
