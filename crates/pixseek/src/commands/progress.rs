//! Shows the progress of a run: a live line on a terminal, plain lines at intervals in a pipe.

use crate::output::{counted, grouped, plain};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use pixseek_engine::{Event, GraphProgress, Progress, RemakeReport};
use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

const PLAIN_LINE_EVERY: Duration = Duration::from_secs(10);
/// Less time than this is not shown: it is over before it is read, and the first guesses are wrong.
const LEAST_LEFT: Duration = Duration::from_secs(3);

pub struct ProgressLine {
    quiet: bool,
    bar: Option<ProgressBar>,
    start: Instant,
    last_line: Instant,
}

impl ProgressLine {
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            bar.set_style(style("{spinner} {msg}"));
            bar
        });
        Self {
            quiet,
            bar,
            start: Instant::now(),
            last_line: Instant::now(),
        }
    }

    pub fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Progress(progress) => self.progress(progress),
            Event::Device(device) => {
                if let Some(note) = device.note() {
                    self.line(note);
                }
                tracing::info!("encoding on {}", device.name());
            }
            Event::Processor(why) => self.line(why),
            Event::OtherPrecision { of_index, used } => self.line(&format!(
                "the index is in {of_index}, which this machine does not compute; encoding in {used}"
            )),
            Event::Failed(failed) => {
                let path = failed.path.to_string_lossy();
                self.line(&format!("failed: {path}: {}", failed.failure.reason));
            }
            Event::Unread { path, why } => {
                self.line(&format!(
                    "indexed in part: {}: {why}",
                    path.to_string_lossy()
                ));
            }
            Event::Walk(error) => {
                let path = error.path.to_string_lossy();
                self.line(&format!("skipped: {path}: {}", error.reason));
            }
            Event::Publishing => {
                if let Some(bar) = &self.bar {
                    bar.set_message("publishing");
                }
            }
            Event::Compacting => {
                if let Some(bar) = &self.bar {
                    bar.set_message("compacting");
                }
            }
            Event::Compacted(report) => self.compacted(report),
            Event::NotCompacted(error) => self.line(&format!("not compacted: {error}")),
            Event::Graph(progress) => self.graph(*progress),
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let report = &progress.report;
        let seconds = self.start.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = report.encoded as f64 / seconds.max(0.001);
        // The count of all files runs ahead of the work; until it has a result, no remaining time
        // is shown.
        let total = progress.total;
        if let Some(bar) = &self.bar {
            if total > 0 && bar.length().is_none() {
                bar.set_style(style("{bar:20} {pos}/{len}  {msg}{left}"));
            }
            if total > 0 {
                bar.set_length(total.max(report.seen));
            }
            bar.set_position(report.seen);
            let mut message = format!("{rate:.0} photos/s");
            if report.failed > 0 {
                message = format!("{message}, {} failed", report.failed);
            }
            bar.set_message(message);
        } else if !self.quiet && self.last_line.elapsed() > PLAIN_LINE_EVERY {
            self.last_line = Instant::now();
            eprintln!(
                "{} of {}, {rate:.0} photos/s, {} failed",
                grouped(report.seen),
                counted(total.max(report.seen), "file"),
                report.failed
            );
        }
    }

    /// All photos are searchable while the graph is built; it only makes searches faster.
    pub fn graph(&mut self, progress: GraphProgress) {
        let (rows, total) = (progress.rows.into(), progress.total.into());
        if let Some(bar) = &self.bar {
            bar.set_style(style("{bar:20} {pos}/{len}  {msg}{left}"));
            bar.set_length(total);
            bar.set_position(rows);
            bar.set_message("graph");
        } else if !self.quiet && self.last_line.elapsed() > PLAIN_LINE_EVERY {
            self.last_line = Instant::now();
            eprintln!("graph: {} of {}", grouped(rows), counted(total, "photo"));
        }
    }

    fn compacted(&self, report: &RemakeReport) {
        let dropped = counted(report.dropped_rows, "vector");
        self.line(&format!("compacted: {dropped} without a photo dropped"));
        if report.lost_photos > 0 {
            let lost = counted(report.lost_photos, "photo");
            self.line(&format!(
                "{lost} had damaged vectors; the next `pixseek index` encodes them again"
            ));
        }
    }

    fn line(&self, text: &str) {
        let text = plain(text);
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None if !self.quiet => eprintln!("{text}"),
            None => {}
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("left", |state: &ProgressState, output: &mut dyn Write| {
            let left = state.eta();
            if left >= LEAST_LEFT {
                let _ = write!(output, "  {:#} left", HumanDuration(left));
            }
        })
        .progress_chars("█▌ ")
}
