//! How many files a run has to look at.

#[cfg(test)]
mod tests;

use crate::Scope;
use crate::sync::SyncReport;
use pixseek_photos::Found;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Files of a run, as far as they have been counted.
#[derive(Default)]
pub(in crate::sync) struct Counts {
    /// Files with the stamp that is known. They are no findings: only their number counts.
    unchanged: AtomicU64,
    /// Files that the walk has come to.
    walked: AtomicU64,
    /// Files that a second walk, which only counts, has come to.
    counted: AtomicU64,
    /// The walk that counts has begun.
    has_begun: AtomicBool,
    /// The walk itself is over: nothing more is to be counted.
    is_over: AtomicBool,
}

impl Counts {
    /// The walk has come to a file.
    pub(super) fn walked(&self) {
        self.walked.fetch_add(1, Ordering::Relaxed);
    }

    /// The walk has come to a file that has not changed.
    pub(super) fn unchanged(&self) {
        self.unchanged.fetch_add(1, Ordering::Relaxed);
    }

    /// The walk has come to its end.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Calls `count` the first time.
    pub(super) fn begin<T>(&self, count: impl FnOnce() -> T) {
        if !self.has_begun.swap(true, Ordering::Relaxed) {
            count();
        }
    }

    /// Counts the files of all scopes until the walk itself has come to its end.
    pub(super) fn count(&self, scopes: &[Scope], stop: &AtomicBool) {
        let walks = scopes
            .iter()
            .filter_map(|scope| scope.walk().ok().flatten());
        for found in walks.flatten() {
            if stop.load(Ordering::Relaxed) || self.is_over.load(Ordering::Relaxed) {
                return;
            }
            if matches!(found, Found::File(_)) {
                self.counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Files in all, as far as is known; 0 while nobody counts.
    pub(in crate::sync) fn total(&self) -> u64 {
        let walked = self.walked.load(Ordering::Relaxed);
        let counted = self.counted.load(Ordering::Relaxed);
        if self.is_over.load(Ordering::Relaxed) || counted > 0 {
            walked.max(counted)
        } else {
            0
        }
    }

    /// A report with the files that have not changed.
    pub(in crate::sync) fn added_to(&self, report: SyncReport) -> SyncReport {
        let unchanged = self.unchanged.load(Ordering::Relaxed);
        SyncReport {
            unchanged,
            seen: report.seen + unchanged,
            ..report
        }
    }
}
