//! Who writes to the index, and how far.

use std::time::Duration;

/// Who writes to the index now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Indexing {
    #[default]
    None,
    /// This process.
    Here(Run),
    /// Another process, which this describes.
    Elsewhere(String),
}

/// How far an index run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// Files seen so far.
    pub seen: u64,
    /// Files that are known of; the walk may still find more.
    pub total: u64,
    /// Photos encoded so far.
    pub encoded: u64,
    /// Files that failed so far.
    pub failed: u64,
    /// Time since the run began.
    pub elapsed: Duration,
    /// Whether the run was told to end after its batch.
    pub stopping: bool,
}
