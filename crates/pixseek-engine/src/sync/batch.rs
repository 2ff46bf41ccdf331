//! The calling thread's part: findings into batches, through the model, into the catalog.

use super::parts::in_parts;
use super::source::{Content, Finding, Outcome};
use super::{BATCH, Event, Failed, SyncReport};
use crate::{EngineError, Scope, precision_of};
use pixseek_clip::{ComputeDevice, ImageEncoder, Model, Pixels};
use pixseek_index::{
    Batch, CatalogView, FailureRecord, FoundPhoto, PhotoRecord, RootState, Writer,
};
use pixseek_photos::{Failure, FailureKind, WalkError, bytes_of, path_of};
use pixseek_record::Stamp;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Findings without pixels are small; this many make a batch.
const SMALL_FINDINGS: usize = 1024;

/// Photos that the precision of the others is chosen with.
const SAMPLE: usize = 8;

pub(super) struct Batcher<'a> {
    pub(super) report: SyncReport,
    writer: &'a mut Writer,
    model: &'a Model,
    device: &'a dyn Fn() -> ComputeDevice,
    encoder: Option<ImageEncoder>,
    /// Photos that the device has room for at one time.
    largest: usize,
    batch: Batch,
    waiting: Vec<(PathBuf, Content, Pixels)>,
    waiting_hashes: HashSet<[u8; 32]>,
}

impl<'a> Batcher<'a> {
    pub(super) fn new(
        writer: &'a mut Writer,
        model: &'a Model,
        device: &'a dyn Fn() -> ComputeDevice,
    ) -> Self {
        Self {
            report: SyncReport::default(),
            writer,
            model,
            device,
            encoder: None,
            largest: BATCH,
            batch: Batch::default(),
            waiting: Vec::new(),
            waiting_hashes: HashSet::new(),
        }
    }

