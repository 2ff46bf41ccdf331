//! One worker as its parent sees it: its pipes, its deadline, and why it ended.

use super::answer;
use super::message::{
    JobHeader, Outcome, Setup, Task, ToParent, ToWorker, VERSION, receive, receive_bytes, send,
};
use super::timer::Timer;
use super::{Job, deadline, lock, memory};
use crate::budget::Permit;
use crate::decode::Photo;
use crate::{Budget, DecodeLimits, Failure, FailureKind, FileFacts};
use image::RgbImage;
use std::io::{self, ErrorKind, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use tracing::debug;

/// The end of what a worker writes to stderr, in bytes: a panic's or an allocator's last message.
const LAST_WORDS: usize = 2000;

/// What an allocation that fails makes the standard library say before it ends the process.
const OUT_OF_MEMORY: &str = "memory allocation of";

/// A running worker.
#[derive(Debug)]
pub(super) struct Process {
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    output: ChildStdout,
    errors: Option<JoinHandle<Vec<u8>>>,
    timer: Timer,
    limits: DecodeLimits,
    /// Whether the worker has said that it is ready.
    is_greeted: bool,
    retires: bool,
    last_words: String,
}

/// What a worker has made of a file.
pub(super) enum Answer {
    Picture(Box<Photo>),
    Facts(Box<FileFacts>),
}

/// Why a worker gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ended by itself or by a signal of its own making.
    Crashed,
    /// Its time was over.
    Overdue,
    /// It ended because the system gave it no more memory.
    OutOfMemory,
    /// Another process ended it.
    Killed,
    /// It answered what no worker answers.
    Nonsense,
    /// The parent has no memory for the picture.
    NoRoom,
}

