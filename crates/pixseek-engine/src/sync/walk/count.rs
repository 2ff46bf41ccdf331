//! Counts the files of a run, for its progress.

#[cfg(test)]
mod tests;

use crate::Scope;
use crate::sync::SyncReport;
use pixseek_photos::WalkItem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The file counts of a run so far.
#[derive(Default)]
pub(in crate::sync) struct Counts {
    /// Files with an unchanged stamp. They cause no finding, only this count.
    unchanged: AtomicU64,
    /// Files that the walk has reached.
    walked: AtomicU64,
    /// Files that the counting walk has reached.
    counted: AtomicU64,
    /// Whether the counting walk has started.
    has_begun: AtomicBool,
    /// Whether the main walk has ended, which makes more counting useless.
    is_over: AtomicBool,
}

impl Counts {
    /// Counts a file that the walk has reached.
    pub(super) fn walked(&self) {
        self.walked.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a file that has not changed.
    pub(super) fn unchanged(&self) {
        self.unchanged.fetch_add(1, Ordering::Relaxed);
    }

    /// Marks the main walk as ended.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Calls `count` at the first call only.
    pub(super) fn begin<T>(&self, count: impl FnOnce() -> T) {
        if !self.has_begun.swap(true, Ordering::Relaxed) {
            count();
        }
    }

    /// Walks all scopes and counts their files until the main walk ends.
    pub(super) fn count(&self, scopes: &[Scope], stop: &AtomicBool) {
        let walks = scopes
            .iter()
            .filter_map(|scope| scope.walk().ok().flatten());
        for found in walks.flatten() {
            if stop.load(Ordering::Relaxed) || self.is_over.load(Ordering::Relaxed) {
                return;
            }
            if matches!(found, WalkItem::File(_)) {
                self.counted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The number of all files, as far as it is known; 0 until the count has started.
    pub(in crate::sync) fn total(&self) -> u64 {
        let walked = self.walked.load(Ordering::Relaxed);
        let counted = self.counted.load(Ordering::Relaxed);
        if self.is_over.load(Ordering::Relaxed) || counted > 0 {
            walked.max(counted)
        } else {
            0
        }
    }

    /// Adds the unchanged files to a report.
    pub(in crate::sync) fn added_to(&self, report: SyncReport) -> SyncReport {
        let unchanged = self.unchanged.load(Ordering::Relaxed);
        SyncReport {
            unchanged,
            seen: report.seen + unchanged,
            ..report
        }
    }
}
