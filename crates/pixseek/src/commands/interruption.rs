//! Ctrl-C during a run of `pixseek index`.

use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What Ctrl-C does to a run.
pub struct Interruption {
    /// Set by the first Ctrl-C: the run ends after the current batch.
    pub stop: Arc<AtomicBool>,
    /// Whether the run waits for changes: then no batch has to be finished.
    pub is_idle: Arc<AtomicBool>,
}

impl Interruption {
    /// The first Ctrl-C ends the run after the current batch, the second one at once.
    pub fn listen(quiet: bool) -> Result<Self> {
        const INTERRUPTED: i32 = 130;
        let stop = Arc::new(AtomicBool::new(false));
        let is_idle = Arc::new(AtomicBool::new(false));
        let (flag, waits) = (Arc::clone(&stop), Arc::clone(&is_idle));
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED);
            }
            if !quiet && !waits.load(Ordering::Relaxed) {
                eprintln!("\nfinishing the batch; once more to stop at once");
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(Self { stop, is_idle })
    }
}
