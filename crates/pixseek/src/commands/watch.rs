//! Staying up to date: a pass after the system tells of changes, and one now and then without,
//! because such messages get lost.

use crate::output::{Outcome, plain};
use anyhow::{Context, Result};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use pixseek_engine::IndexError;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Changes come in swarms: a pass begins when they have been quiet for so long ...
const QUIET: Duration = Duration::from_secs(2);
/// ... or have gone on for so long.
const LONGEST_SWARM: Duration = Duration::from_mins(1);
/// A pass without any message.
const FULL_PASS_EVERY: Duration = Duration::from_mins(10);
/// How often the wish to stop is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs a pass at every change below `roots` until `stop` is set. Between passes nothing is
/// locked.
pub fn watch(
    roots: &[PathBuf],
    stop: &AtomicBool,
    pass: &mut dyn FnMut() -> Result<()>,
) -> Result<Outcome> {
    let (sender, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading is no change. An error may hide one.
        if event.map_or(true, |event| !event.kind.is_access()) {
            let _ = sender.send(());
        }
    })
    .context("cannot watch folders")?;
    follow(&mut watcher, roots);
    eprintln!("watching; Ctrl-C ends");
    while wait(&changes, stop) {
        match pass() {
            Ok(()) => {}
            // Its changes are seen by the next pass.
            Err(error) if is_locked(&error) => eprintln!("{}", plain(&format!("{error:#}"))),
            Err(error) => return Err(error),
        }
        // A folder that came back is not followed yet.
        follow(&mut watcher, roots);
    }
    Ok(Outcome::Done)
}

/// Waits for a reason to look again; false when it is to stop.
fn wait(changes: &Receiver<()>, stop: &AtomicBool) -> bool {
    let start = Instant::now();
    let mut first: Option<Instant> = None;
    let mut last = start;
    while !stop.load(Ordering::Relaxed) {
        match changes.recv_timeout(LOOK_EVERY) {
            Ok(()) => {
                last = Instant::now();
                first.get_or_insert(last);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK_EVERY),
        }
        let is_over =
            first.is_some_and(|first| last.elapsed() >= QUIET || first.elapsed() >= LONGEST_SWARM);
        if is_over || start.elapsed() >= FULL_PASS_EVERY {
            return true;
        }
    }
    false
}

/// A folder that cannot be watched is left to the full passes.
fn follow(watcher: &mut RecommendedWatcher, roots: &[PathBuf]) {
    for root in roots {
        if let Err(error) = watcher.watch(root, RecursiveMode::Recursive) {
            tracing::info!("{} is looked at every ten minutes: {error}", root.display());
        }
    }
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(IndexError::Locked { .. }))
}
