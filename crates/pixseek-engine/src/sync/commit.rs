//! Step 4: findings to the catalog, in batches.

mod moves;

use super::encode::Encoder;
use super::finding::{Finding, Photo};
use super::{BATCH, Event, Failed, SyncReport};
use crate::{EngineError, Scope};
use pixseek_clip::Pixels;
use pixseek_index::{Batch, FailureRecord, FoundPhoto, RootState, Stamp, Writer};
use pixseek_photos::{Failure, FailureKind, bytes_of, path_of};
use std::collections::HashSet;
use std::path::Path;

/// Findings without pixels are small; this many make a batch.
const SMALL_FINDINGS: usize = 1024;

pub(super) struct Committer<'a> {
    pub(super) report: SyncReport,
    writer: &'a mut Writer,
    encoder: Encoder<'a>,
    /// What needs no vector: it is committed with the photos that wait for one.
    batch: Batch,
    /// Photos that wait to be encoded, each content once.
    waiting: Vec<(FoundPhoto, Pixels)>,
    waiting_contents: HashSet<[u8; 32]>,
}

impl<'a> Committer<'a> {
    /// `removed` is how many photos the run has removed so far.
    pub(super) fn new(writer: &'a mut Writer, encoder: Encoder<'a>, removed: u64) -> Self {
        Self {
            report: SyncReport {
                removed,
                ..SyncReport::default()
            },
            writer,
            encoder,
            batch: Batch::default(),
            waiting: Vec::new(),
            waiting_contents: HashSet::new(),
        }
    }

    /// Takes a finding; commits when a batch is full.
    pub(super) fn take(
        &mut self,
        finding: Finding,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        match finding {
            Finding::Photo(photo) => self.take_photo(*photo, on_event)?,
            Finding::Failed {
                path,
                stamp,
                failure,
            } => {
                self.report.seen += 1;
                self.fail(&path, stamp, &failure, on_event)?;
            }
            Finding::Online(path) => self.batch.online.push(bytes_of(&path).into_owned()),
            Finding::Offline(path) => {
                self.report.offline += 1;
                let path = bytes_of(&path).into_owned();
                let photo = self.writer.view().photo(&path)?;
                // Once marked, it needs no second commit.
                if photo.is_none_or(|photo| !photo.offline) {
                    self.batch.offline.push(path);
                }
            }
            Finding::Removed(path) => {
                self.report.removed += 1;
                self.batch.removed.push(bytes_of(&path).into_owned());
            }
            Finding::Root(path, state) => self.set_state(&bytes_of(&path), state)?,
            Finding::Unseen(error) => {
                self.report.walk_errors += 1;
                on_event(Event::Walk(&error));
            }
            Finding::Catalog(error) => return Err(error.into()),
        }
        self.flush_if_full(on_event)
    }

    fn take_photo(
        &mut self,
        photo: Photo,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        let Photo {
            mut found,
            pixels,
            unread,
        } = photo;
        if let Some(why) = &unread {
            let path = &path_of(&found.path);
            on_event(Event::Unread { path, why });
        }
        self.report.seen += 1;
        match pixels {
            Some(pixels) if self.waiting_contents.insert(found.content) => {
                self.waiting.push((found, pixels));
                return Ok(());
            }
            // A copy of one that waits, which is committed first.
            Some(_) => {}
            None => {
                // The difference hash is of the picture, which was not decoded now. It is the one
                // that the path had, if that had the same content.
                if let Some(before) = self.writer.view().photo(&found.path)?
                    && before.content == found.content
                {
                    found.facts.difference_hash = before.facts.difference_hash;
                }
            }
        }
        self.report.reused += 1;
        self.batch.photos.push(found);
        Ok(())
    }

    /// Remembers how a root was found. New settings are not done with while it is offline.
    fn set_state(&mut self, root: &[u8], state: RootState) -> Result<(), EngineError> {
        let roots = self.writer.roots()?;
        let known = roots.iter().find(|known| known.path.bytes() == root);
        let stays = match known.map(|known| known.state) {
            Some(RootState::New) => state == RootState::Offline,
            Some(known) => known == state,
            // It was forgotten meanwhile.
            None => true,
        };
        if !stays {
            self.writer.set_root(root, state)?;
        }
        Ok(())
    }

