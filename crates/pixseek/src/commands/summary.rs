//! The lines at the end of a run of `pixseek index`.

use crate::output::counted;
use pixseek_engine::SyncReport;
use std::time::Duration;

/// A run that has ended.
pub struct Summary<'a> {
    /// What it did.
    pub report: &'a SyncReport,
    /// Photos in the index after it.
    pub photos: u64,
    /// Files that could not be indexed, in this run or an earlier one.
    pub failures: u64,
    /// How long it took.
    pub took: Duration,
    /// Whether another run follows at the next change.
    pub watches: bool,
}

/// Prints what a run of `pixseek index` has done.
pub fn summarize(summary: &Summary<'_>) {
    let report = summary.report;
    let mut parts = vec![format!("{} new", report.encoded)];
    match report.placed {
        0 => {}
        1 => parts.push("1 known photo at a new place".into()),
        count => parts.push(format!("{count} known photos at new places")),
    }
    for (count, what) in [
        (report.touched, "touched"),
        (report.unchanged, "unchanged"),
        (report.removed, "removed"),
        (report.offline, "offline, kept (--prune forgets them)"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let seconds = summary.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = report.encoded as f64 / seconds.max(0.001);
    let rate = if report.encoded > 0 {
        format!(", {rate:.0} photos/s")
    } else {
        String::new()
    };
    let begin = if report.stopped { "stopped" } else { "done" };
    eprintln!("{begin} in {seconds:.1} s{rate}: {}", parts.join(", "));
    eprintln!("{} searchable", counted(summary.photos, "photo"));
    let earlier = summary.failures.saturating_sub(report.failed);
    match (report.failed, earlier) {
        (0, 0) => {}
        (0, earlier) => eprintln!(
            "{} failed in earlier runs; see `pixseek failures`",
            counted(earlier, "file")
        ),
        (failed, _) => eprintln!("{} failed; see `pixseek failures`", counted(failed, "file")),
    }
    if report.stopped && !summary.watches {
        eprintln!("run the same command again to go on");
    }
}
