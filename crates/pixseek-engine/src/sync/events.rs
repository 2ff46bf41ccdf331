//! What a run tells while it goes, and what it has done.

use pixseek_clip::{ComputeDevice, Precision};
use pixseek_index::{GraphProgress, IndexError, RemakeReport};
use pixseek_photos::{Failure, WalkError};
use std::path::Path;

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Files seen that may be photos.
    pub seen: u64,
    /// Of them, unchanged since the last run.
    pub unchanged: u64,
    /// Photos that were encoded.
    pub encoded: u64,
    /// Photos that were moved, copied or touched: they took the vector that their content had.
    pub reused: u64,
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

/// Where a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Counts so far.
    pub report: SyncReport,
    /// Files in all, as far as they have been counted.
    pub total: u64,
}

/// A file that failed in this run.
#[derive(Debug)]
pub struct Failed<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Why.
    pub failure: &'a Failure,
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
        path: &'a Path,
        /// The reason.
        why: &'a str,
    },
    /// A place that the walk could not see.
    Walk(&'a WalkError),
    /// Searches are about to see what was committed.
    Publishing,
    /// The index is written again without the rows that have no photo; searches go on.
    Compacting,
    /// The index was compacted, and this was left out.
    Compacted(RemakeReport),
    /// The index could not be compacted; all photos are found as before, and the next run tries
    /// again.
    NotCompacted(&'a IndexError),
    /// A graph is being built, after all is visible.
    Graph(GraphProgress),
}
