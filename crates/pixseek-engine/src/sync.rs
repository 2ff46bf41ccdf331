//! Photos into the index: walk, diff, decode, encode, commit, publish.
//!
//! One thread walks, one for each core decodes, and the calling thread encodes and commits.
//! Bounded channels lie between them, so memory depends on the batch and not on the library.

mod batch;
mod parts;
mod source;
#[cfg(test)]
mod tests;

use crate::{Calibration, CommonRules, EngineError, Roots, Scope};
use batch::Batcher;
use crossbeam_channel::{RecvTimeoutError, bounded};
use pixseek_clip::{ComputeDevice, Model, Precision};
use pixseek_index::{GraphProgress, IndexError, RemakeReport, RootSettings, Writer};
use pixseek_photos::{Budget, DecodeLimits, Failure, WalkError, bytes_of};
use source::{Counts, Source, Work, decode_all};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Photos that are encoded and committed together: large enough for the model and for one
/// `fsync`, small enough that a kill loses little.
const BATCH: usize = 64;

/// Decoded photos that may wait for the model: one batch ahead.
const WAITING: usize = BATCH;

/// Searches see the progress of a long run this often.
const PUBLISH_EVERY: Duration = Duration::from_secs(30);

/// A batch does not wait longer than this for more photos.
const BATCH_WAITS: Duration = Duration::from_secs(2);

/// What to bring up to date, and how.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Folders to look at, absolute: roots, or folders below them; one that lies in no root
    /// becomes one. None: all roots.
    pub roots: Vec<PathBuf>,
    /// What every walk leaves out, beside what the settings of its root do.
    pub common: CommonRules,
    /// What one file may cost.
    pub decode: DecodeLimits,
    /// Try the files again that failed before.
    pub failures: KnownFailures,
    /// What becomes of photos that are not seen.
    pub missing: Missing,
    /// The precision of an index that has none yet. `None`: the fastest that is right.
    pub precision: Option<Precision>,
}

/// What to do with photos whose folder is missing or empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Keep them, marked: their drive may come back.
    #[default]
    Keep,
    /// Forget them, and all vectors that no photo has.
    Forget,
}

/// What to do with files that failed before and have not changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KnownFailures {
    /// Leave them.
    #[default]
    Skip,
    /// Try them again.
    Retry,
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Files seen that may be photos.
    pub seen: u64,
    /// Of them, unchanged since the last run.
    pub unchanged: u64,
    /// Photos that were encoded.
    pub encoded: u64,
    /// Photos whose content was known: moved, copied or touched.
    pub known_content: u64,
    /// Files that failed now.
    pub failed: u64,
    /// Photos that are gone.
    pub removed: u64,
    /// Photos that cannot be seen now and are kept.
    pub offline: u64,
    /// Places that the walk could not see.
    pub walk_errors: u64,
    /// Whether the run was stopped before its end.
    pub stopped: bool,
}

impl SyncReport {
    /// Unchanged files are only counted, by the thread that walks.
    fn with(mut self, counts: &Counts) -> Self {
        self.unchanged = counts.unchanged.load(Ordering::Relaxed);
        self.seen += self.unchanged;
        self
    }
}

/// A file that failed in this run.
#[derive(Debug)]
pub struct Failed<'a> {
    /// Its path.
    pub path: &'a std::path::Path,
    /// Why.
    pub failure: &'a Failure,
}

/// Where a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Counts so far.
    pub report: SyncReport,
    /// Files in all, as far as they have been counted.
    pub total: u64,
}

