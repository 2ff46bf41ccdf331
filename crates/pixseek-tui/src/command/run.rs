//! Runs a command on photos, on its own thread because it may take arbitrarily long: tells what it
//! prints and how it ended, and stops it.

use super::{CommandError, words};
use crate::message::Message;
use crate::stoppable::StoppableThread;
use crossbeam_channel::Sender;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The time between two looks at a running command.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A command that was told to stop has this time to do so. Then it is killed.
const GRACE: Duration = Duration::from_secs(2);
/// The last output of a command that has ended arrives within this time. A program that the command
/// has started, and that holds its output open, is not waited for.
const LAST_OUTPUT: Duration = Duration::from_millis(300);
/// The most bytes of a line that are kept: the screen has no room for more.
const LONGEST_LINE: usize = 1000;

/// A command on its own thread. Dropping it stops the command and waits for its end.
pub struct CommandRun {
    number: u64,
    thread: StoppableThread,
}

impl CommandRun {
    /// Starts a command line on photos. It sends [`Message::CommandSaid`] for what the command
    /// prints, and [`Message::CommandEnded`] at the end.
    pub fn start(
        number: u64,
        line: String,
        paths: Vec<PathBuf>,
        messages: Sender<Message>,
    ) -> Self {
        let thread = StoppableThread::start(move |stop| {
            let tell = |line| {
                let _ = messages.send(Message::CommandSaid { number, line });
            };
            let notice = match run(&line, &paths, stop, &tell) {
                Ok(summary) => format!("{summary}: {line}"),
                Err(error) => error.to_string(),
            };
            let _ = messages.send(Message::CommandEnded { number, notice });
        });
        Self { number, thread }
    }

    /// Returns the number of the command.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether the command has ended.
    pub fn is_over(&self) -> bool {
        self.thread.is_over()
    }

    /// Asks the command to end.
    pub fn stop(&self) {
        self.thread.stop();
    }
}

/// The last lines that a command has printed.
#[derive(Debug, Clone, Default)]
struct Said {
    output: String,
    errors: String,
    /// The last line of either.
    last: String,
}

/// Runs a command line until it ends or is stopped, and returns its summary. Calls `tell` with what
/// it prints.
fn run(
    line: &str,
    paths: &[PathBuf],
    stop: &AtomicBool,
    tell: &dyn Fn(String),
) -> Result<String, CommandError> {
    let words = words(line, paths)?;
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own, so that stopping it also stops the programs that it has started.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|source| CommandError::Start {
        program: words[0].clone(),
        source,
    })?;
    let said = Arc::new(Mutex::new(Said::default()));
    let readers = [
        child
            .stdout
            .take()
            .map(|pipe| read(pipe, &said, |said| &mut said.output)),
        child
            .stderr
            .take()
            .map(|pipe| read(pipe, &said, |said| &mut said.errors)),
    ];
    let mut told = String::new();
    let mut stopped: Option<Instant> = None;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) => {}
            Err(_) => break None,
        }
        if stop.load(Ordering::Relaxed) {
            let since = stopped.get_or_insert_with(|| {
                terminate(&mut child);
                Instant::now()
            });
            if since.elapsed() >= GRACE {
                let _ = child.kill();
            }
        }
        let last = of(&said).last;
        if last != told {
            told.clone_from(&last);
            tell(last);
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let end = Instant::now();
    let is_reading = || readers.iter().flatten().any(|reader| !reader.is_finished());
    while is_reading() && end.elapsed() < LAST_OUTPUT {
        std::thread::sleep(LOOK_EVERY / 5);
    }
    Ok(summary(status, stopped.is_some(), &of(&said)))
}

fn of(said: &Mutex<Said>) -> Said {
    said.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Starts a thread that keeps the last line of a pipe.
fn read(
    mut pipe: impl Read + Send + 'static,
    said: &Arc<Mutex<Said>>,
    part: fn(&mut Said) -> &mut String,
) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        let mut line = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            for byte in &buffer[..count] {
                // Programs that show their progress end lines with a carriage return.
                if matches!(byte, b'\n' | b'\r') {
                    keep(&said, &line, part);
                    line.clear();
                } else if line.len() < LONGEST_LINE {
                    line.push(*byte);
                }
            }
        }
        keep(&said, &line, part);
    })
}

/// Keeps a line that is not empty as the last one.
fn keep(said: &Mutex<Said>, line: &[u8], part: fn(&mut Said) -> &mut String) {
    let line = String::from_utf8_lossy(line).trim().to_owned();
    if line.is_empty() {
        return;
    }
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    part(&mut said).clone_from(&line);
    said.last = line;
}

/// Tells a command, and the programs that it has started, to end.
fn terminate(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(group) = i32::try_from(child.id()) {
        use nix::sys::signal::{Signal, killpg};
        // The child is not awaited yet, so no other process has its number.
        if killpg(nix::unistd::Pid::from_raw(group), Signal::SIGTERM).is_ok() {
            return;
        }
    }
    let _ = child.kill();
}

/// Returns how a command ended and its last line, as in `failed with exit code 1: no such file`.
fn summary(status: Option<ExitStatus>, was_stopped: bool, said: &Said) -> String {
    let state = match (status, status.and_then(|status| status.code())) {
        (_, Some(0)) => "done".into(),
        _ if was_stopped => "stopped".into(),
        (_, Some(code)) => format!("failed with exit code {code}"),
        (Some(status), None) => format!("ended by {status}"),
        (None, None) => "ended".into(),
    };
    let last = [&said.errors, &said.output];
    match last.into_iter().find(|line| !line.is_empty()) {
        Some(line) => format!("{state}: {line}"),
        None => state,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::CommandRun;
    use crate::message::Message;
    use crossbeam_channel::{Receiver, unbounded};

    fn start(line: &str) -> (CommandRun, Receiver<Message>) {
        let (sender, messages) = unbounded();
        let run = CommandRun::start(1, line.into(), vec!["/x y".into()], sender);
        (run, messages)
    }

    /// Waits for the end of a command, and returns its notice without the command line.
    fn notice(line: &str, messages: &Receiver<Message>) -> String {
        let notice = messages.iter().find_map(|message| match message {
            Message::CommandEnded { notice, .. } => Some(notice),
            _ => None,
        });
        let notice = notice.unwrap();
        notice.replace(&format!(": {line}"), "")
    }

    #[test]
    fn the_end_of_a_command_is_told() {
        for (line, expected) in [
            ("echo {}", "done: /x y"),
            ("true", "done"),
            (
                "sh -c 'echo so far; echo no such thing >&2; exit 3'",
                "failed with exit code 3: no such thing",
            ),
        ] {
            let (_run, messages) = start(line);
            assert_eq!(notice(line, &messages), expected);
        }
        let (_run, messages) = start("no-such-program-here");
        let notice = notice("", &messages);
        assert!(
            notice.starts_with("no-such-program-here does not start"),
            "{notice}"
        );
    }

    #[test]
    fn a_command_tells_what_it_does_and_is_stopped() {
        // The shell waits for a second program, which must end with it.
        let line = "sh -c 'echo at work; sleep 600; echo never'";
        let (run, messages) = start(line);
        let said = messages.recv().unwrap();
        assert!(
            matches!(&said, Message::CommandSaid { line, .. } if line == "at work"),
            "{said:?}"
        );
        run.stop();
        assert_eq!(notice(line, &messages), "stopped: at work");
        drop(run);
        // Dropping a run ends its command: without that, this would last for ten minutes.
        let line = "sh -c 'sleep 600'";
        let (run, messages) = start(line);
        drop(run);
        assert_eq!(notice(line, &messages), "stopped");
    }
}
