//! Runs an index update on a thread beside the interface.

use crate::error::BoxError;
use crate::message::Message;
use crate::state::Run;
use crate::stoppable::StoppableThread;
use crossbeam_channel::Sender;
use pixseek_engine::{Event, SyncReport};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Updates the index. `refresh(folder, stop, progress)` first adds the folder, if there is one. It
/// reports its progress, and ends after the current batch once `stop` is set.
pub type Refresh = Arc<
    dyn Fn(Option<&Path>, &AtomicBool, &mut dyn FnMut(&Event<'_>)) -> Result<SyncReport, BoxError>
        + Send
        + Sync,
>;

const PANICKED: &str = "the index run failed unexpectedly; the log of -v says more";
/// The least time between two progress messages.
const PROGRESS_PAUSE: Duration = Duration::from_millis(200);

/// An index run on its own thread. Dropping it stops the run and waits for the current batch.
pub struct IndexRun {
    thread: StoppableThread,
}

impl IndexRun {
    /// Starts the thread.
    pub fn start(refresh: Refresh, folder: Option<PathBuf>, messages: Sender<Message>) -> Self {
        let thread = StoppableThread::start(move |stop| {
            let start = Instant::now();
            let mut last_message = start;
            let mut run = Run::default();
            let mut progress = |event: &Event<'_>| {
                if let Event::Progress(progress) = event {
                    run = Run {
                        seen: progress.report.seen,
                        total: progress.total,
                        encoded: progress.report.encoded,
                        failed: progress.report.failed,
                        ..run
                    };
                }
                run.elapsed = start.elapsed();
                run.stopping = stop.load(Ordering::Relaxed);
                if last_message.elapsed() >= PROGRESS_PAUSE {
                    last_message = Instant::now();
                    let _ = messages.send(Message::Indexing(run));
                }
            };
            // Without a message about the panic, the interface would wait for the run forever.
            let result = catch_unwind(AssertUnwindSafe(|| {
                refresh(folder.as_deref(), stop, &mut progress)
            }));
            let result = result.unwrap_or_else(|_| Err(PANICKED.into()));
            let _ = messages.send(Message::Indexed(result));
        });
        Self { thread }
    }

    /// Asks the run to end after the current batch.
    pub fn stop(&self) {
        self.thread.stop();
    }
}

/// Summarises a run in one line.
pub fn summary(report: &SyncReport) -> String {
    let begin = if report.stopped {
        "stopped"
    } else {
        "up to date"
    };
    let mut parts = vec![format!("{begin}: {} new", report.encoded)];
    for (count, what) in [
        (report.placed, "known photos at new places"),
        (report.removed, "removed"),
        (report.failed, "failed"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{IndexRun, Refresh};
    use crate::message::Message;
    use crossbeam_channel::unbounded;
    use pixseek_engine::SyncReport;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    /// Runs a refresh whose stop flag is set from the start, and returns its last message.
    fn last_message(refresh: Refresh) -> Message {
        let (sender, messages) = unbounded();
        drop(IndexRun::start(refresh, None, sender));
        messages.try_iter().last().expect("a run says how it ended")
    }

    #[test]
    fn a_run_is_stopped_and_says_how_it_ended() {
        let message = last_message(Arc::new(|_, stop, _| {
            while !stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            Ok(SyncReport {
                stopped: true,
                ..SyncReport::default()
            })
        }));
        assert!(matches!(message, Message::Indexed(Ok(report)) if report.stopped));
    }

    #[test]
    fn a_run_that_panics_says_so() {
        let Message::Indexed(Err(error)) =
            last_message(Arc::new(|_, _, _| panic!("as a library may")))
        else {
            panic!("the run must fail");
        };
        assert!(error.to_string().contains("failed unexpectedly"));
    }
}
