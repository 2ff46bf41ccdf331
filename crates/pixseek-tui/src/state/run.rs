//! What other threads and processes do: the one that writes to the index, commands, and the thread
//! that reads the details of a photo.

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

/// A command on photos that has not ended yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningCommand {
    /// Its number, which its messages have.
    pub number: u64,
    /// The program and its arguments, as the user typed them.
    pub line: String,
    /// The last line that it printed; empty before the first.
    pub said: String,
    /// Whether it was told to stop.
    pub is_stopping: bool,
}

/// What the large view shows of a photo beside the record that its hit has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The photo.
    pub path: Vec<u8>,
    /// Its labels, the best first.
    pub labels: Vec<String>,
    /// The local time at which its file was last changed, as in `2019-06-30 14:05`.
    pub changed: Option<String>,
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
