//! What the walking and decoding threads tell the committing one.

use pixseek_clip::Pixels;
use pixseek_index::{FoundPhoto, IndexError, RootState, Stamp};
use pixseek_photos::{Failure, WalkError};
use std::path::PathBuf;

/// What a thread found out about a path.
pub(super) enum Finding {
    /// A file that is new at its path or has changed, and that is a photo.
    Photo(Box<Photo>),
    /// A file that is new at its path or has changed, and that did not become a photo.
    Failed {
        path: PathBuf,
        stamp: Stamp,
        failure: Failure,
    },
    /// A photo that was offline can be seen again.
    Online(PathBuf),
    /// A photo or failure of an earlier run cannot be seen; its drive may come back.
    Offline(PathBuf),
    /// A photo or failure of an earlier run is gone.
    Removed(PathBuf),
    /// A root was walked to its end and found like this.
    Root(PathBuf, RootState),
    /// The walk could not go there.
    Unseen(WalkError),
    /// The catalog failed while it was read.
    Catalog(IndexError),
}

/// A photo on its way from its file to the catalog.
pub(super) struct Photo {
    /// What is committed. It has no vector until its pixels are encoded.
    pub found: FoundPhoto,
    /// Its pixels, for the model; `None` where the index has a vector of the same content.
    pub pixels: Option<Pixels>,
    /// Why a part of what the file says about itself was not read.
    pub unread: Option<String>,
}
