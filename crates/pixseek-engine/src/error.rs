use pixseek_clip::{ClipError, Precision};
use pixseek_index::IndexError;
use pixseek_record::Failure;
use std::io;
use std::path::PathBuf;

/// The causes that stop a run or a search as a whole; a single bad file never does.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The model failed.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A pattern to exclude is not a valid glob.
    #[error("the pattern to exclude is not a valid glob")]
    Exclude(#[from] pixseek_photos::GlobError),
    /// A query names a picture that cannot be used.
    #[error("cannot use {path}")]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: PictureError,
    },
    /// Another model than this one made the index.
    #[error(
        "the index was made with the model {indexed} ({fingerprint}), which is not here any more"
    )]
    ModelGone {
        /// The index's model.
        indexed: String,
        /// Its fingerprint.
        fingerprint: String,
    },
    /// The index has a precision that this version of the program does not know.
    #[error("the vectors of the index are {0}, which this pixseek does not compute")]
    UnknownPrecision(String),
    /// The machine cannot compute the model in the requested precision.
    #[error("this machine does not compute {model} in {precision}")]
    NoPrecision {
        /// The model's name.
        model: String,
        /// The precision.
        precision: Precision,
    },
    /// A file of names or saved queries beside the index cannot be parsed.
    #[error("cannot use {path}")]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where it stops being JSON of the expected form.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The name is not allowed for a saved query.
    #[error("a saved query's name is letters, digits, - and _")]
    SavedName,
    /// A name that photos cannot teach.
    #[error(
        "{0:?} cannot be a name: take words in one line, without signs of the query language, and not only \
         common ones such as \"the\""
    )]
    TaughtName(String),
    /// A label that no filter can name.
    #[error("{0:?} cannot be a tag: take up to 100 characters without commas and quotes")]
    Label(String),
    /// A file beside a model's weights cannot be written.
    #[error("cannot write {path}")]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The photo is not in the index.
    #[error("{} is not indexed", .0.display())]
    NotIndexed(PathBuf),
    /// The query has a mistake; the message shows its place.
    #[error("{}", .error.pointed(.text))]
    Query {
        /// The query.
        text: String,
        /// The mistake and its place.
        error: crate::QueryError,
    },
    /// A thread of the run panicked.
    #[error("a worker thread panicked; everything committed so far is kept")]
    Worker,
}

/// Why a query cannot use a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file is not there, or the system does not show it.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The file cannot be decoded.
    #[error(transparent)]
    Photo(#[from] Failure),
}
