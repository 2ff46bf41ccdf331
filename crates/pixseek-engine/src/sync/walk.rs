//! Step 1: finds the files that are new or have changed.
//!
//! The walk and the catalog list a folder in the same order, so that one pass over both finds the
//! added, changed, removed and unchanged files, in constant memory.

mod count;

pub(super) use count::Counts;

use super::finding::Finding;
use super::{KnownFailures, Missing, Run, SyncOptions};
use crate::{EngineError, Roots, Scope};
use crossbeam_channel::{Sender, TrySendError, bounded};
use pixseek_index::{CatalogView, IndexError, RootSettings, RootState, Writer};
use pixseek_photos::{
    Change, Known, LeftOut, NotSeen, Rules, Seen, Walk, WalkItem, bytes_of, diff, path_of,
    why_not_seen,
};
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread::Scope as Threads;

/// Number of catalog entries in a chunk, and number of chunks that are read ahead of the walk.
const CHUNK: usize = 1024;
const CHUNKS_AHEAD: usize = 4;

/// The walks of a run. Folders outside all roots become roots.
pub(super) fn scopes(
    writer: &mut Writer,
    options: &SyncOptions,
) -> Result<Vec<Scope>, EngineError> {
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

/// The state of the walking thread.
pub(super) struct Walker<'a> {
    pub run: &'a Run<'a>,
    /// Files for the decoding threads.
    pub files: Sender<Seen>,
    /// Findings for the committing thread.
    pub findings: Sender<Finding>,
}

/// The receiving threads have ended because the run has stopped.
struct Stopped;

impl<'a> Walker<'a> {
    /// Walks all scopes; ends early when the run stops.
    pub(super) fn walk_all<'scope>(
        self,
        threads: &'scope Threads<'scope, 'a>,
    ) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        let walked = self.walk_scopes(threads);
        self.run.counts.end();
        walked
    }

    fn walk_scopes<'scope>(&self, threads: &'scope Threads<'scope, 'a>) -> Result<(), EngineError> {
        for scope in self.run.scopes {
            // If the root's walk does not reach the start, nothing is known about it.
            if let Some(walk) = scope.walk()?
                && self.compare(threads, scope, walk, scope.rules()?).is_err()
            {
                break;
            }
        }
        Ok(())
    }

    /// Compares the walk of one scope with the catalog, until the end or until the run stops.
    fn compare<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        scope: &Scope,
        walk: Walk,
        mut rules: Rules,
    ) -> Result<(), Stopped> {
        // Folders that could not be read since the last file that was seen.
        let unseen = RefCell::new(Vec::<Unseen>::new());
        // After a listing has failed, the walk may miss files, and the error does not say which.
        // From then on, only files that do not exist are removed.
        let has_failed = Cell::new(false);
        let seen = walk.filter_map(|found| match found {
            WalkItem::File(seen) => {
                self.run.counts.walked();
                Some(seen)
            }
            WalkItem::Error(error) => {
                let mut place = Unseen::of(&error.path);
                // A file that has taken the place of the root holds none of its photos.
                place.is_there &= error.path != scope.root || !error.path.is_file();
                unseen.borrow_mut().push(place);
                has_failed.set(true);
                // If the run has stopped, the loop below notices it.
                let _ = self.tell(Finding::Unseen(error));
                None
            }
        });
        let state = root_state(&scope.root);
        let known = self.known(threads, scope);
        for change in diff(seen, known) {
            if self.run.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
            if !matches!(change, Change::Missing(_)) {
                unseen.borrow_mut().clear();
            }
            match change {
                Change::Added(seen) | Change::Changed(seen) => self.hand_over(threads, seen)?,
                Change::Unchanged(known) => {
                    self.run.counts.unchanged();
                    if known.offline {
                        self.tell(Finding::Online(known.path))?;
                    }
                }
                Change::Missing(path) => {
                    let unseen = unseen.borrow();
                    let unseen = unseen.iter().find(|unseen| path.starts_with(&unseen.place));
                    let is_removed = match rules.why_left_out(&path) {
                        Some(LeftOut::Unknown) => false,
                        None if may_be_unlisted(&path, has_failed.get()) => false,
                        why => may_be_removed(unseen, self.run.options.missing)
                            .unwrap_or_else(|| is_removed(&path, why, scope.is_new)),
                    };
                    self.tell(if is_removed {
                        Finding::Removed(path)
                    } else {
                        Finding::Offline(path)
                    })?;
                }
            }
        }
        if scope.is_whole() {
            self.tell(Finding::Root(scope.root.clone(), state))?;
        }
        Ok(())
    }

    /// The catalog's entries of a scope. Another thread reads them while the walk waits for the
    /// disk.
    fn known<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        scope: &Scope,
    ) -> impl Iterator<Item = Known> {
        let start = bytes_of(&scope.start).into_owned();
        let (view, failures) = (self.run.view.clone(), self.run.options.failures);
        let (sender, chunks) = bounded(CHUNKS_AHEAD);
        threads.spawn(move || read_known(&view, &start, failures, &sender));
        chunks
            .into_iter()
            .flatten()
            .map_while(|known| {
                known
                    .map_err(|error| self.tell(Finding::Catalog(error)))
                    .ok()
            })
            .filter(|known| !scope.is_of_other_root(&known.path))
    }

    fn tell(&self, finding: Finding) -> Result<(), Stopped> {
        self.findings.send(finding).map_err(|_| Stopped)
    }

    /// Sends a file to the decoding threads.
    fn hand_over<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        seen: Seen,
    ) -> Result<(), Stopped> {
        match self.files.try_send(seen) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(seen)) => {
                // The decoders are slower than the walk, so the run will take a while and should
                // show its progress: start to count all files. A run with little work skips the
                // count.
                let run = self.run;
                run.counts
                    .begin(|| threads.spawn(move || run.counts.count(run.scopes, run.stop)));
                self.files.send(seen).map_err(|_| Stopped)
            }
            Err(TrySendError::Disconnected(_)) => Err(Stopped),
        }
    }
}

