//! Kills a process when its time is over.

use super::lock;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

/// The longest time that counts at once. If this process is stopped (Ctrl-Z) while a worker decodes,
/// the time until it goes on counts as one of these steps at most, and not as the worker's.
const STEP: Duration = Duration::from_millis(500);

/// The clock of one process, with a thread of its own.
#[derive(Debug)]
pub(super) struct Timer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The time that is left; `None` while the clock stands.
    left: Option<Duration>,
    /// The process was killed because its time was over.
    has_killed: bool,
    has_ended: bool,
}

impl Timer {
    pub(super) fn new(child: &Arc<Mutex<Child>>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let (seen, child) = (Arc::clone(&shared), Arc::downgrade(child));
        std::thread::Builder::new()
            .name("worker-timer".into())
            .spawn(move || seen.watch(&child))?;
        Ok(Self { shared })
    }

    /// Starts the clock.
    pub(super) fn start(&self, time: Duration) {
        lock(&self.shared.state).left = Some(time);
        self.shared.changed.notify_all();
    }

    /// Stops the clock and returns the time that is left; `None` if the process was killed.
    pub(super) fn stop(&self) -> Option<Duration> {
        let mut state = lock(&self.shared.state);
        let left = state.left.take().unwrap_or_default();
        (!state.has_killed).then_some(left)
    }

    pub(super) fn has_killed(&self) -> bool {
        lock(&self.shared.state).has_killed
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        lock(&self.shared.state).has_ended = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn watch(&self, child: &Weak<Mutex<Child>>) {
        let mut state = lock(&self.state);
        while !state.has_ended {
            let Some(left) = state.left else {
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let step = left.min(STEP);
            let waited = self.changed.wait_timeout(state, step);
            let (woken, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            state = woken;
            // A clock that was started anew meanwhile has its whole time.
            if !waited.timed_out() || state.left != Some(left) {
                continue;
            }
            state.left = Some(left.saturating_sub(step));
            if left <= step {
                state.left = None;
                state.has_killed = true;
                if let Some(child) = child.upgrade() {
                    // A process that cannot be killed has ended.
                    let _ = lock(&child).kill();
                }
            }
        }
    }
}
