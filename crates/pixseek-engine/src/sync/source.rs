//! The threads that find and decode.

#[cfg(test)]
mod tests;

use super::{KnownFailures, Missing, SyncOptions};
use crate::EngineError;
use crate::budget::PixelBudget;
use crate::pixels::pixels_of;
use crossbeam_channel::{Receiver, Sender, bounded};
use pixseek_clip::{Pixels, Preprocess};
use pixseek_index::{CatalogView, IndexError, KnownVersion, RootState, Stamp};
use pixseek_photos::{
    Absence, Change, DecodeLimits, Facts, Failure, FailureKind, FileStamp, Found, Known, PhotoFile,
    Seen, Walk, WalkError, absence, bytes_of, diff, path_of,
};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Scope;

/// A file to read.
pub(super) type Work = Seen;

/// What a thread found out about a path.
pub(super) enum Outcome {
    /// Was offline, is back.
    Online,
    /// Is gone.
    Removed,
    /// Cannot be seen.
    Offline,
    /// A folder of the run was walked to its end, and found like this.
    Root(RootState),
    /// Content that may be new, ready for the model.
    Pixels(Content, Pixels),
    /// Content that has a vector.
    Known(Content),
    /// A failure of this version of the file.
    Failed(FileStamp, Failure),
    /// The walk could not go there.
    WalkError(String),
    /// The catalog failed while it was compared.
    Catalog(IndexError),
}

/// A content and what it says about itself.
pub(super) struct Content {
    pub hash: [u8; 32],
    pub stamp: FileStamp,
    pub facts: Facts,
}

/// A path and its outcome.
pub(super) struct Finding {
    pub path: PathBuf,
    pub outcome: Outcome,
}

/// The walking thread.
pub(super) struct Source<'a> {
    pub options: &'a SyncOptions,
    pub view: &'a CatalogView,
    pub work: Sender<Work>,
    pub results: Sender<Finding>,
    pub total: &'a AtomicU64,
    pub unchanged: &'a AtomicU64,
    pub stop: &'a AtomicBool,
}

/// A path's bytes and what the catalog knows of it.
type KnownEntry = Result<(Vec<u8>, KnownVersion), IndexError>;

/// Entries of the catalog that are read ahead of the walk, and how many at a time.
const CHUNKS_AHEAD: usize = 4;
const CHUNK: usize = 1024;

/// Nobody listens any more: the run has stopped.
struct Stopped;

impl<'a> Source<'a> {
    /// Walks all roots; ends early when the run stops.
    pub(super) fn run<'scope>(self, scope: &'scope Scope<'scope, 'a>) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        let mut is_counting = false;
        for root in &self.options.roots {
            let walk = Walk::new(root, &self.options.walk)?;
            let stopped = self.compare(scope, root, walk, || {
                // The first file that needs work starts a second walk that only counts, so
                // that the end can be estimated; a run without work is spared it.
                if !std::mem::replace(&mut is_counting, true) {
                    let (options, total, stop) = (self.options, self.total, self.stop);
                    scope.spawn(move || count(options, total, stop));
                }
            });
            if stopped.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn compare<'scope>(
        &self,
        scope: &'scope Scope<'scope, 'a>,
        root: &Path,
        walk: Walk,
        mut on_work: impl FnMut(),
    ) -> Result<(), Stopped> {
        let results = &self.results;
        let tell = |path: PathBuf, outcome: Outcome| {
            let finding = Finding { path, outcome };
            results.send(finding).map_err(|_| Stopped)
        };
        // Places that could not be seen since the last file that was.
        let unseen = RefCell::new(Vec::new());
        let seen = walk.filter_map(|found| match found {
            Found::File(seen) => Some(seen),
            Found::Error(WalkError { path, reason }) => {
                unseen.borrow_mut().push(path.clone());
                // When the run has stopped, the loop below notices.
                let _ = tell(path, Outcome::WalkError(reason));
                None
            }
        });
        let state = root_state(root);
        let root_bytes = bytes_of(root).into_owned();
        let view = self.view.clone();
        let (root_of_known, failures) = (root_bytes.clone(), self.options.failures);
        let (sender, chunks) = bounded::<Vec<KnownEntry>>(CHUNKS_AHEAD);
        // The catalog is read while the walk waits for the disk.
        scope.spawn(move || read_known(&view, &root_of_known, failures, &sender));
        let known = chunks.into_iter().flatten().map_while(|entry| match entry {
            Ok((path, version)) => Some(Known {
                path: path_of(&path),
                stamp: stamp_of(version.stamp),
                offline: version.offline,
            }),
            Err(error) => {
                let _ = tell(PathBuf::new(), Outcome::Catalog(error));
                None
            }
        });
        for change in diff(seen, known) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
            if !matches!(change, Change::Missing(_)) {
                unseen.borrow_mut().clear();
            }
            match change {
                Change::Added(seen) | Change::Changed(seen) => {
                    on_work();
                    self.work.send(seen).map_err(|_| Stopped)?;
                }
                Change::Unchanged(known) => {
                    self.unchanged.fetch_add(1, Ordering::Relaxed);
                    if known.offline {
                        tell(known.path, Outcome::Online)?;
                    }
                }
                Change::Missing(path) => {
                    // What lies where nothing could be seen may still be there.
                    let is_unseen = unseen.borrow().iter().any(|place| path.starts_with(place));
                    let is_removed = self.options.missing == Missing::Forget
                        || (!is_unseen && absence(&path) == Absence::Removed);
                    let outcome = if is_removed {
                        Outcome::Removed
                    } else {
                        Outcome::Offline
                    };
                    tell(path, outcome)?;
                }
            }
        }
        tell(path_of(&root_bytes), Outcome::Root(state))
    }
}