/// What a run tells while it goes.
#[derive(Debug)]
pub enum Event<'a> {
    /// The device that encodes, when something is to be encoded.
    Device(&'a ComputeDevice),
    /// Why the processor encodes in that device's place.
    Processor(&'a str),
    /// No device of this machine computes in the precision of the index: photos are encoded in
    /// the one that is used.
    OtherPrecision {
        /// The precision of the index.
        of_index: Precision,
        /// The one that is used.
        used: Precision,
    },
    /// Counts.
    Progress(Progress),
    /// A file that failed.
    Failed(Failed<'a>),
    /// A photo of which a part was not read, and why, in words.
    Unread {
        /// The photo.
        path: &'a std::path::Path,
        /// The reason.
        why: &'a str,
    },
    /// A place that the walk could not see.
    Walk(&'a WalkError),
    /// What was committed is made visible.
    Publishing,
    /// The index is written again without the rows that have no photo; searches go on.
    Compacting,
    /// It was, and this was left out.
    Compacted(RemakeReport),
    /// It could not be; all photos are found as before, and the next run tries again.
    NotCompacted(&'a IndexError),
    /// A graph is being built, after all is visible.
    Graph(GraphProgress),
}

/// Brings the index up to date with the roots.
///
/// `device` is called once, when the first photo needs the model. `stop` may be set at any
/// time: the batch in flight is committed and published, and the next run goes on from there.
///
/// # Errors
///
/// When the index cannot be written or the model fails. All batches before are kept.
pub fn sync(
    writer: &mut Writer,
    model: &Model,
    device: &dyn Fn() -> ComputeDevice,
    options: &SyncOptions,
    stop: &AtomicBool,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<SyncReport, EngineError> {
    // What a run that was killed has not come to remove.
    let forgotten = writer.finish_forgetting()?;
    let scopes = scopes(writer, options)?;
    if let Some(precision) = options.precision {
        set_precision(writer, model, precision)?;
    }
    // Of the state that the run before has left: what only this run takes out may be on its way
    // to another folder, and is not encoded again if it comes back in the next one.
    let was_sparse = writer.manifest().is_sparse();
    let counts = Counts::default();
    let budget = Budget::default();
    let view = writer.view();
    let preprocess = model.config().preprocess.clone();
    let mut batcher = Batcher::new(writer, model, device);
    batcher.report.removed = forgotten;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);

    let walked = std::thread::scope(|scope| {
        let (work_sender, work) = bounded::<Work>(WAITING);
        let (result_sender, results) = bounded(WAITING);
        let mut decoders = Vec::new();
        for number in 0..threads {
            let (work, results) = (work.clone(), result_sender.clone());
            let (view, budget, preprocess) = (&view, &budget, &preprocess);
            let decoder = std::thread::Builder::new()
                .name(format!("decode-{number}"))
                .spawn_scoped(scope, move || {
                    decode_all(&work, &results, view, options.decode, budget, preprocess);
                });
            decoders.push(decoder.map_err(|_| EngineError::Worker)?);
        }
        drop(work);
        let source = Source {
            options,
            scopes: &scopes,
            view: &view,
            work: work_sender,
            results: result_sender,
            counts: &counts,
            stop,
        };
        let walker = scope.spawn(move || source.run(scope));

        let mut last_publish = Instant::now();
        loop {
            if stop.load(Ordering::Relaxed) {
                batcher.report.stopped = true;
                break;
            }
            match results.recv_timeout(BATCH_WAITS) {
                Ok(result) => batcher.take(result, on_event)?,
                Err(RecvTimeoutError::Timeout) => batcher.flush(on_event)?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            on_event(Event::Progress(Progress {
                report: batcher.report.with(&counts),
                total: counts.total(),
            }));
            if last_publish.elapsed() > PUBLISH_EVERY {
                batcher.flush(on_event)?;
                batcher.publish()?;
                last_publish = Instant::now();
            }
        }
        batcher.flush(on_event)?;
        // The threads end when nobody listens any more.
        drop(results);
        walker.join().map_err(|_| EngineError::Worker)?
    });
    // After a failed write nothing more is written: the next run opens the index at the last
    // commit that counts, and the first error says why.
    let walked = match walked {
        Err(error @ EngineError::Index(_)) => return Err(error),
        walked => walked,
    };
    if walked.is_ok() && !batcher.report.stopped {
        batcher.settle(&scopes, on_event)?;
    }
    let report = batcher.report.with(&counts);
    if walked.is_ok() && options.missing == Missing::Forget && !report.stopped {
        writer.forget_contents()?;
    }
    // What was committed before the model failed counts too, and what a run before this one
    // committed and did not come to publish.
    let published = publish(writer, on_event);
    walked?;
    published?;
    if !report.stopped {
        // A second hand on the catalog would keep it from being closed.
        drop(view);
        // What was forgotten is gone when this returns, and what an ended run owed too.
        if writer.manifest().owes_erasure || was_sparse && writer.manifest().is_sparse() {
            compact(writer, stop, on_event)?;
        }
        Calibration::refresh(writer.index(), model, &ComputeDevice::cpu())?;
        writer.extend_graph(stop, &mut |progress| on_event(Event::Graph(progress)))?;
    }
    Ok(report)
}

fn publish(writer: &mut Writer, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), EngineError> {
    if !writer.is_published()? {
        on_event(Event::Publishing);
        writer.publish()?;
    }
    Ok(())
}

/// Takes the precision that a person asked for. An index has one for all of its photos.
fn set_precision(
    writer: &mut Writer,
    model: &Model,
    precision: Precision,
) -> Result<(), EngineError> {
    let is_new = writer.manifest().precision.is_none();
    if is_new && !model.computes_in(precision, &ComputeDevice::cpu()) {
        return Err(EngineError::NoPrecision {
            model: model.name().into(),
            precision,
        });
    }
    Ok(writer.set_precision(precision.name())?)
}

/// The walks of a run.
fn scopes(writer: &mut Writer, options: &SyncOptions) -> Result<Vec<Scope>, EngineError> {
    let roots = Roots::of(writer, &options.common)?;
    let new = options
        .roots
        .iter()
        .filter(|folder| !roots.is_within(folder));
    for folder in new {
        writer.set_settings(&bytes_of(folder), RootSettings::default())?;
    }
    Ok(Roots::of(writer, &options.common)?.scopes(&options.roots))
}

/// Compacts an index. A full disk, which compacting needs most of, is no reason to fail: all photos
/// are found as before, and the next run tries again.
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
