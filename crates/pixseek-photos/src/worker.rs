//! Decodes files in other processes, so that a decoder that crashes, hangs, takes all memory or is
//! taken over by a file costs one failure and nothing else.
//!
//! [`Workers`] starts the processes when files need them, at most one a thread, and keeps them for
//! the files that follow. A worker is the same program with a hidden command that calls [`serve()`]. It
//! receives a file's bytes through a pipe and answers with pixels and facts. Nothing that it says is
//! trusted: lengths, sizes and texts are checked before they count ([`answer`]).
//!
//! | a decoder that | is stopped by | on |
//! |---|---|---|
//! | hangs | the deadline of a file, after which the parent kills it | all systems |
//! | computes for ever after its parent is gone | the closed pipe, and a limit on processor time | Unix |
//! | takes too much memory | a limit on its address space | Linux, other Unix as far as they enforce it |
//! | keeps memory between files | a new worker for the next file | Linux |
//! | opens files | a limit of open files, Landlock, seccomp | Unix; Linux |
//! | connects to the network, starts programs | seccomp, Landlock | Linux on x86-64 and ARM64 |
//!
//! Where a system lacks one of them, the others hold, and the log says so at `debug`.
//!
//! Files go through pipes and not as open descriptors: a worker then needs no right to any file, and
//! the parent has read the bytes anyway, to hash them. Pixels come back through a pipe, too, already
//! reduced to what the model looks at: of pictures of 12 megapixels, photos per second of processor time
//! with workers are 1.00 (HEIC), 0.98 (AVIF) and 1.02 (JPEG XL) of those without (`--example isolation`,
//! busy cores, 2026-11-26). Shared memory would save the way of whole pictures, but a
//! worker could change the pixels while they are used, and mapping it is `unsafe`.

mod answer;
mod memory;
mod message;
mod process;
mod sandbox;
mod serve;
#[cfg(test)]
mod tests;
mod timer;

pub use serve::{serve, serve_with};

use crate::decode::Photo;
use crate::file::Part;
use crate::{Budget, DecodeLimits, Failure, FailureKind, FileFacts};
use message::Task;
use process::{Answer, Fault, Process};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// Time for a file, whatever its size.
const TIME: Duration = Duration::from_secs(20);
/// Time in addition for each megapixel that a picture may have. HEIC, the slowest of the formats,
/// takes less than a tenth of it, so that a machine may be ten times as slow or as busy.
const TIME_A_MEGAPIXEL: Duration = Duration::from_millis(200);

/// Processes that decode files, started when they are needed. Clones share them, and they end with
/// the last clone.
#[derive(Debug, Clone)]
pub struct Workers {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    /// The program and its arguments.
    program: PathBuf,
    arguments: Vec<OsString>,
    isolates_all: bool,
    /// The processes that wait for a file.
    idle: Mutex<Vec<Process>>,
    /// All processes, for [`Workers::end`].
    started: Mutex<Vec<Weak<Mutex<Child>>>>,
    has_ended: AtomicBool,
}

/// A file on its way to a worker.
pub(crate) struct Job<'a> {
    pub bytes: &'a [u8],
    /// The extension of the file's name: some formats have no magic bytes of their own.
    pub extension: &'a [u8],
    /// Which part of the file the bytes are.
    pub part: &'a Part,
    pub limits: DecodeLimits,
    pub budget: &'a Budget,
}

