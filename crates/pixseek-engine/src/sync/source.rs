//! The threads that find and decode.

#[cfg(test)]
mod tests;

use super::{KnownFailures, Missing, SyncOptions};
use crate::pixels::pixels_of;
use crate::{EngineError, Scope};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use pixseek_clip::{Pixels, Preprocess};
use pixseek_index::{CatalogView, IndexError, KnownVersion, RootState};
use pixseek_photos::{
    Absence, Budget, Change, DecodeLimits, Failure, FailureKind, FileFacts, Found, Known, LeftOut,
    PhotoFile, Rules, Seen, Walk, WalkError, absence, bytes_of, diff, path_of,
};
use pixseek_record::Stamp;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Scope as Threads;

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
    Failed(Stamp, Failure),
    /// The walk could not go there.
    WalkError(String),
    /// The catalog failed while it was compared.
    Catalog(IndexError),
}

/// A content and what it says about itself.
pub(super) struct Content {
    pub hash: [u8; 32],
    pub stamp: Stamp,
    pub facts: FileFacts,
}

/// A path and its outcome.
pub(super) struct Finding {
    pub path: PathBuf,
    pub outcome: Outcome,
}

/// The walking thread.
pub(super) struct Source<'a> {
    pub options: &'a SyncOptions,
    pub scopes: &'a [Scope],
    pub view: &'a CatalogView,
    pub work: Sender<Work>,
    pub results: Sender<Finding>,
    pub counts: &'a Counts,
    pub stop: &'a AtomicBool,
}

/// Files of a run, as far as they have been counted.
#[derive(Default)]
pub(super) struct Counts {
    /// Files with the stamp that is known.
    pub unchanged: AtomicU64,
    /// Files that the walk has come to.
    walked: AtomicU64,
    /// Files that a walk which only counts has come to.
    counted: AtomicU64,
    /// The walk that counts has begun.
    has_begun: AtomicBool,
    /// The other walk is over: nothing more is to be counted.
    is_over: AtomicBool,
}

impl Counts {
    /// Files in all, as far as is known; 0 while nobody counts.
    pub(super) fn total(&self) -> u64 {
        let walked = self.walked.load(Ordering::Relaxed);
        let counted = self.counted.load(Ordering::Relaxed);
        if self.is_over.load(Ordering::Relaxed) || counted > 0 {
            walked.max(counted)
        } else {
            0
        }
    }
}

/// A path's bytes and what the catalog knows of it.
type KnownEntry = Result<(Vec<u8>, KnownVersion), IndexError>;

/// Entries of the catalog that are read ahead of the walk, and how many at a time.
const CHUNKS_AHEAD: usize = 4;
const CHUNK: usize = 1024;

/// Nobody listens any more: the run has stopped.
struct Stopped;

