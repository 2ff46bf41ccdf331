//! Step 4: commits findings to the catalog, in batches.

mod moves;

use super::encode::Encoder;
use super::finding::{Finding, Photo};
use super::{BATCH, Event, Failed, Missing, SyncReport};
use crate::{EngineError, Scope};
use pixseek_clip::Pixels;
use pixseek_index::{Batch, FailureRecord, NewPhoto, RootState, Stamp, Writer};
use pixseek_photos::{Failure, FailureKind, WalkError, bytes_of, path_of};
use std::collections::HashSet;
use std::path::Path;

/// Number of findings without pixels in one batch; each takes little memory.
const SMALL_FINDINGS: usize = 1024;

pub(super) struct Committer<'a> {
    pub(super) report: SyncReport,
    writer: &'a mut Writer,
    encoder: Encoder<'a>,
    /// Changes that need no vector; they are committed with the next encoded photos.
    batch: Batch,
    /// Photos that wait to be encoded. Each content is here only once; its copies are in `batch`.
    waiting: Vec<(NewPhoto, Vec<Pixels>)>,
    /// Number of pictures that wait; a film has several.
    waiting_pictures: usize,
    waiting_contents: HashSet<[u8; 32]>,
    /// Whether removed photos are also erased from the index's files.
    erases: bool,
}

impl<'a> Committer<'a> {
    /// `removed` is the number of photos that the run has removed so far.
    pub(super) fn new(
        writer: &'a mut Writer,
        encoder: Encoder<'a>,
        missing: Missing,
        removed: u64,
    ) -> Self {
        Self {
            report: SyncReport {
                removed,
                ..SyncReport::default()
            },
            writer,
            encoder,
            batch: Batch::default(),
            waiting: Vec::new(),
            waiting_pictures: 0,
            waiting_contents: HashSet::new(),
            erases: missing == Missing::Forget,
        }
    }

