//! Step 1: folders to the files that are new or have changed.
//!
//! A walk and what the catalog knows of the same folder come in one order, so that one pass over
//! both tells which files were added, changed, removed or left alone, in constant memory.

mod count;

pub(super) use count::Counts;

use super::finding::Finding;
use super::{KnownFailures, Missing, Run, SyncOptions};
use crate::{EngineError, Roots, Scope};
use crossbeam_channel::{Sender, TrySendError, bounded};
use pixseek_index::{CatalogView, IndexError, RootSettings, RootState, Writer};
use pixseek_photos::{
    Absence, Change, Found, Known, LeftOut, Rules, Seen, Walk, absence, bytes_of, diff, path_of,
};
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread::Scope as Threads;

/// Entries of the catalog that are read at a time, and how many such chunks ahead of the walk.
const CHUNK: usize = 1024;
const CHUNKS_AHEAD: usize = 4;

/// The walks of a run. Folders that lie in no root become roots.
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

/// The walking thread.
pub(super) struct Walker<'a> {
    pub run: &'a Run<'a>,
    /// To the decoding threads.
    pub files: Sender<Seen>,
    /// To the committing thread.
    pub findings: Sender<Finding>,
}

/// Nobody listens any more: the run has stopped.
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
            // Where the root's walk does not come to the start, nothing is known about it.
            if let Some(walk) = scope.walk()?
                && self.compare(threads, scope, walk, scope.rules()?).is_err()
            {
                break;
            }
        }
        Ok(())
    }

    /// Walks one scope beside what is known of it, to the end or until the run stops.
    fn compare<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        scope: &Scope,
        walk: Walk,
        mut rules: Rules,
    ) -> Result<(), Stopped> {
        // The places that could not be read since the last file that was seen.
        let unseen = RefCell::new(Vec::<Unseen>::new());
        let seen = walk.filter_map(|found| match found {
            Found::File(seen) => {
                self.run.counts.walked();
                Some(seen)
            }
            Found::Error(error) => {
                unseen.borrow_mut().push(Unseen::of(&error.path));
                // When the run has stopped, the loop below notices.
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

    /// What the catalog knows of a scope. Another thread reads it while the walk waits for the
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

    /// Gives a file to the decoding threads.
    fn hand_over<'scope>(
        &self,
        threads: &'scope Threads<'scope, 'a>,
        seen: Seen,
    ) -> Result<(), Stopped> {
        match self.files.try_send(seen) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(seen)) => {
                // The decoders have fallen behind the walk, so the run will take a while, and a
                // person wants to know how long. A run with little work is spared the count.
                let run = self.run;
                run.counts
                    .begin(|| threads.spawn(move || run.counts.count(run.scopes, run.stop)));
                self.files.send(seen).map_err(|_| Stopped)
            }
            Err(TrySendError::Disconnected(_)) => Err(Stopped),
        }
    }
}

/// A place that a walk could not read.
struct Unseen {
    place: PathBuf,
    /// Whether it is there, as far as the system tells.
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

/// Whether a path in a place that could not be read, if it is in one, leaves the index; `None`
/// where the path itself decides.
fn may_be_removed(unseen: Option<&Unseen>, missing: Missing) -> Option<bool> {
    match (unseen, missing) {
        // What lies in a place that is there may be there, too.
        (Some(unseen), _) if unseen.is_there => Some(false),
        (unseen, Missing::Keep) => unseen.map(|_| false),
        (_, Missing::Forget) => Some(true),
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

/// Whether there is anything in a root.
fn root_state(root: &Path) -> RootState {
    let is_there =
        root.is_file() || std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    if is_there {
        RootState::Online
    } else {
        RootState::Offline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_never_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let there = Unseen::of(folder.path());
        let gone = Unseen::of(&folder.path().join("gone/below"));
        // A name that no system takes: the error does not say that it is not there.
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
}
