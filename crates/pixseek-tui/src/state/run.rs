//! The process that writes to the index, and its progress.

use std::time::Duration;

/// The process that writes to the index now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Indexing {
    #[default]
    None,
    /// This process.
    Here(Run),
    /// Another process, with its description.
    Elsewhere(String),
}

/// The progress of an index run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// Files seen so far.
    pub seen: u64,
    /// Files found so far; the walk may still find more.
    pub total: u64,
    /// Photos encoded so far.
    pub encoded: u64,
    /// Files that failed so far.
    pub failed: u64,
    /// Time since the run began.
    pub elapsed: Duration,
    /// Whether the user has told the run to end after its batch.
    pub stopping: bool,
}
