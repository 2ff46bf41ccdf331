//! Roots, and forgotten paths below them.
//!
//! Forgetting a path first marks it, in the transaction that removes the roots at and below it, and
//! then removes its photos. If the run is killed between, [`Writer::finish_forgetting`] finds the
//! mark and removes the rest. The mark stays while there is a root above the path, because a walk
//! of that root would index the photos again.

use super::{Batch, Writer};
use crate::catalog::Transaction;
use crate::root::{RootRecord, is_within};
use crate::{IndexError, PathText, Root, RootSettings, RootState};

/// Paths that are removed in one commit.
const AT_A_TIME: usize = 1000;

/// The result of [`Writer::forget`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The number of photos that were removed.
    pub photos: u64,
    /// The number of roots at the path and below it that were removed.
    pub roots: u64,
    /// There is a root above the path, so the path is marked and runs do not index it again.
    pub is_marked: bool,
}

impl Writer {
    /// The roots, sorted by path.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn roots(&self) -> Result<Vec<Root>, IndexError> {
        self.catalog().roots()
    }

    /// The forgotten paths, which runs must not index again, sorted.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn forgotten(&self) -> Result<Vec<PathText>, IndexError> {
        let paths = self.catalog().forgotten()?.into_iter();
        Ok(paths.map(PathText::from).collect())
    }

    /// Stores the state of a folder. An unknown folder becomes a root with default settings.
    ///
    /// # Errors
    ///
    /// When a write fails.
    pub fn set_root(&mut self, root: &[u8], state: RootState) -> Result<(), IndexError> {
        let roots = self.catalog().roots()?;
        let known = roots.iter().find(|known| known.path.bytes() == root);
        let settings = known.map_or_else(RootSettings::default, |known| known.settings.clone());
        self.write(Transaction {
            roots: vec![(root.to_vec(), Some(RootRecord { state, settings }))],
            ..Transaction::default()
        })
    }

    /// Makes a folder a root with these settings, or changes the settings of a root. It is new
    /// until a run with them is completed, and it is no longer forgotten.
    ///
    /// # Errors
    ///
    /// When a write fails.
    pub fn set_settings(&mut self, root: &[u8], settings: RootSettings) -> Result<(), IndexError> {
        let record = RootRecord {
            state: RootState::New,
            settings,
        };
        self.write(Transaction {
            roots: vec![(root.to_vec(), Some(record))],
            forgotten: vec![(root.to_vec(), false)],
            ..Transaction::default()
        })
    }

    /// Lets runs index a forgotten path again.
    ///
    /// # Errors
    ///
    /// When a write fails.
    pub fn remember(&mut self, path: &[u8]) -> Result<(), IndexError> {
        self.write(Transaction {
            forgotten: vec![(path.to_vec(), false)],
            ..Transaction::default()
        })
    }

    /// Removes `path` and everything below it from the index. If there is a root above, the path is
    /// marked, so that runs do not index it again. The index then owes the erasure of the photos:
    /// [`Writer::compact`] removes them from every file.
    ///
    /// # Errors
    ///
    /// When a write fails. The next run then finishes it.
    pub fn forget(&mut self, path: &[u8]) -> Result<Forgotten, IndexError> {
        let (roots, marks) = (self.catalog().roots()?, self.catalog().forgotten()?);
        let (inner, others): (Vec<&Root>, Vec<&Root>) = roots
            .iter()
            .partition(|root| is_within(root.path.bytes(), path));
        let mut report = Forgotten {
            roots: inner.len() as u64,
            is_marked: others.iter().any(|root| is_within(path, root.path.bytes())),
            ..Forgotten::default()
        };
        let view = self.view();
        let is_known = view.known_below(path).next().is_some();
        let is_done = marks.iter().any(|mark| mark == path) || !report.is_marked;
        if !is_known && inner.is_empty() && is_done {
            return Ok(Forgotten::default());
        }
        // The mark of a folder replaces the marks below it.
        let mut forgotten: Vec<(Vec<u8>, bool)> = marks
            .into_iter()
            .filter(|mark| is_within(mark, path))
            .map(|mark| (mark, false))
            .collect();
        forgotten.push((path.to_vec(), true));
        self.write(Transaction {
            roots: inner
                .iter()
                .map(|root| (root.path.bytes().to_vec(), None))
                .collect(),
            owes_erasure: is_known || !inner.is_empty(),
            forgotten,
            ..Transaction::default()
        })?;
        report.photos = self.finish_forgetting()?;
        Ok(report)
    }

    /// Removes the photos and failures below forgotten paths that a killed run has left, and the
    /// marks that have no root above them. Returns the number of removed photos.
    ///
    /// # Errors
    ///
    /// When a write fails.
    pub fn finish_forgetting(&mut self) -> Result<u64, IndexError> {
        let (roots, marks) = (self.catalog().roots()?, self.catalog().forgotten()?);
        let mut photos = 0;
        let mut done = Vec::new();
        for mark in marks {
            // A root below a forgotten folder was added later, and keeps its photos.
            let kept: Vec<&[u8]> = roots
                .iter()
                .map(|root| root.path.bytes())
                .filter(|root| is_within(root, &mark))
                .collect();
            photos += self.remove_below(&mark, &kept)?;
            let is_needed = roots
                .iter()
                .any(|root| is_within(&mark, root.path.bytes()) && root.path.bytes() != mark);
            if !is_needed {
                done.push((mark, false));
            }
        }
        if !done.is_empty() {
            self.write(Transaction {
                forgotten: done,
                ..Transaction::default()
            })?;
        }
        Ok(photos)
    }

    /// Removes the photos and failures below `path`, except in the folders `kept`. Returns the
    /// number of photos.
    fn remove_below(&mut self, path: &[u8], kept: &[&[u8]]) -> Result<u64, IndexError> {
        let mut photos = 0;
        loop {
            let view = self.view();
            let found = view
                .photos_below(path)
                .map(|e| e.map(|(path, _)| (path, 1)));
            let failed = view
                .failures_below(path)
                .map(|e| e.map(|(path, _)| (path, 0)));
            let is_kept = |path: &[u8]| kept.iter().any(|kept| is_within(path, kept));
            let removed: Vec<Vec<u8>> = found
                .chain(failed)
                .filter(|entry| !matches!(entry, Ok((path, _)) if is_kept(path)))
                .take(AT_A_TIME)
                .map(|entry| {
                    let (path, count) = entry?;
                    photos += count;
                    Ok(path)
                })
                .collect::<Result<_, IndexError>>()?;
            if removed.is_empty() {
                return Ok(photos);
            }
            self.commit(Batch {
                removed,
                ..Batch::default()
            })?;
        }
    }
}
