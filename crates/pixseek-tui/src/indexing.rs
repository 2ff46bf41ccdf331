//! An index run beside the interface, and a look at whether another process writes.

use crate::state::{Indexing, Run};
use pixseek_engine::{Event, SyncReport, writing_process};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Brings the index up to date; the error is in words. The flag ends it after its batch.
pub type Refresh = Arc<
    dyn Fn(&AtomicBool, &mut dyn FnMut(&Event<'_>)) -> Result<SyncReport, String> + Send + Sync,
>;

/// What a run tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Now(Indexing),
    /// It is over, in words.
    Over(String),
}

/// A run that goes on; dropping it stops it and waits for its batch.
pub struct Indexer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Progress is told this often.
const OFTEN: Duration = Duration::from_millis(200);

impl Indexer {
    pub fn start(refresh: Refresh, tell: impl Fn(Told) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let start = Instant::now();
            let mut told = start;
            let mut run = Run::default();
            tell(Told::Now(Indexing::Here(run)));
            let result = refresh(&flag, &mut |event| {
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
                run.stopping = flag.load(Ordering::Relaxed);
                if told.elapsed() >= OFTEN {
                    told = Instant::now();
                    tell(Told::Now(Indexing::Here(run)));
                }
            });
            tell(Told::Over(match result {
                Ok(report) => words(&report),
                Err(error) => error,
            }));
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Ends it after its batch.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn is_running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether another process writes.
pub fn elsewhere(index: &Path) -> Indexing {
    writing_process(index).map_or(Indexing::None, Indexing::Elsewhere)
}

fn words(report: &SyncReport) -> String {
    let begin = if report.stopped {
        "stopped"
    } else {
        "up to date"
    };
    let mut parts = vec![format!("{begin}: {} new", report.encoded)];
    for (count, what) in [(report.removed, "removed"), (report.failed, "failed")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}
