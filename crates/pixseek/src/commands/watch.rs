//! Staying up to date: a pass after the system tells of changes that a walk would see, and one
//! now and then without, because such messages get lost.
//!
//! On Linux every folder that a walk goes into is watched by itself, so that hidden and ignored
//! ones cost no watch. Other systems watch whole trees, and the events are filtered only.

mod interest;

use crate::advice::explained;
use crate::output::plain;
use anyhow::{Context, Result};
use interest::Interest;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use pixseek_engine::Scope;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Changes come in swarms: a pass begins when they have been quiet for this long ...
const QUIET: Duration = Duration::from_secs(2);
/// ... or have gone on for this long.
const LONGEST_SWARM: Duration = Duration::from_mins(1);
/// A pass without any message.
const FULL_PASS_EVERY: Duration = Duration::from_mins(10);
/// The pass after one that failed: what it was to see has been told already.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How often the wish to stop is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What the system tells about the folders of the last pass.
pub struct Watch {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
    interest: Interest,
}

impl Watch {
    /// Watches nothing yet.
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

    /// Watches what a pass is about to walk, so that nothing changes unseen in between. A
    /// folder that cannot be watched is left to the full passes.
    pub fn follow(&mut self, scopes: Vec<Scope>) {
        let mut refused = 0_u64;
        for scope in &scopes {
            let mode = if cfg!(target_os = "linux") {
                RecursiveMode::NonRecursive
            } else {
                RecursiveMode::Recursive
            };
            let Ok(Some(walk)) = scope.walk() else {
                continue;
            };
            for folder in walk.folders() {
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

    /// Runs a pass at every change until `stop` is set. Between passes nothing is locked.
    pub fn until(mut self, stop: &AtomicBool, pass: &mut dyn FnMut(&mut Self) -> Result<()>) {
        eprintln!("watching; Ctrl-C ends");
        let mut longest = FULL_PASS_EVERY;
        let mut said = String::new();
        while self.wait(stop, longest) {
            // A full disk or another process that writes does not end the watching: the next
            // pass opens the index anew.
            let failed = pass(&mut self).err().map(|error| explained(error.as_ref()));
            longest = if failed.is_some() {
                RETRY_AFTER
            } else {
                FULL_PASS_EVERY
            };
            let now = failed.unwrap_or_default();
            if now != said && !now.is_empty() {
                eprintln!("pixseek: {}", plain(&now));
            }
            said = now;
        }
    }

    /// Waits for a reason to look again, `longest` at most; false when it is to stop.
    fn wait(&mut self, stop: &AtomicBool, longest: Duration) -> bool {
        let start = Instant::now();
        let mut first: Option<Instant> = None;
        let mut last = start;
        while !stop.load(Ordering::Relaxed) {
            match self.events.recv_timeout(LOOK_EVERY) {
                // An error may hide a change.
                Ok(event) => {
                    if event.map_or(true, |event| self.interest.is_in(&event)) {
                        last = Instant::now();
                        first.get_or_insert(last);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK_EVERY),
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
