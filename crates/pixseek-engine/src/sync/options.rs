//! What a run brings up to date, and how.

use crate::CommonRules;
use pixseek_photos::DecodeLimits;
use std::path::PathBuf;

/// What to bring up to date, and how.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Folders to look at, absolute: roots, or folders below them; one that lies in no root
    /// becomes one. None: all roots.
    pub roots: Vec<PathBuf>,
    /// What every walk leaves out, beside what the settings of its root do.
    pub common: CommonRules,
    /// What one file may cost.
    pub decode: DecodeLimits,
    /// What to do with files that failed before and have not changed.
    pub failures: KnownFailures,
    /// What to do with photos that are not seen.
    pub missing: Missing,
}

/// What to do with photos whose folder is missing or empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Keep them, marked: their drive may come back.
    #[default]
    Keep,
    /// Forget them, and all vectors that no photo has.
    Forget,
}

/// What to do with files that failed before and have not changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KnownFailures {
    /// Leave them.
    #[default]
    Skip,
    /// Try them again.
    Retry,
}