/// Sends what the catalog knows below a folder, in chunks, until nobody listens.
fn read_known(
    view: &CatalogView,
    root: &[u8],
    failures: KnownFailures,
    sender: &Sender<Vec<KnownEntry>>,
) {
    let mut known: Box<dyn Iterator<Item = KnownEntry>> = match failures {
        KnownFailures::Skip => Box::new(view.known_below(root)),
        KnownFailures::Retry => Box::new(view.known_photos_below(root)),
    };
    loop {
        let chunk: Vec<KnownEntry> = known.by_ref().take(CHUNK).collect();
        if chunk.is_empty() || sender.send(chunk).is_err() {
            return;
        }
    }
}

fn stamp_of(stamp: Stamp) -> FileStamp {
    FileStamp {
        size: stamp.size,
        modified: stamp.modified,
        changed: stamp.changed,
        identity: stamp.identity,
    }
}

/// Whether there is anything where a run is to look.
fn root_state(root: &Path) -> RootState {
    let is_there =
        root.is_file() || std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    if is_there {
        RootState::Online
    } else {
        RootState::Offline
    }
}

/// Counts the files of all roots.
fn count(options: &SyncOptions, total: &AtomicU64, stop: &AtomicBool) {
    let walks = options
        .roots
        .iter()
        .filter_map(|root| Walk::new(root, &options.walk).ok());
    for found in walks.flatten() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if matches!(found, Found::File(_)) {
            total.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A decoding thread: files in, findings out, until either end closes.
pub(super) fn decode_all(
    work: &Receiver<Work>,
    results: &Sender<Finding>,
    view: &CatalogView,
    limits: DecodeLimits,
    budget: &PixelBudget,
    preprocess: &Preprocess,
) {
    for seen in work {
        let outcome = decode(&seen, view, limits, budget, preprocess);
        let finding = Finding {
            path: seen.path,
            outcome,
        };
        if results.send(finding).is_err() {
            return;
        }
    }
}

fn decode(
    seen: &Seen,
    view: &CatalogView,
    limits: DecodeLimits,
    budget: &PixelBudget,
    preprocess: &Preprocess,
) -> Outcome {
    let file = match PhotoFile::read(&seen.path, limits) {
        Ok(file) => file,
        Err(failure) => return Outcome::Failed(seen.stamp, failure),
    };
    let content = |facts| Content {
        hash: file.hash(),
        stamp: file.stamp(),
        facts,
    };
    match view.knows(&file.hash()) {
        Err(error) => return Outcome::Catalog(error),
        Ok(true) => {
            // Facts of known content come from its header; the picture is not decoded.
            if let Ok(facts) = file.facts() {
                return Outcome::Known(content(facts));
            }
        }
        Ok(false) => {}
    }
    let _permit = budget.take(file.pixel_count());
    match guarded(|| pixels_of(&file, preprocess)) {
        Ok((pixels, facts)) => Outcome::Pixels(content(facts), pixels),
        Err(failure) => Outcome::Failed(file.stamp(), failure),
    }
}

/// A panic over one file is a failure of that file: the thread has others to decode.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let reason = "it could not be brought to the model's size";
        Err(Failure::new(FailureKind::Corrupt, reason))
    })
}