    /// Takes a finding; commits when a batch is full.
    pub(super) fn take(
        &mut self,
        finding: Finding,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        let Finding { path, outcome } = finding;
        if let Outcome::Known(content) | Outcome::Pixels(content, _) = &outcome
            && let Some(why) = &content.facts.unread
        {
            on_event(Event::Unread { path: &path, why });
        }
        let report = &mut self.report;
        match outcome {
            Outcome::Online => {
                self.batch.online.push(bytes_of(&path).into_owned());
            }
            Outcome::Removed => {
                report.removed += 1;
                self.batch.removed.push(bytes_of(&path).into_owned());
            }
            Outcome::Offline => {
                report.offline += 1;
                let bytes = bytes_of(&path).into_owned();
                // Once marked, it needs no second commit.
                if !self
                    .writer
                    .view()
                    .photo(&bytes)?
                    .is_some_and(|photo| photo.offline)
                {
                    self.batch.offline.push(bytes);
                }
            }
            Outcome::Root(state) => {
                self.set_state(&bytes_of(&path), state)?;
            }
            Outcome::Known(content) => {
                report.seen += 1;
                report.known_content += 1;
                let mut photo = found(&path, content, None);
                // Its picture was not decoded now, and is the one that the path had before.
                if let Some(before) = self.writer.view().photo(&photo.path)?
                    && before.content == photo.content
                {
                    photo.facts.difference_hash = before.facts.difference_hash;
                }
                self.batch.photos.push(photo);
            }
            Outcome::Pixels(content, pixels) => {
                report.seen += 1;
                if self.waiting_hashes.insert(content.hash) {
                    self.waiting.push((path, content, pixels));
                } else {
                    // Its twin is in this batch and comes first.
                    report.known_content += 1;
                    self.batch.photos.push(found(&path, content, None));
                }
            }
            Outcome::Failed(stamp, failure) => {
                report.seen += 1;
                self.fail(&path, stamp, &failure, on_event)?;
            }
            Outcome::WalkError(reason) => {
                report.walk_errors += 1;
                on_event(Event::Walk(&WalkError { path, reason }));
            }
            Outcome::Catalog(error) => return Err(error.into()),
        }
        if self.waiting.len() >= BATCH || self.small_findings() >= SMALL_FINDINGS {
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
        self.waiting_hashes.clear();
        if !self.batch.is_empty() {
            self.writer.commit(std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }

    /// Ends a run that saw all its folders: photos that are missing with their folder, and
    /// that arrived elsewhere as the same file, were moved and not lost from sight.
    pub(super) fn settle(
        &mut self,
        scopes: &[Scope],
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        let view = self.writer.view();
        let any_offline = self.report.offline + self.writer.manifest().offline > 0;
        if view.has_arrivals() && any_offline {
            // In all folders: a whole one may have been renamed and named anew.
            for entry in view.photos_below(b"") {
                let (path, photo) = entry?;
                if !photo.offline {
                    continue;
                }
                if has_moved(&view, &path, &photo)? {
                    self.report.offline = self.report.offline.saturating_sub(1);
                    self.report.removed += 1;
                    self.batch.removed.push(path);
                }
                if self.small_findings() >= SMALL_FINDINGS {
                    self.flush(on_event)?;
                }
            }
            self.flush(on_event)?;
        }
        // A photo may have left a folder that this run did not look at.
        let is_of_all = self.writer.roots()?.iter().all(|known| {
            let known = path_of(known.path.bytes());
            scopes.iter().any(|scope| scope.start == known)
        });
        if is_of_all {
            self.writer.clear_arrivals()?;
        }
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

    /// Makes what is committed visible to searches.
    pub(super) fn publish(&mut self) -> Result<(), EngineError> {
        Ok(self.writer.publish()?)
    }

    fn encode(
        &mut self,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<FoundPhoto>, EngineError> {
        let mut photos = Vec::new();
        let mut contents = Vec::new();
        let mut pixels = Vec::new();
        for (path, content, image) in std::mem::take(&mut self.waiting) {
            // Committed since it was decoded: by a copy in the batch before.
            if self.writer.view().knows(&content.hash)? {
                self.report.known_content += 1;
                photos.push(found(&path, content, None));
            } else {
                contents.push((path, content));
                pixels.push(image);
            }
        }
        if pixels.is_empty() {
            return Ok(photos);
        }
        let encoder = if let Some(encoder) = &self.encoder {
            encoder
        } else {
            let device = (self.device)();
            on_event(Event::Device(&device));
            let sample = &pixels[..pixels.len().min(SAMPLE)];
            let of_index = precision_of(self.writer.manifest())?;
            let chosen = self.model.choose_image_encoder(of_index, &device, sample)?;
            if let Some(why) = chosen.why_processor {
                on_event(Event::Processor(&why));
            }
            let used = chosen.encoder.precision();
            match of_index {
                None => self.writer.set_precision(used.name())?,
                Some(of_index) if of_index != used => {
                    on_event(Event::OtherPrecision { of_index, used });
                }
                Some(_) => {}
            }
            self.encoder.insert(chosen.encoder)
        };
        let vectors = in_parts(&pixels, &mut self.largest, |part| encoder.encode(part))?;
        for ((path, content), vector) in contents.into_iter().zip(vectors) {
            match vector {
                Ok(vector) => {
                    self.report.encoded += 1;
                    photos.push(found(&path, content, Some(vector.as_slice().to_vec())));
                }
                Err(error) => {
                    let failure = Failure::new(FailureKind::NotEncoded, error.to_string());
                    // Its copies wait in the batch, and have no vector either.
                    for copy in take_copies(&mut self.batch.photos, &content.hash) {
                        let path = path_of(&copy.path);
                        self.report.known_content -= 1;
                        self.fail(&path, copy.stamp, &failure, on_event)?;
                    }
                    self.fail(&path, content.stamp, &failure, on_event)?;
                }
            }
        }
        Ok(photos)
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

    fn small_findings(&self) -> usize {
        let batch = &self.batch;
        batch.photos.len()
            + batch.failures.len()
            + batch.removed.len()
            + batch.offline.len()
            + batch.online.len()
    }
}

/// Takes the photos of one content out of a list.
fn take_copies(photos: &mut Vec<FoundPhoto>, content: &[u8; 32]) -> Vec<FoundPhoto> {
    photos
        .extract_if(.., |photo| photo.content == *content)
        .collect()
}

/// Whether a photo that cannot be seen is the same file as one that was found at another path.
/// A copy is another file: what it was made of is still there when its drive comes back.
fn has_moved(view: &CatalogView, path: &[u8], photo: &PhotoRecord) -> Result<bool, EngineError> {
    if photo.stamp.identity == 0 {
        return Ok(false);
    }
    for arrival in view.arrivals(&photo.content, photo.stamp.identity) {
        let arrival = arrival?;
        if arrival == path {
            continue;
        }
        if let Some(arrived) = view.photo(&arrival)?
            && !arrived.offline
            && arrived.content == photo.content
            && is_same_file(&arrived.stamp, &photo.stamp)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A move keeps the identity, the size and the content's time.
fn is_same_file(a: &Stamp, b: &Stamp) -> bool {
    (a.identity, a.size, a.modified) == (b.identity, b.size, b.modified)
}

fn found(path: &Path, content: Content, vector: Option<Vec<f32>>) -> FoundPhoto {
    FoundPhoto {
        path: bytes_of(path).into_owned(),
        content: content.hash,
        stamp: content.stamp,
        facts: content.facts.facts,
        vector,
    }
}
