//! The photos of a published index, without its model.

use crate::{EngineError, Labels};
use pixseek_index::{PhotoFacts, PhotoRecord, Reader};
use pixseek_record::bytes_of;
use std::path::Path;

/// What an index knows of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoEntry {
    /// BLAKE3 of the file.
    pub content: [u8; 32],
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Whether the last run did not see the file, though nothing says that it is gone.
    pub offline: bool,
    /// What the file tells of itself.
    pub facts: PhotoFacts,
}

impl From<PhotoRecord> for PhotoEntry {
    fn from(record: PhotoRecord) -> Self {
        Self {
            content: record.content,
            bytes: record.stamp.size,
            offline: record.offline,
            facts: record.facts,
        }
    }
}

/// The photos that were published last.
pub struct Photos {
    reader: Reader,
}

impl Photos {
    /// Opens the photos of an index.
    ///
    /// # Errors
    ///
    /// Fails when there is no index, or it is damaged.
    pub fn open(index: &Path) -> Result<Self, EngineError> {
        let reader = Reader::open(index)?;
        Ok(Self { reader })
    }

    /// All photos with the bytes of their paths.
    pub fn all(&self) -> impl Iterator<Item = Result<(Vec<u8>, PhotoEntry), EngineError>> + '_ {
        self.reader.photos().map(|photo| {
            let (path, record) = photo?;
            Ok((path, record.into()))
        })
    }

    /// Whether there is a photo at a path.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn has(&self, path: &Path) -> Result<bool, EngineError> {
        Ok(self.reader.photo_at(&bytes_of(path))?.is_some())
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn index(&self) -> &Path {
        self.reader.index()
    }

    /// The hash of the content at a path, given by its bytes; `None` if there is no photo.
    pub(crate) fn content_at(&self, path: &[u8]) -> Result<Option<[u8; 32]>, EngineError> {
        let photo = self.reader.photo_at(path)?;
        Ok(photo.map(|(_, record)| record.content))
    }

    /// The labels that were stored last; `None` if there are none.
    ///
    /// # Errors
    ///
    /// Fails when they are damaged.
    pub fn labels(&self) -> Result<Option<Labels<'_>>, EngineError> {
        Labels::stored(&self.reader)
    }

    /// The unit vector of the photo at a path; `None` if there is no photo.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn vector(&self, path: &Path) -> Result<Option<Vec<f32>>, EngineError> {
        let photo = self.reader.photo_at(&bytes_of(path))?;
        Ok(photo.map(|(vector, _)| vector))
    }
}
