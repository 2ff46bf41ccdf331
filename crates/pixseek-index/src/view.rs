//! Read access to the catalog for other threads of the writing process.

use crate::catalog::Catalog;
use crate::{FailureRecord, IndexError, PhotoRecord, StoredVersion};
use std::iter::Peekable;

/// Reads the catalog. It sees every commit immediately.
#[derive(Clone)]
pub struct CatalogView {
    pub(crate) catalog: Catalog,
}

impl CatalogView {
    /// Whether this content has a vector.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn has_vector(&self, content: &[u8; 32]) -> Result<bool, IndexError> {
        Ok(self.vectors_of(content)? > 0)
    }

    /// The number of vectors of a content: 0 if it is unknown.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn vectors_of(&self, content: &[u8; 32]) -> Result<u8, IndexError> {
        let rows = self.catalog.rows_of(content)?;
        Ok(rows.map_or(0, |rows| rows.count))
    }

    /// The new paths at which a file of known content was found since the last complete run over
    /// all roots.
    pub fn arrivals(
        &self,
        content: &[u8; 32],
        identity: u64,
    ) -> impl Iterator<Item = Result<Vec<u8>, IndexError>> + '_ {
        self.catalog.arrivals(content, identity)
    }

    /// Whether there are arrivals: new paths of known content.
    #[must_use]
    pub fn has_arrivals(&self) -> bool {
        self.catalog.has_arrivals()
    }

    /// The record of a path.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn photo(&self, path: &[u8]) -> Result<Option<PhotoRecord>, IndexError> {
        self.catalog.photo(path)
    }

    /// Photos at `root` and below, sorted by path.
    pub fn photos_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, PhotoRecord), IndexError>> + '_ {
        self.catalog.photos_below(root)
    }

    /// Failures at `root` and below, sorted by path.
    pub fn failures_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, FailureRecord), IndexError>> + '_ {
        self.catalog.failures_below(root)
    }

    /// The versions of all photos and failures at `root` and below, sorted by path. Does not decode
    /// facts and reasons.
    pub fn known_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, StoredVersion), IndexError>> + '_ {
        let photos = self.catalog.photo_versions_below(root);
        let failures = self.catalog.failure_versions_below(root);
        Merge {
            a: photos.peekable(),
            b: failures.peekable(),
        }
    }

    /// As [`CatalogView::known_below`], without failures.
    pub fn known_photos_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, StoredVersion), IndexError>> + '_ {
        self.catalog.photo_versions_below(root)
    }
}

/// Merges two sorted streams. An error is returned as soon as either stream has one.
struct Merge<A: Iterator, B: Iterator> {
    a: Peekable<A>,
    b: Peekable<B>,
}

impl<T, V, E, A, B> Iterator for Merge<A, B>
where
    T: Ord,
    A: Iterator<Item = Result<(T, V), E>>,
    B: Iterator<Item = Result<(T, V), E>>,
{
    type Item = Result<(T, V), E>;

    fn next(&mut self) -> Option<Self::Item> {
        let takes_b = match (self.a.peek(), self.b.peek()) {
            (Some(Ok((a, _))), Some(Ok((b, _)))) => b < a,
            (Some(Ok(_)), Some(Err(_))) | (None, _) => true,
            _ => false,
        };
        if takes_b {
            self.b.next()
        } else {
            self.a.next()
        }
    }
}