    /// Adds a finding to the batch; encodes and commits the batch when it is full.
    pub(super) fn add(
        &mut self,
        finding: Finding,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        match finding {
            Finding::Photo(photo) => self.add_photo(*photo, on_event)?,
            Finding::Failed {
                path,
                stamp,
                failure,
            } => {
                self.report.seen += 1;
                let is_of_the_moment = failure.kind.is_of_the_moment();
                if is_of_the_moment && self.writer.view().photo(&bytes_of(&path))?.is_some() {
                    // The content is unknown, so the photo stays, as one that the walk does not
                    // reach.
                    let reason = failure.reason;
                    let error = WalkError {
                        path: path.clone(),
                        reason,
                    };
                    self.add(Finding::Unseen(error), on_event)?;
                    return self.add(Finding::Offline(path), on_event);
                }
                self.add_failure(&path, stamp, &failure, on_event);
            }
            Finding::Online(path) => self.batch.online.push(bytes_of(&path).into_owned()),
            Finding::Offline(path) => {
                let path = bytes_of(&path).into_owned();
                let photo = self.writer.view().photo(&path)?;
                // The path may be that of a failure.
                self.report.offline += u64::from(photo.is_some());
                // A photo that is already marked offline needs no commit.
                if photo.is_none_or(|photo| !photo.offline) {
                    self.batch.offline.push(path);
                }
            }
            Finding::Removed(path) => {
                let path = bytes_of(&path).into_owned();
                let photo = self.writer.view().photo(&path)?;
                self.report.removed += u64::from(photo.is_some());
                self.batch.removed.push(path);
                // In the same commit, so that the next run erases the photo if this one is killed.
                self.batch.erases |= self.erases;
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

    fn add_photo(
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
        if pixels.is_empty() {
            // The picture was not decoded, so its difference hash was not computed. Keep the hash
            // of the path's last record if that had the same content.
            if let Some(before) = self.writer.view().photo(&found.path)?
                && before.content == found.content
            {
                found.facts.difference_hash = before.facts.difference_hash;
            }
        } else if self.waiting_contents.insert(found.content) {
            self.waiting_pictures += pixels.len();
            self.waiting.push((found, pixels));
            return Ok(());
        }
        // Also a copy of a waiting photo: it needs no vectors, because the original is committed
        // before it.
        self.count_reused(&found.path)?;
        self.batch.photos.push(found);
        Ok(())
    }

    /// Counts a photo that needs no vector: at a place that the index knows it was only touched.
    fn count_reused(&mut self, path: &[u8]) -> Result<(), EngineError> {
        if self.writer.view().photo(path)?.is_some() {
            self.report.touched += 1;
        } else {
            self.report.placed += 1;
        }
        Ok(())
    }

    /// Stores whether a root was found. A new root stays new while it is offline, because its
    /// settings have not been applied yet.
    fn set_state(&mut self, root: &[u8], state: RootState) -> Result<(), EngineError> {
        let roots = self.writer.roots()?;
        let known = roots.iter().find(|known| known.path.bytes() == root);
        let stays = match known.map(|known| known.state) {
            Some(RootState::New) => state == RootState::Offline,
            Some(known) => known == state,
            // The root was forgotten while this run walked it.
            None => true,
        };
        if !stays {
            self.writer.set_root(root, state)?;
        }
        Ok(())
    }

    fn add_failure(
        &mut self,
        path: &Path,
        mut stamp: Stamp,
        failure: &Failure,
        on_event: &mut dyn FnMut(Event<'_>),
    ) {
        self.report.failed += 1;
        on_event(Event::Failed(Failed { path, failure }));
        if failure.kind.is_of_the_moment() {
            // The next run tries again, whatever the file's stamp is then.
            stamp.modified = i64::MIN;
        }
        let record = FailureRecord {
            stamp,
            kind: failure.kind,
            reason: failure.reason.clone(),
        };
        let path = bytes_of(path).into_owned();
        self.batch.failures.push((path, record));
    }

    fn flush_if_full(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), EngineError> {
        let batch = &self.batch;
        let small = batch.photos.len()
            + batch.failures.len()
            + batch.removed.len()
            + batch.offline.len()
            + batch.online.len();
        if self.waiting_pictures >= BATCH || small >= SMALL_FINDINGS {
            self.flush(on_event)?;
        }
        Ok(())
    }

    /// Encodes the waiting photos and commits the batch.
    pub(super) fn flush(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), EngineError> {
        let waiting = self.encode(on_event)?;
        // Put new contents before their copies, which have no vector of their own.
        let copies = std::mem::replace(&mut self.batch.photos, waiting);
        self.batch.photos.extend(copies);
        self.waiting_contents.clear();
        self.waiting_pictures = 0;
        if !self.batch.is_empty() {
            self.writer.commit(std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }

    /// Encodes the waiting photos and returns those that have a vector now.
    fn encode(
        &mut self,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<NewPhoto>, EngineError> {
        let (mut photos, mut fresh, mut pixels) = (Vec::new(), Vec::new(), Vec::new());
        for (photo, pictures) in std::mem::take(&mut self.waiting) {
            // A copy in an earlier batch may have stored this content's vector since.
            if self.writer.view().has_vector(&photo.content)? {
                self.count_reused(&photo.path)?;
                photos.push(photo);
            } else {
                fresh.push((photo, pictures.len()));
                pixels.extend(pictures);
            }
        }
        if pixels.is_empty() {
            return Ok(photos);
        }
        let vectors = self.encoder.encode(&pixels, self.writer, on_event)?;
        let mut vectors = vectors.into_iter();
        for (mut photo, pictures) in fresh {
            let of_photo: Result<Vec<_>, _> = vectors.by_ref().take(pictures).collect();
            match of_photo {
                Ok(of_photo) => {
                    self.report.encoded += 1;
                    let slices = of_photo.iter().map(|vector| vector.as_slice().to_vec());
                    photo.vectors = slices.collect();
                    photos.push(photo);
                }
                Err(error) => {
                    let failure = Failure::new(FailureKind::NotEncoded, error.to_string());
                    // Copies of this photo in the batch have no vector either, so they fail too.
                    for copy in remove_copies(&mut self.batch.photos, &photo.content) {
                        // They were counted before any of them was committed.
                        match self.writer.view().photo(&copy.path)? {
                            Some(_) => self.report.touched -= 1,
                            None => self.report.placed -= 1,
                        }
                        self.add_failure(&path_of(&copy.path), copy.stamp, &failure, on_event);
                    }
                    self.add_failure(&path_of(&photo.path), photo.stamp, &failure, on_event);
                }
            }
        }
        Ok(photos)
    }

    /// Commits everything so far and publishes it to searches. Returns whether there was anything to
    /// publish.
    pub(super) fn publish(
        &mut self,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<bool, EngineError> {
        self.flush(on_event)?;
        let is_new = !self.writer.is_published()?;
        if is_new {
            self.writer.publish()?;
        }
        Ok(is_new)
    }

    /// Removes offline photos that this run or an earlier one found at another path: they were
    /// moved.
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

    /// Clears the list of arrivals (paths where known content appeared) after a run over all roots.
    /// Until then, a photo may have left a folder that no run has looked at yet.
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

/// Removes and returns the photos that have this content.
fn remove_copies(photos: &mut Vec<NewPhoto>, content: &[u8; 32]) -> Vec<NewPhoto> {
    photos
        .extract_if(.., |photo| photo.content == *content)
        .collect()
}
