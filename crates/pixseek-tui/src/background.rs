//! One thread for the jobs that take a moment and may fail: opening, exporting, saving.

use crate::history;
use crate::message::Message;
use crossbeam_channel::{Sender, unbounded};
use pixseek_engine::{EngineError, Saved};
use std::path::Path;
use std::thread::JoinHandle;

/// A job, which returns the message that says how it ended.
type Job = Box<dyn FnOnce() -> Option<Message> + Send>;

/// The thread and the jobs that wait for it.
pub struct Background {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Background {
    /// Starts the thread.
    pub fn start(messages: Sender<Message>) -> Self {
        let (jobs, waiting) = unbounded::<Job>();
        let thread = std::thread::spawn(move || {
            for job in waiting {
                if let Some(message) = job() {
                    let _ = messages.send(message);
                }
            }
        });
        Self { jobs, thread }
    }

    /// Runs a job after those that wait already.
    pub fn run(&self, job: impl FnOnce() -> Option<Message> + Send + 'static) {
        let _ = self.jobs.send(Box::new(job));
    }

    /// Runs all jobs that wait, and ends the thread.
    pub fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

/// Saves a query under a name, and returns how that went.
pub fn save_query(index: &Path, name: &str, query: &str) -> String {
    match Saved::keep(index, name, query) {
        Ok(_) => format!("saved as @{name}"),
        Err(EngineError::Query { error, .. }) => format!("not saved: {}", error.message),
        Err(error) => format!("not saved: {error}"),
    }
}

/// Appends a query to the history, and returns what went wrong.
pub fn remember_query(history: &Path, query: &str) -> Option<String> {
    let error = history::append(history, query).err()?;
    Some(format!("the history is not written: {error}"))
}

/// Deletes a query from the history, and returns what went wrong.
pub fn forget_query(history: &Path, query: &str) -> Option<String> {
    let error = history::forget(history, query).err()?;
    Some(format!("the history is not written: {error}"))
}
