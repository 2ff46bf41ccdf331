//! Sync brings photos into the index, in four steps:
//!
//! 1. `walk` finds the files that are new or have changed since the last run.
//! 2. `decode` reads a file: its hash, its facts and the pixels that the model takes.
//! 3. `encode` computes unit vectors from pixels.
//! 4. `commit` writes photos, failures and removals to the catalog, in batches.
//!
//! One thread walks, one thread per core decodes, and the calling thread encodes and commits.
//! Bounded channels connect them, so memory depends on the size of a batch and not on the library.

mod commit;
mod decode;
mod encode;
mod events;
mod finding;
mod options;
#[cfg(test)]
mod tests;
mod walk;

pub use events::{Event, Failed, Progress, SyncReport};
pub use options::{KnownFailures, Missing, SyncOptions};

use crate::{Calibration, EngineError, Index, Scope};
use commit::Committer;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use decode::decode_all;
use encode::Encoder;
use finding::Finding;
use pixseek_clip::{ComputeDevice, Model, Preprocess};
use pixseek_index::{CatalogView, IndexError, Writer};
use pixseek_photos::Decoders;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use walk::{Counts, Walker};

/// Number of photos that are encoded and committed together: large enough to be efficient for the
/// model and for one `fsync`, small enough that a killed run loses little.
const BATCH: usize = 64;

/// Capacity of each channel, in files and findings: one batch ahead of the model.
const WAITING: usize = BATCH;

/// The first publication of a run comes early, so that a new library can be searched.
const FIRST_PUBLISH: Duration = Duration::from_secs(2);
/// A long run publishes its progress to searches this often.
const PUBLISH_EVERY: Duration = Duration::from_secs(30);

/// A batch that is not full is flushed after this time.
const BATCH_WAITS: Duration = Duration::from_secs(2);

/// Brings the index up to date with the roots.
///
/// Calls `device` once, when the first photo needs the model. The caller may set `stop` at any
/// time: the batch in flight is committed and published, and the next run continues from there.
///
/// # Errors
///
/// Fails when the index cannot be written or the model fails. All batches before are kept.
pub fn sync(
    index: &mut Index,
    model: &Model,
    device: &dyn Fn() -> ComputeDevice,
    options: &SyncOptions,
    stop: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<SyncReport, EngineError> {
    let writer = &mut index.writer;
    // Remove the photos that a killed `forget` left.
    let removed = writer.finish_forgetting()?;
    let scopes = walk::scopes(writer, options)?;
    // Look before this run removes rows: their photos may be on the way to another folder, and if
    // they arrive there in the next run, they keep their vectors.
    let was_sparse = writer.manifest().is_sparse();

    let folder = writer.index().to_path_buf();
    let run = Run {
        options,
        scopes: &scopes,
        view: writer.view(),
        index: &folder,
        model,
        preprocess: &model.config().preprocess,
        decoders: options.decoders(),
        counts: Counts::default(),
        stop,
    };
    let mut committer = Committer::new(
        writer,
        Encoder::new(model, device),
        options.missing,
        removed,
    );
    let stepped = match run.steps(&mut committer, on_event) {
        // After a failed write, write nothing more: the next run opens the index at the last valid
        // commit, and the first error names the cause.
        Err(error @ EngineError::Index(_)) => return Err(error),
        stepped => stepped,
    };
    let is_whole = stepped.is_ok() && !committer.report.stopped;
    if is_whole {
        committer.remove_moved(on_event)?;
        committer.forget_arrivals(&scopes)?;
    }
    let report = run.counts.added_to(committer.report);
    if is_whole && options.missing == Missing::Forget {
        writer.forget_contents()?;
    }
    // Publish even if the model failed or the run was stopped, and also what a killed run
    // committed.
    let published = publish(writer, on_event);
    stepped?;
    published?;
    if is_whole {
        // Compaction closes the catalog, which is impossible while `run` holds a view of it.
        drop(run);
        // Erase forgotten photos from the disk before returning, also those that an interrupted run
        // left.
        if writer.manifest().owes_erasure || was_sparse && writer.manifest().is_sparse() {
            compact(writer, stop, on_event)?;
        }
        Calibration::refresh(writer.index(), model, &ComputeDevice::cpu(), stop)?;
        writer.extend_graph(stop, &mut |progress| on_event(Event::Graph(progress)))?;
    }
    Ok(report)
}

/// The state that the steps of a run share.
struct Run<'a> {
    options: &'a SyncOptions,
    scopes: &'a [Scope],
    view: CatalogView,
    index: &'a Path,
    model: &'a Model,
    preprocess: &'a Preprocess,
    decoders: Decoders,
    counts: Counts,
    stop: &'a AtomicBool,
}

impl Run<'_> {
    /// Walks, decodes and encodes side by side until the walk ends or the run is stopped.
    fn steps(
        &self,
        committer: &mut Committer<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let (to_decode, files) = bounded(WAITING);
            let (tell, findings) = bounded(WAITING);
            for number in 0..threads {
                let (files, tell) = (files.clone(), tell.clone());
                std::thread::Builder::new()
                    .name(format!("decode-{number}"))
                    .spawn_scoped(scope, move || decode_all(self, &files, &tell))
                    .map_err(|_| EngineError::Worker)?;
            }
            drop(files);
            let walker = Walker {
                run: self,
                files: to_decode,
                findings: tell,
            };
            let walker = scope.spawn(move || walker.walk_all(scope));
            self.commit_all(&findings, committer, on_event)?;
            // Dropping the receiver ends the other threads.
            drop(findings);
            if let Some(workers) = &self.decoders.workers
                && committer.report.stopped
            {
                // Nobody receives the failures that this makes of the files on the way.
                workers.end();
            }
            walker.join().map_err(|_| EngineError::Worker)?
        })
    }

    /// Commits the findings of the other threads, and publishes them at intervals.
    fn commit_all(
        &self,
        findings: &Receiver<Finding>,
        committer: &mut Committer<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), EngineError> {
        let (mut last_publish, mut wait) = (Instant::now(), FIRST_PUBLISH);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                committer.report.stopped = true;
                break;
            }
            match findings.recv_timeout(BATCH_WAITS) {
                Ok(finding) => committer.add(finding, on_event)?,
                Err(RecvTimeoutError::Timeout) => committer.flush(on_event)?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            on_event(Event::Progress(Progress {
                report: self.counts.added_to(committer.report),
                total: self.counts.total(),
            }));
            if last_publish.elapsed() > wait {
                if committer.publish(on_event)? {
                    // The end of the run measures again, and reports errors. Until then searches
                    // have scores, and an interrupted run leaves them.
                    let on = ComputeDevice::cpu();
                    let _ = Calibration::refresh(self.index, self.model, &on, self.stop);
                    wait = PUBLISH_EVERY;
                }
                last_publish = Instant::now();
            }
        }
        committer.flush(on_event)
    }
}

fn publish(writer: &mut Writer, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), EngineError> {
    if !writer.is_published()? {
        on_event(Event::Publishing);
        writer.publish()?;
    }
    Ok(())
}

/// Compacts an index. Compacting needs free space, and a full disk does not fail the run: all
/// photos are still found, and the next run tries again.
fn compact(
    writer: &mut Writer,
    stop: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<(), EngineError> {
    on_event(Event::Compacting);
    match writer.compact(stop) {
        Ok(Some(report)) => on_event(Event::Compacted(report)),
        Ok(None) => {}
        Err(error @ IndexError::Uncertain(_)) => return Err(error.into()),
        Err(error) => on_event(Event::NotCompacted(&error)),
    }
    Ok(())
}
