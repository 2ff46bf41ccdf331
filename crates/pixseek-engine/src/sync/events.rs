//! Events that a run reports, and its final counts.

use pixseek_clip::{ComputeDevice, Precision};
use pixseek_index::{GraphProgress, IndexError, RemakeReport};
use pixseek_photos::{Failure, WalkError};
use std::path::Path;

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Files seen that may be photos.
    pub seen: u64,
    /// Files seen that have not changed since the last run.
    pub unchanged: u64,
    /// Photos that were encoded.
    pub encoded: u64,
    /// Known photos at places that the index did not know: they were moved or copied, or came back,
    /// and got the stored vector of their content.
    pub placed: u64,
    /// Photos that were touched: their file is another, their content is not.
    pub touched: u64,
    /// Files that failed in this run.
    pub failed: u64,
    /// Photos that were removed from the index.
    pub removed: u64,
    /// Photos that cannot be seen now and stay in the index.
    pub offline: u64,
    /// Folders or files that the walk could not read.
    pub walk_errors: u64,
    /// Whether the run was stopped before its end.
    pub stopped: bool,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Counts so far.
    pub report: SyncReport,
    /// Number of files in all, as far as they have been counted.
    pub total: u64,
}

/// A file that failed in this run.
#[derive(Debug)]
pub struct Failed<'a> {
    /// Its path.
    pub path: &'a Path,
    /// The reason.
    pub failure: &'a Failure,
}

/// Events that a run reports.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run loads the model on this device, because there is a photo to encode.
    Device(&'a ComputeDevice),
    /// The processor encodes instead of the chosen device, for this reason.
    Processor(&'a str),
    /// No device of this machine computes in the precision of the index, so another one is used.
    OtherPrecision {
        /// The precision of the index.
        of_index: Precision,
        /// The one that is used.
        used: Precision,
    },
    /// The counts have changed.
    Progress(Progress),
    /// A file failed.
    Failed(Failed<'a>),
    /// A part of this photo's metadata was not read.
    Unread {
        /// The photo.
        path: &'a Path,
        /// The reason.
        why: &'a str,
    },
    /// The walk could not read a folder or file.
    Walk(&'a WalkError),
    /// The run begins to publish its commits to searches.
    Publishing,
    /// The run begins to rewrite the index without dead rows; searches continue meanwhile.
    Compacting,
    /// The index was compacted; the report says what was dropped.
    Compacted(RemakeReport),
    /// The index could not be compacted. All photos are still found, and the next run tries again.
    NotCompacted(&'a IndexError),
    /// A graph is being built; all photos are already searchable.
    Graph(GraphProgress),
}
