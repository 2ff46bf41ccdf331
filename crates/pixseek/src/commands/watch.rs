//! Keeps the index up to date: it runs a pass after the system reports a change that a walk would
//! see, and a full pass at intervals, because the system may lose events.
//!
//! On Linux every folder that a walk enters has its own watch, so that hidden and ignored folders
//! cost none. Other systems watch whole trees, and only the events are filtered.

mod interest;

use crate::advice::explained;
use crate::output::plain;
use anyhow::{Context, Result};
use interest::concerns;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use pixseek_engine::{Interest, Scope};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Changes come in bursts: a pass begins after this long without a change ...
const QUIET: Duration = Duration::from_secs(2);
/// ... or after a burst has lasted this long.
const LONGEST_SWARM: Duration = Duration::from_mins(1);
/// Interval of passes that start without any event.
const FULL_PASS_EVERY: Duration = Duration::from_mins(10);
/// A failed pass is repeated after this time, because its events will not come again.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// Interval at which the stop flag is checked.
const STOP_CHECK_EVERY: Duration = Duration::from_millis(200);

/// The watches on the folders of the last pass.
pub struct Watch {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
    interest: Interest,
}

impl Watch {
    /// Creates a watcher that watches nothing yet.
    pub fn new(index: &Path) -> Result<Self> {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(move |event| {
            let _ = sender.send(event);
        })
        .context("cannot watch folders")?;
        Ok(Self {
            watcher,
            events,
            interest: Interest::new(index),
        })
    }

    /// Watches the folders that a pass is about to walk, so that no change in between is missed. If
    /// a folder cannot be watched, only the full passes see its changes.
    pub fn follow(&mut self, scopes: Vec<Scope>) {
        let mut refused = 0_u64;
        for scope in &scopes {
            let mode = if cfg!(target_os = "linux") {
                RecursiveMode::NonRecursive
            } else {
                RecursiveMode::Recursive
            };
            let Ok(folders) = scope.folders() else {
                continue;
            };
            for folder in folders {
                let is_tree = mode == RecursiveMode::Recursive && folder != scope.start;
                if !is_tree && let Err(error) = self.watcher.watch(&folder, mode) {
                    tracing::info!("{} is not watched: {error}", folder.display());
                    refused += 1;
                }
                self.interest.add_folder(folder);
            }
        }
        if refused > 0 {
            tracing::warn!("{refused} folders are looked at every ten minutes only");
        }
        self.interest.set_scopes(scopes);
    }

    /// Runs a pass at every change until `stop` is set. Between passes the index is not locked.
    pub fn until(mut self, stop: &AtomicBool, pass: &mut dyn FnMut(&mut Self) -> Result<()>) {
        let mut longest = FULL_PASS_EVERY;
        let mut said = String::new();
        while self.wait(stop, longest) {
            // A full disk or a lock of another process does not end the watch: the next pass opens
            // the index again.
            let failed = pass(&mut self).err().map(|error| explained(error.as_ref()));
            longest = if failed.is_some() {
                RETRY_AFTER
            } else {
                FULL_PASS_EVERY
            };
            let now = failed.unwrap_or_default();
            if now != said && !now.is_empty() {
                eprintln!("error: {}", plain(&now));
            }
            said = now;
        }
    }

    /// Waits for a change, at most `longest`; returns false if `stop` is set.
    fn wait(&mut self, stop: &AtomicBool, longest: Duration) -> bool {
        let start = Instant::now();
        let mut first: Option<Instant> = None;
        let mut last = start;
        while !stop.load(Ordering::Relaxed) {
            match self.events.recv_timeout(STOP_CHECK_EVERY) {
                // Treat a watcher error as a change: it may hide one.
                Ok(event) => {
                    if event.map_or(true, |event| concerns(&mut self.interest, &event)) {
                        last = Instant::now();
                        first.get_or_insert(last);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(STOP_CHECK_EVERY),
            }
            let is_over = first
                .is_some_and(|first| last.elapsed() >= QUIET || first.elapsed() >= LONGEST_SWARM);
            if is_over || start.elapsed() >= longest {
                return true;
            }
        }
        false
    }
}