    fn fail(
        &mut self,
        path: &Path,
        mut stamp: Stamp,
        failure: &Failure,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        self.report.failed += 1;
        on_event(Event::Failed(Failed { path, failure }));
        let bytes = bytes_of(path).into_owned();
        if failure.kind == FailureKind::Unreadable {
            // Nothing is known about the content: a photo that was indexed stays, and the
            // next run tries again whatever the stamp says.
            if self.writer.view().photo(&bytes)?.is_some() {
                self.batch.offline.push(bytes);
                return Ok(());
            }
            stamp.modified = i64::MIN;
        }
        let record = FailureRecord {
            stamp,
            reason: failure.reason.clone(),
            advice: failure.advice().into(),
        };
        self.batch.failures.push((bytes, record));
        Ok(())
    }

    fn flush_if_full(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), EngineError> {
        let batch = &self.batch;
        let small = batch.photos.len()
            + batch.failures.len()
            + batch.removed.len()
            + batch.offline.len()
            + batch.online.len();
        if self.waiting.len() >= BATCH || small >= SMALL_FINDINGS {
            self.flush(on_event)?;
        }
        Ok(())
    }

    /// Encodes and commits what is there.
    pub(super) fn flush(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), EngineError> {
        let waiting = self.encode(on_event)?;
        // New content goes in front of its copies, which have no vector of their own.
        let copies = std::mem::replace(&mut self.batch.photos, waiting);
        self.batch.photos.extend(copies);
        self.waiting_contents.clear();
        if !self.batch.is_empty() {
            self.writer.commit(std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }

    /// The photos that waited, with their vectors.
    fn encode(
        &mut self,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<FoundPhoto>, EngineError> {
        let (mut photos, mut fresh, mut pixels) = (Vec::new(), Vec::new(), Vec::new());
        for (photo, picture) in std::mem::take(&mut self.waiting) {
            // A copy in the batch before has brought a vector since this one was decoded.
            if self.writer.view().has_vector(&photo.content)? {
                self.report.reused += 1;
                photos.push(photo);
            } else {
                fresh.push(photo);
                pixels.push(picture);
            }
        }
        if pixels.is_empty() {
            return Ok(photos);
        }
        let vectors = self.encoder.encode(&pixels, self.writer, on_event)?;
        for (mut photo, vector) in fresh.into_iter().zip(vectors) {
            match vector {
                Ok(vector) => {
                    self.report.encoded += 1;
                    photo.vector = Some(vector.as_slice().to_vec());
                    photos.push(photo);
                }
                Err(error) => {
                    let failure = Failure::new(FailureKind::NotEncoded, error.to_string());
                    // Its copies wait in the batch, and have no vector either.
                    for copy in take_copies(&mut self.batch.photos, &photo.content) {
                        self.report.reused -= 1;
                        self.fail(&path_of(&copy.path), copy.stamp, &failure, on_event)?;
                    }
                    self.fail(&path_of(&photo.path), photo.stamp, &failure, on_event)?;
                }
            }
        }
        Ok(photos)
    }

    /// Commits what is there and makes it visible to searches.
    pub(super) fn publish(
        &mut self,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        self.flush(on_event)?;
        Ok(self.writer.publish()?)
    }

    /// Removes offline photos that this run or one before found at another path: they were moved,
    /// and not lost from sight.
    pub(super) fn remove_moved(
        &mut self,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        if self.report.offline + self.writer.manifest().offline == 0 {
            return Ok(());
        }
        for path in moves::moved(&self.writer.view()) {
            self.report.offline = self.report.offline.saturating_sub(1);
            self.report.removed += 1;
            self.batch.removed.push(path?);
            self.flush_if_full(on_event)?;
        }
        self.flush(on_event)
    }

    /// Forgets where known content was found anew, after a run over all roots. Before that, a
    /// photo may have left a folder that no run has looked at yet.
    pub(super) fn forget_arrivals(&self, scopes: &[Scope]) -> Result<(), EngineError> {
        let is_of_all = self.writer.roots()?.iter().all(|root| {
            let root = path_of(root.path.bytes());
            scopes.iter().any(|scope| scope.start == root)
        });
        if is_of_all {
            self.writer.clear_arrivals()?;
        }
        Ok(())
    }
}

/// Takes the photos of one content out of a list.
fn take_copies(photos: &mut Vec<FoundPhoto>, content: &[u8; 32]) -> Vec<FoundPhoto> {
    photos
        .extract_if(.., |photo| photo.content == *content)
        .collect()
}