impl<'a> Source<'a> {
    /// Walks all scopes; ends early when the run stops.
    pub(super) fn run<'scope>(self, threads: &'scope Threads<'scope, 'a>) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        let walked = self.walk_all(threads);
        self.counts.is_over.store(true, Ordering::Relaxed);
        walked
    }

    fn walk_all<'scope>(&self, threads: &'scope Threads<'scope, 'a>) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        for scope in self.scopes {
            // Where the root's walk does not come to the start, nothing is known about it.
            if let Some(walk) = scope.walk()?
                && self.compare(threads, scope, walk, scope.rules()?).is_err()
            {
                break;
            }
        }
        Ok(())
    }

    fn compare<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        scope: &Scope,
        walk: Walk,
        mut rules: Rules,
    ) -> Result<(), Stopped> {
        // Places that could not be seen since the last file that was.
        let unseen = RefCell::new(Vec::new());
        let seen = walk.filter_map(|found| match found {
            Found::File(seen) => {
                self.counts.walked.fetch_add(1, Ordering::Relaxed);
                Some(seen)
            }
            Found::Error(WalkError { path, reason }) => {
                unseen.borrow_mut().push(path.clone());
                // When the run has stopped, the loop below notices.
                let _ = self.tell(path, Outcome::WalkError(reason));
                None
            }
        });
        let state = root_state(&scope.root);
        let known = self.known(threads, scope);
        for change in diff(seen, known) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
            if !matches!(change, Change::Missing(_)) {
                unseen.borrow_mut().clear();
            }
            match change {
                Change::Added(seen) | Change::Changed(seen) => self.hand_over(threads, seen)?,
                Change::Unchanged(known) => {
                    self.counts.unchanged.fetch_add(1, Ordering::Relaxed);
                    if known.offline {
                        self.tell(known.path, Outcome::Online)?;
                    }
                }
                Change::Missing(path) => {
                    // What lies where nothing could be seen may still be there.
                    let is_unseen = unseen.borrow().iter().any(|place| path.starts_with(place));
                    let is_removed = match rules.why_left_out(&path) {
                        Some(LeftOut::Unknown) => false,
                        _ if self.options.missing == Missing::Forget => true,
                        _ if is_unseen => false,
                        why => is_removed(&path, why, scope.is_new),
                    };
                    let outcome = if is_removed {
                        Outcome::Removed
                    } else {
                        Outcome::Offline
                    };
                    self.tell(path, outcome)?;
                }
            }
        }
        if scope.is_whole() {
            self.tell(scope.root.clone(), Outcome::Root(state))?;
        }
        Ok(())
    }

    /// What the catalog knows of a scope. It is read while the walk waits for the disk.
    fn known<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        scope: &Scope,
    ) -> impl Iterator<Item = Known> {
        let start = bytes_of(&scope.start).into_owned();
        let (view, failures) = (self.view.clone(), self.options.failures);
        let (sender, chunks) = bounded::<Vec<KnownEntry>>(CHUNKS_AHEAD);
        threads.spawn(move || read_known(&view, &start, failures, &sender));
        chunks
            .into_iter()
            .flatten()
            .map_while(|entry| match entry {
                Ok((path, version)) => Some(Known {
                    path: path_of(&path),
                    stamp: version.stamp,
                    offline: version.offline,
                }),
                Err(error) => {
                    let _ = self.tell(PathBuf::new(), Outcome::Catalog(error));
                    None
                }
            })
            .filter(|known| !scope.is_of_other_root(&known.path))
    }

    fn tell(&self, path: PathBuf, outcome: Outcome) -> Result<(), Stopped> {
        let finding = Finding { path, outcome };
        self.results.send(finding).map_err(|_| Stopped)
    }

    /// Gives a file to the decoders.
    fn hand_over<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        seen: Seen,
    ) -> Result<(), Stopped> {
        match self.work.try_send(seen) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(seen)) => {
                // The decoders have fallen behind the walk, so the run will take a while. A
                // second walk that only counts tells how long; a run with little work is
                // spared it.
                if !self.counts.has_begun.swap(true, Ordering::Relaxed) {
                    let (scopes, counts, stop) = (self.scopes, self.counts, self.stop);
                    threads.spawn(move || count(scopes, counts, stop));
                }
                self.work.send(seen).map_err(|_| Stopped)
            }
            Err(TrySendError::Disconnected(_)) => Err(Stopped),
        }
    }
}

/// Whether a known path that a walk did not bring is gone. What the walk has not looked for
/// stays, unless a person wants it left out: on purpose, or by settings that are new.
fn is_removed(path: &Path, why_left_out: Option<LeftOut>, settings_are_new: bool) -> bool {
    match why_left_out {
        None => absence(path) == Absence::Removed,
        Some(LeftOut::OnPurpose) => true,
        Some(LeftOut::BehindLink | LeftOut::OtherFileSystem) => settings_are_new,
        Some(LeftOut::Unknown) => false,
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

/// Counts the files of all scopes until the walk itself has come to its end.
fn count(scopes: &[Scope], counts: &Counts, stop: &AtomicBool) {
    let walks = scopes
        .iter()
        .filter_map(|scope| scope.walk().ok().flatten());
    for found in walks.flatten() {
        if stop.load(Ordering::Relaxed) || counts.is_over.load(Ordering::Relaxed) {
            return;
        }
        if matches!(found, Found::File(_)) {
            counts.counted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A decoding thread: files in, findings out, until either end closes.
pub(super) fn decode_all(
    work: &Receiver<Work>,
    results: &Sender<Finding>,
    view: &CatalogView,
    limits: DecodeLimits,
    budget: &Budget,
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
    budget: &Budget,
    preprocess: &Preprocess,
) -> Outcome {
    let file = match PhotoFile::read_within(&seen.path, limits, budget) {
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
