//! What a run hands over to be committed together.

use crate::{FailureRecord, PhotoFacts, Stamp};

/// A photo that a run has found at a path.
#[derive(Debug, Clone)]
pub struct FoundPhoto {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// BLAKE3 of the content.
    pub content: [u8; 32],
    /// The file's version.
    pub stamp: Stamp,
    /// Facts.
    pub facts: PhotoFacts,
    /// The content's unit vector; not needed for content that the index knows.
    pub vector: Option<Vec<f32>>,
}

/// Changes that are committed together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// New, changed, moved and copied photos.
    pub photos: Vec<FoundPhoto>,
    /// Paths that failed; they stop being photos.
    pub failures: Vec<(Vec<u8>, FailureRecord)>,
    /// Paths that are gone. Their content keeps its row, and is not encoded again if it
    /// comes back.
    pub removed: Vec<Vec<u8>>,
    /// Whether the contents of `removed` are to be erased, too: see
    /// [`Manifest::owes_erasure`](crate::Manifest::owes_erasure).
    pub erases: bool,
    /// Paths that cannot be seen now.
    pub offline: Vec<Vec<u8>>,
    /// Paths that were offline and are seen again, unchanged.
    pub online: Vec<Vec<u8>>,
}

impl Batch {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
            && self.failures.is_empty()
            && self.removed.is_empty()
            && self.offline.is_empty()
            && self.online.is_empty()
    }
}
