//! Options of a run.

use crate::CommonRules;
use pixseek_photos::{Budget, DecodeLimits, Decoders, Workers};
use std::path::PathBuf;

/// Options of a run: which folders it brings up to date, and how.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Absolute paths of roots or of folders below them; a folder outside all roots becomes a root.
    /// Empty means all roots.
    pub roots: Vec<PathBuf>,
    /// Globs and folders that every walk leaves out, in addition to the settings of its root.
    pub common: CommonRules,
    /// Pictures of more pixels are failures; `None` is the default limit, 200 million.
    pub most_pixels: Option<u64>,
    /// The processes that decode what may hurt; a run that is stopped ends them. Without them, the
    /// run's own process decodes everything.
    pub workers: Option<Workers>,
    /// Whether to retry files that failed before and have not changed.
    pub failures: KnownFailures,
    /// Whether to keep photos whose folder is missing or empty.
    pub missing: Missing,
}

impl SyncOptions {
    pub(super) fn decoders(&self) -> Decoders {
        let limits = DecodeLimits::default();
        Decoders {
            limits: DecodeLimits {
                pixels: self.most_pixels.unwrap_or(limits.pixels),
                ..limits
            },
            budget: Budget::default(),
            workers: self.workers.clone(),
        }
    }
}

/// Whether to keep photos whose folder is missing or empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Keep them, marked as offline: their drive may come back.
    #[default]
    Keep,
    /// Remove them, and with them all vectors that no other photo uses.
    Forget,
}

/// Whether to retry files that failed before and have not changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KnownFailures {
    /// Skip them.
    #[default]
    Skip,
    /// Retry them.
    Retry,
}