/// A folder or file that a walk could not read.
struct Unseen {
    place: PathBuf,
    /// Whether it exists, as far as the system tells.
    is_there: bool,
}

impl Unseen {
    fn of(place: &Path) -> Self {
        let is_missing = |error: &io::Error| {
            matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        };
        Self {
            place: place.into(),
            is_there: !place
                .symlink_metadata()
                .is_err_and(|error| is_missing(&error)),
        }
    }
}

/// Whether a walk may have missed a file that is there, because a listing has failed before.
fn may_be_unlisted(path: &Path, a_listing_has_failed: bool) -> bool {
    a_listing_has_failed && path.is_file()
}

/// Whether a missing path leaves the index, as far as an unreadable folder around it (if any)
/// decides; `None` if the path itself has to be checked.
fn may_be_removed(unseen: Option<&Unseen>, missing: Missing) -> Option<bool> {
    match (unseen, missing) {
        // The folder exists, so the files in it may exist too.
        (Some(unseen), _) if unseen.is_there => Some(false),
        (unseen, Missing::Keep) => unseen.map(|_| false),
        (_, Missing::Forget) => Some(true),
    }
}

/// Whether a known path that the walk did not find is gone. A path that the walk left out stays,
/// unless it was left out on purpose or by settings that are new.
fn is_removed(path: &Path, why_left_out: Option<LeftOut>, settings_are_new: bool) -> bool {
    match why_left_out {
        None => why_not_seen(path) == NotSeen::Gone,
        Some(LeftOut::OnPurpose) => true,
        Some(LeftOut::BehindLink | LeftOut::OtherFileSystem) => settings_are_new,
        Some(LeftOut::Unknown) => false,
    }
}

/// Sends the catalog's entries below a folder, in chunks, until the receiver closes.
fn read_known(
    view: &CatalogView,
    folder: &[u8],
    failures: KnownFailures,
    sender: &Sender<Vec<Result<Known, IndexError>>>,
) {
    let entries: Box<dyn Iterator<Item = _>> = match failures {
        KnownFailures::Skip => Box::new(view.known_below(folder)),
        KnownFailures::Retry => Box::new(view.known_photos_below(folder)),
    };
    let mut known = entries.map(|entry| {
        entry.map(|(path, version)| Known {
            path: path_of(&path),
            stamp: version.stamp,
            offline: version.offline,
        })
    });
    loop {
        let chunk: Vec<_> = known.by_ref().take(CHUNK).collect();
        if chunk.is_empty() || sender.send(chunk).is_err() {
            return;
        }
    }
}

/// Whether a root is a folder that has any entry.
fn root_state(root: &Path) -> RootState {
    if std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) {
        RootState::Online
    } else {
        RootState::Offline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_unreadable_folders_are_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let there = Unseen::of(folder.path());
        let gone = Unseen::of(&folder.path().join("gone/below"));
        // No system accepts a name of this length, and the error does not say that the file is
        // missing.
        let untold = Unseen::of(&folder.path().join("x".repeat(5000)));
        for unreadable in [&there, &untold] {
            for missing in [Missing::Keep, Missing::Forget] {
                assert_eq!(may_be_removed(Some(unreadable), missing), Some(false));
            }
        }
        assert_eq!(may_be_removed(Some(&gone), Missing::Keep), Some(false));
        assert_eq!(may_be_removed(Some(&gone), Missing::Forget), Some(true));
        assert_eq!(may_be_removed(None, Missing::Forget), Some(true));
        assert_eq!(may_be_removed(None, Missing::Keep), None);
    }

    #[test]
    fn a_listing_that_broke_off_takes_no_file_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jpg");
        std::fs::write(&file, "").unwrap();
        assert!(may_be_unlisted(&file, true));
        assert!(!may_be_unlisted(&file, false));
        assert!(!may_be_unlisted(&folder.path().join("gone.jpg"), true));
    }
}
