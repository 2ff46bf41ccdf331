//! What only Linux denies, and who ends whom, as `/proc` tells.

use crate::{PARENT, World, checked, decode, drawn};
use libtest_mimic::Trial;
use pixseek_photos::FailureKind;
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    vec![
        tried("a_decoder_opens_no_file", "open", "open: PermissionDenied"),
        tried(
            "a_decoder_creates_no_file",
            "create",
            "create: PermissionDenied",
        ),
        tried(
            "a_decoder_connects_nowhere",
            "connect",
            "connect: PermissionDenied",
        ),
        tried(
            "a_decoder_starts_no_program",
            "start",
            "start: PermissionDenied",
        ),
        tried("a_decoder_may_start_threads", "thread", "thread worked"),
        Trial::test("a_worker_killed_while_it_waits_is_replaced", || {
            checked(killed_while_it_waits)
        }),
        Trial::test("a_worker_that_keeps_memory_is_replaced", || {
            checked(keeps_memory)
        }),
        Trial::test("a_worker_killed_twice_is_an_interruption", || {
            checked(killed_twice)
        }),
        Trial::test("workers_end_when_their_parent_is_killed", || {
            checked(parent_killed)
        }),
        Trial::test("a_stopped_run_ends_its_workers", || checked(stopped)),
        Trial::test("a_dropped_pool_leaves_no_process", || checked(leaves_none)),
    ]
}

/// A worker that tries what it is denied or allowed, and goes on. Limits deny most of it too, but
/// with another error than the sandbox, which some kernels lack.
fn tried(name: &'static str, end: &'static str, reason: &'static str) -> Trial {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let has_filters =
        status.contains("\nSeccomp:") && cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
    let trial = Trial::test(name, move || {
        checked(|| {
            let world = World::new("misbehaves");
            assert_eq!(world.decode(end).err().unwrap().reason, reason);
            world.goes_on();
        })
    });
    trial.with_ignored_flag(!has_filters)
}

/// Kills the workers of a file until it fails.
fn killed_twice() {
    let world = World::new("misbehaves");
    let path = world.file("spin");
    std::thread::scope(|scope| {
        let spinning = scope.spawn(|| decode(&path, &world.decoders));
        let first = computing(&world.mark, None);
        kill(first);
        kill(computing(&world.mark, Some(first)));
        let failure = spinning.join().unwrap().err().unwrap();
        assert_eq!(failure.kind, FailureKind::Interrupted);
        assert_eq!(failure.reason, "its decoder was killed twice");
    });
    world.goes_on();
}

fn killed_while_it_waits() {
    let world = World::new("misbehaves");
    world.goes_on();
    let processes = processes_of(&world.mark);
    assert_eq!(processes.len(), 1);
    kill(processes[0]);
    world.goes_on();
}

fn keeps_memory() {
    let world = World::new("misbehaves");
    world.goes_on();
    let first = processes_of(&world.mark);
    world.goes_on();
    assert_eq!(processes_of(&world.mark), first);
    assert_eq!(world.decode("leak").unwrap().image, drawn());
    assert_eq!(processes_of(&world.mark), []);
    world.goes_on();
}

/// Another process is the parent here, so that it can be killed.
fn parent_killed() {
    let world = World::new("misbehaves");
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args([PARENT, &world.mark])
        .arg(world.file("spin"))
        .spawn()
        .unwrap();
    let worker = computing(&world.mark, Some(parent.id()));
    kill(parent.id());
    parent.wait().unwrap();
    until(|| (!is_running(worker)).then_some(()));
}

/// Stops while a decoder computes, far before its deadline.
fn stopped() {
    let world = World::new("misbehaves");
    let path = world.file("spin");
    std::thread::scope(|scope| {
        let spinning = scope.spawn(|| decode(&path, &world.decoders));
        computing(&world.mark, None);
        world.decoders.workers.as_ref().unwrap().end();
        let failure = spinning.join().unwrap().err().unwrap();
        assert_eq!(failure.kind, FailureKind::Interrupted);
    });
    let failure = world.decode("sound").err().unwrap();
    assert_eq!(failure.reason, "the run was stopped");
    assert_eq!(processes_of(&world.mark), []);
}

fn leaves_none() {
    let world = World::new("sound");
    world.goes_on();
    let mark = world.mark.clone();
    assert_eq!(processes_of(&mark).len(), 1);
    drop(world);
    assert_eq!(processes_of(&mark), []);
}

/// Waits until a worker has computed for a while: then it decodes.
fn computing(mark: &str, other_than: Option<u32>) -> u32 {
    /// Ticks of a hundredth of a second, more than a start takes.
    const TICKS: u64 = 20;
    until(|| {
        let mut processes = processes_of(mark).into_iter();
        processes.find(|process| Some(*process) != other_than && ticks(*process) > TICKS)
    })
}

/// The processes that have the mark of a test among their arguments.
fn processes_of(mark: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let has_mark = |process: &u32| {
        let arguments = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        arguments
            .split(|byte| *byte == 0)
            .any(|one| one == mark.as_bytes())
    };
    numbers.filter(has_mark).collect()
}

/// Processor time of a process by itself.
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name in parentheses, the twelfth field.
    let behind = stat.rsplit(')').next().unwrap();
    let used = behind.split_whitespace().nth(11);
    used.and_then(|used| used.parse().ok()).unwrap_or(0)
}

/// Whether a process is neither gone nor a zombie.
fn is_running(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap().split_whitespace().next();
    state.is_some_and(|state| state != "Z")
}

fn until<T>(mut seen: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(seen) = seen() {
            return seen;
        }
        std::thread::yield_now();
    }
}

fn kill(process: u32) {
    let number = process.to_string();
    let killed = Command::new("kill").args(["-9", &number]).status();
    assert!(killed.unwrap().success());
}
