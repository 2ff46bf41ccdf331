//! The threads that find and decode.

use super::{KnownFailures, SyncOptions};
use crate::EngineError;
use crate::budget::PixelBudget;
use crossbeam_channel::{Receiver, Sender};
use pixseek_clip::{Pixels, Preprocess, Rgb};
use pixseek_index::{CatalogView, IndexError, Stamp};
use pixseek_photos::{
    Absence, Change, DecodeLimits, Facts, Failure, FailureKind, FileStamp, Found, Known, PhotoFile,
    Seen, Walk, WalkError, absence, bytes_of, diff, path_of,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Scope;

/// A file to read.
pub(super) type Work = Seen;

/// What a thread found out about a path.
pub(super) enum Outcome {
    /// Nothing changed.
    Unchanged,
    /// Was offline, is back.
    Online,
    /// Is gone.
    Removed,
    /// Cannot be seen.
    Offline,
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
    pub stop: &'a AtomicBool,
}

/// A path's bytes and its stamp in the catalog.
type KnownEntry = Result<(Vec<u8>, Stamp), IndexError>;

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
            let stopped = self.compare(root, walk, || {
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

    fn compare(&self, root: &Path, walk: Walk, mut on_work: impl FnMut()) -> Result<(), Stopped> {
        let results = &self.results;
        let tell = |path: PathBuf, outcome: Outcome| {
            let finding = Finding { path, outcome };
            results.send(finding).map_err(|_| Stopped)
        };
        let seen = walk.filter_map(|found| match found {
            Found::File(seen) => Some(seen),
            Found::Error(WalkError { path, reason }) => {
                // When the run has stopped, the loop below notices.
                let _ = tell(path, Outcome::WalkError(reason));
                None
            }
        });
        let root = bytes_of(root).into_owned();
        let known: Box<dyn Iterator<Item = KnownEntry>> = match self.options.failures {
            KnownFailures::Skip => Box::new(self.view.known_below(&root)),
            KnownFailures::Retry => Box::new(
                self.view
                    .photos_below(&root)
                    .map(|entry| entry.map(|(path, photo)| (path, photo.stamp))),
            ),
        };
        let known = known.map_while(|entry| match entry {
            Ok((path, stamp)) => Some(Known {
                path: path_of(&path),
                stamp: FileStamp {
                    size: stamp.size,
                    modified: stamp.modified,
                    inode: stamp.inode,
                },
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
            match change {
                Change::Added(seen) | Change::Changed(seen) => {
                    on_work();
                    self.work.send(seen).map_err(|_| Stopped)?;
                }
                Change::Unchanged(path) => {
                    let was_offline = matches!(
                        self.view.photo(&bytes_of(&path)),
                        Ok(Some(photo)) if photo.offline
                    );
                    let outcome = if was_offline {
                        Outcome::Online
                    } else {
                        Outcome::Unchanged
                    };
                    tell(path, outcome)?;
                }
                Change::Missing(path) => {
                    let outcome = match absence(&path) {
                        Absence::Removed => Outcome::Removed,
                        Absence::Offline => Outcome::Offline,
                    };
                    tell(path, outcome)?;
                }
            }
        }
        Ok(())
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
    let photo = match file.decode() {
        Ok(photo) => photo,
        Err(failure) => return Outcome::Failed(file.stamp(), failure),
    };
    let (width, height) = photo.image.dimensions();
    if let Some(image) = Rgb::new(width, height, photo.image.as_raw()) {
        Outcome::Pixels(content(photo.facts), preprocess.pixels(image))
    } else {
        let failure = Failure::new(FailureKind::Corrupt, "it has no pixels");
        Outcome::Failed(file.stamp(), failure)
    }
}
