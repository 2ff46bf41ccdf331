//! Runs the jobs that take a moment and may fail on one thread: opening, exporting, saving.

use crate::history;
use crate::message::Message;
use crossbeam_channel::{Sender, unbounded};
use pixseek_engine::{EngineError, Saved};
use std::path::Path;
use std::thread::JoinHandle;

/// A job. It returns a message about its result.
type Job = Box<dyn FnOnce() -> Option<Message> + Send>;

/// The background thread and its queue of jobs.
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

    /// Runs a job after those already waiting.
    pub fn run(&self, job: impl FnOnce() -> Option<Message> + Send + 'static) {
        let _ = self.jobs.send(Box::new(job));
    }

    /// Runs all waiting jobs, and ends the thread.
    pub fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

/// Saves a query under a name, unless another query has it and `replaces` is false.
pub fn save_query(index: &Path, name: String, query: &str, replaces: bool) -> Message {
    let before = Saved::read(index).ok();
    let before = before.and_then(|saved| saved.get(&name).map(str::to_owned));
    if let Some(before) = before.filter(|before| !replaces && before != query) {
        return Message::NameTaken { name, before };
    }
    Message::QuerySaved(match Saved::keep(index, &name, query) {
        Ok(_) => format!("saved as @{name}"),
        Err(EngineError::Query { error, .. }) => format!("not saved: {}", error.message),
        Err(error) => format!("not saved: {error}"),
    })
}

/// Appends a query to the history. Returns a notice if that fails.
pub fn remember_query(history: &Path, query: &str) -> Option<String> {
    let error = history::append(history, query).err()?;
    Some(format!("the history is not written: {error}"))
}

/// Deletes a query from the history. Returns a notice if that fails.
pub fn forget_query(history: &Path, query: &str) -> Option<String> {
    let error = history::forget(history, query).err()?;
    Some(format!("the history is not written: {error}"))
}
