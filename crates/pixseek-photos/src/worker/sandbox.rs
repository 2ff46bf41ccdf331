//! A worker gives up what decoding does not need: memory and processor time beyond limits, files,
//! the network, other programs. Each protection that the system lacks is named and does without.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod seccomp;

use super::message::Setup;
use std::fs::File;
use std::io;

/// The pipe to the parent.
pub(super) type Output = File;

/// A worker that has used so much processor time takes no other file. It also ends what a decoder
/// has leaked by then.
#[cfg(unix)]
const RETIRES_AFTER: u64 = 600;

/// Enters the sandbox, and returns the names of the protections that the system does not have.
#[cfg(unix)]
pub(super) fn enter(setup: &Setup) -> Vec<String> {
    let mut missing = Vec::new();
    let mut entered = |name: &str, result: Result<(), String>| {
        if let Err(reason) = result {
            missing.push(format!("{name}: {reason}"));
        }
    };
    // In this order, because each takes away what the ones before it need: Landlock opens a
    // descriptor, the watch starts a thread, limits are set by a system call.
    #[cfg(target_os = "linux")]
    entered("Landlock", landlock::enter());
    entered("a watch on its parent", watch_parent());
    limit(setup, &mut entered);
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    entered("seccomp", seccomp::enter());
    missing
}

/// Other systems have the deadline alone, which the parent holds.
#[cfg(not(unix))]
pub(super) fn enter(_: &Setup) -> Vec<String> {
    vec!["limits and a sandbox, which this system has no way for".into()]
}

/// Ends the process when the parent closes the pipe or is gone, even while a decoder computes.
#[cfg(unix)]
fn watch_parent() -> Result<(), String> {
    use rustix::event::{PollFd, PollFlags, poll};
    let watch = || {
        loop {
            let stdin = io::stdin();
            // Without a wish, `poll` returns when the other end is closed, and not for data.
            let mut pipe = [PollFd::new(&stdin, PollFlags::empty())];
            match poll(&mut pipe, None) {
                Err(rustix::io::Errno::INTR) => {}
                _ => std::process::exit(0),
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("worker-watch".into())
        .stack_size(128 << 10);
    thread
        .spawn(watch)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Sets limits that the process cannot raise again.
#[cfg(unix)]
fn limit(setup: &Setup, entered: &mut impl FnMut(&str, Result<(), String>)) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Descriptors: the pipes and stderr. None is free.
    const DESCRIPTORS: u64 = 4;
    let limits = [
        ("a limit on memory", Resource::As, setup.memory),
        (
            "a limit on processor time",
            Resource::Cpu,
            RETIRES_AFTER.saturating_add(setup.seconds),
        ),
        ("a limit on open files", Resource::Nofile, DESCRIPTORS),
        ("a limit on written files", Resource::Fsize, 0),
        ("a limit on core dumps", Resource::Core, 0),
    ];
    for (name, resource, most) in limits {
        // What is stricter already stays.
        let most = getrlimit(resource).maximum.unwrap_or(u64::MAX).min(most);
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        let set = setrlimit(resource, limit);
        entered(name, set.map_err(|error| error.to_string()));
    }
}

/// Whether another file could meet the limit on processor time.
#[cfg(unix)]
pub(super) fn is_nearly_out_of_time() -> bool {
    use rustix::time::{ClockId, clock_gettime};
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    u64::try_from(used).is_ok_and(|used| used >= RETIRES_AFTER)
}

#[cfg(not(unix))]
pub(super) fn is_nearly_out_of_time() -> bool {
    false
}

/// Takes the pipe to the parent out of stdout's place. What a decoder prints goes to stderr then, and
/// not between the answers.
#[cfg(unix)]
pub(super) fn take_stdout() -> io::Result<Output> {
    use std::os::fd::AsFd;
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(pipe))
}

#[cfg(windows)]
pub(super) fn take_stdout() -> io::Result<Output> {
    use std::os::windows::io::AsHandle;
    let pipe = io::stdout().as_handle().try_clone_to_owned()?;
    Ok(File::from(pipe))
}
