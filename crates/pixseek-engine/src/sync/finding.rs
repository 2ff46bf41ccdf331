//! The messages of the walking and decoding threads to the committing thread.

use pixseek_clip::Pixels;
use pixseek_index::{IndexError, NewPhoto, RootState, Stamp};
use pixseek_photos::{Failure, WalkError};
use std::path::PathBuf;

/// The result for one path.
pub(super) enum Finding {
    /// A photo that is new at its path or has changed.
    Photo(Box<Photo>),
    /// A file that is new at its path or has changed, and that failed.
    Failed {
        path: PathBuf,
        stamp: Stamp,
        failure: Failure,
    },
    /// An offline photo can be seen again.
    Online(PathBuf),
    /// A known photo or failure cannot be seen; its drive may come back.
    Offline(PathBuf),
    /// A known photo or failure is gone.
    Removed(PathBuf),
    /// The walk of a root has ended and found it in this state.
    Root(PathBuf, RootState),
    /// The walk could not read a folder or file.
    Unseen(WalkError),
    /// Reading the catalog failed.
    Catalog(IndexError),
}

/// A photo between its file and the catalog.
pub(super) struct Photo {
    /// The record to commit. It has no vectors until its pixels are encoded.
    pub found: NewPhoto,
    /// The pixels for the model: one picture of a photo, the key frames of a film. Empty if the
    /// index already has the vectors of this content.
    pub pixels: Vec<Pixels>,
    /// Why a part of the file's metadata was not read.
    pub unread: Option<String>,
}