impl Process {
    /// Starts a worker. It need not be ready when this returns.
    pub(super) fn start(mut command: Command, limits: DecodeLimits) -> io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // Ctrl-C in a terminal goes to a process group. Of a group of their own, workers finish
            // their files, and no good file fails because its worker was interrupted.
            command.process_group(0);
            // A drive can be unmounted while workers wait.
            command.current_dir("/");
        }
        let mut child = command.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        widen(&input, &output);
        let child = Arc::new(Mutex::new(child));
        let reader = std::thread::Builder::new().name("worker-errors".into());
        Ok(Self {
            timer: Timer::new(&child)?,
            errors: Some(reader.spawn(move || last_bytes(errors))?),
            child,
            input,
            output,
            limits,
            is_greeted: false,
            retires: false,
            last_words: String::new(),
        })
    }

    /// Tells the worker its limits and waits until it has applied them.
    fn greet(&mut self) -> Result<(), Fault> {
        let time = deadline(self.limits);
        let setup = ToWorker::Setup(Setup {
            pixels: self.limits.pixels,
            bytes: self.limits.bytes,
            memory: memory::limit(self.limits),
            seconds: time.as_secs(),
        });
        self.timer.start(time);
        let greeted = send(&mut self.input, &setup).and_then(|()| receive(&mut self.output));
        match greeted {
            Ok(ToParent::Ready { version, missing }) if version == VERSION => {
                for protection in missing {
                    debug!("decoding without {protection}");
                }
                self.is_greeted = true;
                self.timer.stop().map(drop).ok_or(Fault::Overdue)
            }
            Ok(_) => Err(Fault::Nonsense),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// Has the worker decode a file.
    ///
    /// # Errors
    ///
    /// The outer error is the worker's and ends it; the inner one is the file's.
    pub(super) fn ask(
        &mut self,
        job: &Job<'_>,
        task: Task,
    ) -> Result<Result<Answer, Failure>, Fault> {
        if !self.is_greeted {
            self.greet()?;
        }
        self.timer.start(deadline(self.limits));
        let answer = self.exchange(job, task);
        let answer = answer.map_err(|error| match error.kind() {
            ErrorKind::OutOfMemory => Fault::NoRoom,
            _ => self.fault(&error),
        });
        match self.timer.stop() {
            Some(_) => answer,
            // Killed after its last byte: the answer is whole.
            None if answer.is_ok() => answer,
            None => Err(Fault::Overdue),
        }
    }

    fn exchange(&mut self, job: &Job<'_>, task: Task) -> io::Result<Result<Answer, Failure>> {
        let header = ToWorker::Job(JobHeader {
            task,
            extension: job.extension.to_vec(),
            part: job.part.clone(),
            length: job.bytes.len() as u64,
        });
        send(&mut self.input, &header)?;
        io::Write::write_all(&mut self.input, job.bytes)?;
        let mut held = None;
        loop {
            match receive(&mut self.output)? {
                ToParent::Ready { .. } => return Err(ErrorKind::InvalidData.into()),
                ToParent::Room { bytes } => {
                    // A decoder that needs more than it thought gives back the former first: while
                    // a thread waits for memory it must hold none.
                    drop(held.take());
                    held = Some(self.wait_for_room(bytes, job.budget)?);
                    send(&mut self.input, &ToWorker::Granted)?;
                }
                ToParent::Done { outcome, retires } => {
                    self.retires = retires;
                    return match outcome {
                        Ok(outcome) => self.finish(job, task, *outcome, held).map(Ok),
                        Err(failure) => Ok(Err(Failure::new(failure.kind, failure.reason))),
                    };
                }
            }
        }
    }

    /// Waits for memory with the clock standing: other files take that time.
    fn wait_for_room(&self, bytes: u64, budget: &Budget) -> io::Result<Permit> {
        let left = self.timer.stop().ok_or(ErrorKind::TimedOut)?;
        let permit = budget.picture(bytes);
        self.timer.start(left);
        Ok(permit)
    }

    /// Checks an answer and reads its pixels.
    fn finish(
        &mut self,
        job: &Job<'_>,
        task: Task,
        outcome: Outcome,
        mut held: Option<Permit>,
    ) -> io::Result<Answer> {
        let (facts, picture) = answer::checked(outcome, task, job.limits)?;
        let Some(picture) = picture else {
            return Ok(Answer::Facts(Box::new(facts)));
        };
        let length = picture.bytes();
        // The decoder has asked for more than its result. What did not ask pays now.
        if held.as_ref().is_none_or(|held| !held.covers(length)) {
            drop(held.take());
            held = Some(self.wait_for_room(length, job.budget)?);
        }
        let pixels = receive_bytes(&mut self.output, length)?;
        let image = RgbImage::from_raw(picture.width, picture.height, pixels);
        let (Some(image), Some(mut memory)) = (image, held) else {
            return Err(ErrorKind::InvalidData.into());
        };
        memory.keep(length);
        Ok(Answer::Picture(Box::new(Photo {
            image,
            scale: picture.scale,
            size: picture.whole,
            facts: facts.facts,
            unread: facts.unread,
            memory,
        })))
    }

    pub(super) fn is_greeted(&self) -> bool {
        self.is_greeted
    }

    /// Whether the process still runs, with these limits.
    pub(super) fn is_ready(&self, limits: DecodeLimits) -> bool {
        self.limits == limits && matches!(lock(&self.child).try_wait(), Ok(None))
    }

    /// Whether the process may take another file.
    pub(super) fn can_go_on(&self) -> bool {
        !self.retires && !self.timer.has_killed() && !memory::has_kept_much(lock(&self.child).id())
    }

    pub(super) fn child(&self) -> Weak<Mutex<Child>> {
        Arc::downgrade(&self.child)
    }

    /// What the process wrote before it ended, for the log alone: it may quote the file.
    pub(super) fn log_last_words(&self) {
        if !self.last_words.is_empty() {
            debug!("a decoder's last words: {}", self.last_words);
        }
    }

    /// Ends the process, if it has not ended, and finds out why it gave no answer.
    fn fault(&mut self, error: &io::Error) -> Fault {
        let is_nonsense = error.kind() == ErrorKind::InvalidData;
        if is_nonsense || self.timer.has_killed() {
            self.end();
            return if is_nonsense {
                Fault::Nonsense
            } else {
                Fault::Overdue
            };
        }
        // Its pipe is closed, so it ends. One that closed it by itself and lives on is overdue soon.
        let status = lock_until_ended(&self.child);
        self.end();
        if self.timer.has_killed() {
            return Fault::Overdue;
        }
        if self.last_words.contains(OUT_OF_MEMORY) {
            return Fault::OutOfMemory;
        }
        status.map_or(Fault::Crashed, cause)
    }

    /// Kills the process, waits for its end and collects its last words.
    fn end(&mut self) -> Option<ExitStatus> {
        let mut child = lock(&self.child);
        // A process that cannot be killed has ended.
        let _ = child.kill();
        let status = child.wait().ok();
        drop(child);
        if let Some(Ok(words)) = self.errors.take().map(JoinHandle::join) {
            let words = String::from_utf8_lossy(&words).into_owned();
            self.last_words = words.replace(|c: char| c.is_control(), " ");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Fault {
    pub(super) fn failure(self, limits: DecodeLimits) -> Failure {
        let failed = FailureKind::DecoderFailed;
        match self {
            Self::Crashed => Failure::new(failed, "its decoder crashed"),
            Self::Overdue => {
                let seconds = deadline(limits).as_secs();
                Failure::new(failed, format!("its decoder took more than {seconds} s"))
            }
            Self::OutOfMemory => {
                let megabytes = memory::limit(limits) / 1_000_000;
                let reason = format!("its decoder needed more than {megabytes} MB");
                Failure::new(failed, reason)
            }
            Self::Nonsense => Failure::new(failed, "its decoder gave no valid answer"),
            Self::Killed => super::interrupted("its decoder was killed twice"),
            Self::NoRoom => super::interrupted("there is no memory for its picture"),
        }
    }
}

/// Polls until the process has ended: a wait that holds the lock would keep the timer from killing it.
fn lock_until_ended(child: &Mutex<Child>) -> Option<ExitStatus> {
    loop {
        match lock(child).try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => {}
            Err(_) => return None,
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Why a process ended, by its status.
#[cfg(unix)]
fn cause(status: ExitStatus) -> Fault {
    use rustix::process::Signal;
    use std::os::unix::process::ExitStatusExt;
    let from_outside = [
        Signal::KILL,
        Signal::TERM,
        Signal::INT,
        Signal::HUP,
        Signal::QUIT,
    ];
    match status.signal() {
        // The limit of processor time.
        Some(signal) if signal == Signal::XCPU.as_raw() => Fault::Overdue,
        Some(signal) if from_outside.iter().any(|known| known.as_raw() == signal) => Fault::Killed,
        _ => Fault::Crashed,
    }
}

/// Other systems have no signals: whoever ends a process chooses its code.
#[cfg(not(unix))]
fn cause(_: ExitStatus) -> Fault {
    Fault::Crashed
}

/// Reads to the end and keeps the last bytes, so that a decoder that writes much never waits.
fn last_bytes(mut errors: ChildStderr) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut part = [0; 4096];
    while let Ok(count @ 1..) = errors.read(&mut part) {
        kept.extend_from_slice(part.get(..count).unwrap_or_default());
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    kept
}

/// Makes the pipes hold a megabyte, as much as Linux lets anybody have: pictures have many.
#[cfg(target_os = "linux")]
fn widen(input: &ChildStdin, output: &ChildStdout) {
    const BYTES: usize = 1 << 20;
    // Narrow pipes work too.
    let _ = rustix::pipe::fcntl_setpipe_size(input, BYTES);
    let _ = rustix::pipe::fcntl_setpipe_size(output, BYTES);
}

#[cfg(not(target_os = "linux"))]
fn widen(_: &ChildStdin, _: &ChildStdout) {}

#[cfg(all(test, unix))]
mod tests {
    use super::{Fault, cause};
    use std::process::Command;

    #[test]
    fn signals_tell_who_ended_a_worker() {
        let check = |signal: &str, fault: Fault| {
            let script = format!("kill -{signal} $$");
            let status = Command::new("sh").args(["-c", &script]).status();
            assert_eq!(cause(status.unwrap()), fault, "{signal}");
        };
        check("KILL", Fault::Killed);
        check("TERM", Fault::Killed);
        check("HUP", Fault::Killed);
        check("XCPU", Fault::Overdue);
        check("ABRT", Fault::Crashed);
        check("SEGV", Fault::Crashed);
    }
}
