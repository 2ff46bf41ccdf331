//! Photos and failures that a run commits together.

use super::Writer;
use crate::catalog::Transaction;
use crate::rows::MOST_ROWS;
use crate::{FailureRecord, IndexError, PhotoFacts, PhotoRecord, RowId, Rows, Stamp};
use std::collections::HashMap;

/// A photo that a run has found.
#[derive(Debug, Clone)]
pub struct NewPhoto {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// BLAKE3 of the content.
    pub content: [u8; 32],
    /// The file's version.
    pub stamp: Stamp,
    /// Facts that the file tells.
    pub facts: PhotoFacts,
    /// The unit vectors of the content, at most 255: one of a photo, one for each key frame of a
    /// film. Content that the index knows may come without them.
    pub vectors: Vec<Vec<f32>>,
}

/// The photos, failures and removals of one commit.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// New, changed, moved and copied photos.
    pub photos: Vec<NewPhoto>,
    /// Paths that failed. If they were photos, these are removed.
    pub failures: Vec<(Vec<u8>, FailureRecord)>,
    /// Paths that are gone. Their contents keep their rows, so that they need not be encoded again
    /// if they come back.
    pub removed: Vec<Vec<u8>>,
    /// Whether the contents of `removed` must be erased, too: see
    /// [`Manifest::owes_erasure`](crate::Manifest::owes_erasure).
    pub erases: bool,
    /// Paths that cannot be seen at the moment.
    pub offline: Vec<Vec<u8>>,
    /// Paths that were offline and are back, unchanged.
    pub online: Vec<Vec<u8>>,
}

impl Batch {
    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
            && self.failures.is_empty()
            && self.removed.is_empty()
            && self.offline.is_empty()
            && self.online.is_empty()
    }
}

impl Writer {
    /// Turns a batch into a transaction of the catalog. Returns it with the vectors of new
    /// contents, which get the rows from `rows` on.
    pub(super) fn prepare(
        &self,
        batch: Batch,
        rows: usize,
    ) -> Result<(Transaction, Vec<Vec<f32>>), IndexError> {
        let mut transaction = Transaction::default();
        let mut fresh = Vec::new();
        let mut fresh_rows: HashMap<[u8; 32], Rows> = HashMap::new();
        for photo in batch.photos {
            let known = match fresh_rows.get(&photo.content) {
                Some(rows) => Some(*rows),
                None => self.catalog().rows_of(&photo.content)?,
            };
            let of_content = if let Some(rows) = known {
                rows
            } else {
                let new = self.new_rows(rows + fresh.len(), photo.vectors.len())?;
                fresh.extend(photo.vectors);
                fresh_rows.insert(photo.content, new);
                new
            };
            let mut facts = photo.facts;
            // Other frames were chosen when the content was encoded: their times are unknown.
            if let Some(film) = &mut facts.film
                && film.frames.len() != usize::from(of_content.count)
            {
                film.frames.clear();
            }
            let record = PhotoRecord {
                rows: of_content,
                content: photo.content,
                stamp: photo.stamp,
                facts,
                offline: false,
            };
            if known.is_some() && self.catalog().photo(&photo.path)?.is_none() {
                let (identity, path) = (photo.stamp.identity, photo.path.clone());
                transaction.arrivals.push((photo.content, identity, path));
            }
            transaction.photos.push((photo.path, record));
        }
        let seen = batch.offline.into_iter().map(|path| (path, true));
        for (path, offline) in seen.chain(batch.online.into_iter().map(|path| (path, false))) {
            if let Some(mut record) = self.catalog().photo(&path)? {
                record.offline = offline;
                transaction.photos.push((path, record));
            }
        }
        transaction.failures = batch.failures;
        transaction.owes_erasure = batch.erases && !batch.removed.is_empty();
        transaction.removed = batch.removed;
        Ok((transaction, fresh))
    }

    /// The rows of a content with this number of vectors, from the row `first` on.
    fn new_rows(&self, first: usize, vectors: usize) -> Result<Rows, IndexError> {
        if vectors == 0 {
            return Err(IndexError::Vector {
                expected: self.manifest.model.dimension,
                found: 0,
                length: 0.0,
            });
        }
        let count = u8::try_from(vectors).map_err(|_| IndexError::Full)?;
        let first = u32::try_from(first).map_err(|_| IndexError::Full)?;
        let rows = Rows {
            first: RowId(first),
            count,
        };
        if rows.end() > MOST_ROWS {
            return Err(IndexError::Full);
        }
        Ok(rows)
    }
}