impl Workers {
    /// Workers that run `program`, which must call [`serve()`] when it is started with `arguments`.
    #[must_use]
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        Self {
            pool: Arc::new(Pool {
                program,
                arguments,
                isolates_all: false,
                idle: Mutex::default(),
                started: Mutex::default(),
                has_ended: AtomicBool::new(false),
            }),
        }
    }

    /// Workers that decode the files of every format, for tests and measurements.
    #[must_use]
    pub fn for_all_formats(program: PathBuf, arguments: Vec<OsString>) -> Self {
        let mut workers = Self::new(program, arguments);
        if let Some(pool) = Arc::get_mut(&mut workers.pool) {
            pool.isolates_all = true;
        }
        workers
    }

    /// Kills all workers, also those that are decoding, and starts no others: what is not decoded yet
    /// fails as interrupted. A run that is stopped need not wait for its slowest file.
    pub fn end(&self) {
        self.pool.has_ended.store(true, Ordering::SeqCst);
        for child in lock(&self.pool.started).drain(..) {
            if let Some(child) = child.upgrade() {
                // A process that cannot be killed has ended.
                let _ = lock(&child).kill();
            }
        }
        lock(&self.pool.idle).clear();
    }

    /// Whether [`Workers::end`] was called: the run was stopped.
    #[cfg_attr(not(feature = "video"), expect(dead_code, reason = "films ask it"))]
    pub(crate) fn has_ended(&self) -> bool {
        self.pool.has_ended.load(Ordering::SeqCst)
    }

    pub(crate) fn isolates_all(&self) -> bool {
        self.pool.isolates_all
    }

    /// Decodes a picture as [`crate::PhotoFile::decode_at_least`] does.
    pub(crate) fn picture(&self, job: &Job<'_>, side: u32, frame: usize) -> Result<Photo, Failure> {
        match self.ask(job, Task::Picture { side, frame })? {
            Answer::Picture(photo) => Ok(*photo),
            Answer::Facts(_) => Err(Fault::Nonsense.failure(job.limits)),
        }
    }

    /// Reads the facts as [`crate::PhotoFile::facts`] does.
    pub(crate) fn facts(&self, job: &Job<'_>) -> Result<FileFacts, Failure> {
        match self.ask(job, Task::Facts)? {
            Answer::Facts(facts) => Ok(*facts),
            Answer::Picture(_) => Err(Fault::Nonsense.failure(job.limits)),
        }
    }

    /// A file whose worker was killed from outside is given to a second one: the system may have
    /// chosen it when memory was short, or a person took it for something else.
    fn ask(&self, job: &Job<'_>, task: Task) -> Result<Answer, Failure> {
        let mut was_killed = false;
        loop {
            let mut process = self.take(job.limits)?;
            match process.ask(job, task) {
                Ok(answer) => {
                    self.keep(process);
                    return answer;
                }
                Err(fault) => {
                    process.log_last_words();
                    if self.pool.has_ended.load(Ordering::SeqCst) {
                        return Err(interrupted("the run was stopped"));
                    }
                    if fault == Fault::Killed && !was_killed {
                        was_killed = true;
                        continue;
                    }
                    let failure = fault.failure(job.limits);
                    if process.is_greeted() || fault == Fault::Killed {
                        return Err(failure);
                    }
                    // It has seen no byte of the file.
                    let reason = format!("no decoder could be started: {}", failure.reason);
                    return Err(interrupted(&reason));
                }
            }
        }
    }

    /// Takes a process that waits, or starts one.
    fn take(&self, limits: DecodeLimits) -> Result<Process, Failure> {
        loop {
            let waiting = lock(&self.pool.idle).pop();
            match waiting {
                Some(process) if process.is_ready(limits) => return Ok(process),
                // It has ended since, or its limits are those of another caller.
                Some(_) => {}
                None => break,
            }
        }
        let mut command = Command::new(&self.pool.program);
        command.args(&self.pool.arguments);
        let not_started = |error| interrupted(&format!("its decoder cannot be started: {error}"));
        let process = Process::start(command, limits).map_err(not_started)?;
        let mut started = lock(&self.pool.started);
        started.retain(|child| child.strong_count() > 0);
        started.push(process.child());
        drop(started);
        // Checked after the process is in the list: `end` either finds it there, or is found here.
        if self.pool.has_ended.load(Ordering::SeqCst) {
            return Err(interrupted("the run was stopped"));
        }
        Ok(process)
    }

    fn keep(&self, process: Process) {
        if process.can_go_on() && !self.pool.has_ended.load(Ordering::SeqCst) {
            lock(&self.pool.idle).push(process);
        }
    }
}

/// The time that a file may take in a worker, without the time that it waits for memory.
fn deadline(limits: DecodeLimits) -> Duration {
    let megapixels = u32::try_from(limits.pixels / 1_000_000).unwrap_or(u32::MAX);
    TIME.saturating_add(TIME_A_MEGAPIXEL.saturating_mul(megapixels))
}

fn interrupted(reason: &str) -> Failure {
    Failure::new(FailureKind::Interrupted, reason)
}

/// No thread panics while it holds one of these locks with its data half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
