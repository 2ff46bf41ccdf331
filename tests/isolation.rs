//! Worker processes of a real index run: killed by somebody else, interrupted with the run, and gone
//! after it.

use crate::pixseek::{Run, World, shared};
use crate::trial;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub fn trials() -> Vec<Trial> {
    let is_possible = cfg!(target_os = "linux") && shared(PHOTO).is_file();
    [
        trial("isolation::a_killed_worker_costs_no_photo", killed_once),
        trial(
            "isolation::killed_workers_are_failures_until_the_next_run",
            killed_always,
        ),
        trial(
            "isolation::ctrl_c_makes_no_failure_of_a_good_file",
            interrupted,
        ),
        trial(
            "isolation::pictures_of_queries_are_decoded_by_workers",
            queries,
        ),
    ]
    .into_iter()
    .map(|trial| trial.with_ignored_flag(!is_possible))
    .collect()
}

/// A photo of a format that workers decode, large enough to meet its worker at work.
const PHOTO: &str = "photos/library/cameras/heic/IMG_5195.HEIC";

fn killed_once(world: &mut World) {
    let photos: Vec<PathBuf> = (0..3).map(|number| copy(world, number)).collect();
    let mut run = start(world);
    kill("-KILL", i64::from(worker_of(&mut run).unwrap()));
    finished(run).exits(0);
    assert_eq!(world.searchable(), photos);
}

fn killed_always(world: &mut World) {
    let photo = copy(world, 0);
    let drawn = world.draw("drawn.png", 1);
    let mut run = start(world);
    while let Some(worker) = worker_of(&mut run) {
        kill("-KILL", i64::from(worker));
    }
    finished(run).exits(3).says("1 file failed");
    assert_eq!(world.searchable(), std::slice::from_ref(&drawn));
    let failures = world.run(&["failures"]).exits(0);
    failures.prints("its decoder was killed twice: the next run tries again");
    world.index_photos().exits(0);
    assert_eq!(world.searchable(), [photo, drawn]);
}

/// Ctrl-C in a terminal goes to the process group of the run.
fn interrupted(world: &mut World) {
    let photos: Vec<PathBuf> = (0..3).map(|number| copy(world, number)).collect();
    let mut run = start(world);
    let worker = worker_of(&mut run).unwrap();
    kill("-INT", -i64::from(run.id()));
    finished(run).exits(130);
    assert!(!is_running(worker), "a worker outlives its run");
    let failures = world.run(&["failures"]).exits(0);
    assert_eq!(failures.out, "");
    world.index_photos().exits(0);
    assert_eq!(world.searchable(), photos);
}

fn queries(world: &mut World) {
    world.draw("drawn.png", 1);
    world.index_photos().exits(0);
    let photo = shared(PHOTO).canonicalize().unwrap();
    let mut command = world.command();
    command.arg("similar").arg(&photo);
    let mut run = spawned(&mut command);
    while let Some(worker) = worker_of(&mut run) {
        kill("-KILL", i64::from(worker));
    }
    finished(run).exits(2).says("its decoder was killed twice");
    let photo = photo.to_str().unwrap();
    world
        .run(&["similar", "--all", photo])
        .exits(0)
        .prints("drawn.png");
}

/// Writes the photo with another content for each number: a box that decoders skip.
fn copy(world: &World, number: u8) -> PathBuf {
    let mut bytes = std::fs::read(shared(PHOTO)).unwrap();
    bytes.extend(b"\0\0\0\x09free");
    bytes.push(number);
    world.write(&format!("{number}.heic"), &bytes)
}

/// Starts an index run in a process group of its own, as a shell does.
fn start(world: &World) -> Child {
    let mut command = world.command();
    command.arg("index").arg(world.photos());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    spawned(&mut command)
}

fn spawned(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn finished(run: Child) -> Run {
    Run::of(&run.wait_with_output().unwrap())
}

/// Waits for a worker of a run; `None` if the run ends.
fn worker_of(run: &mut Child) -> Option<u32> {
    while run.try_wait().unwrap().is_none() {
        if let Some(worker) = workers_of(run.id()).first() {
            return Some(*worker);
        }
        std::thread::yield_now();
    }
    None
}

/// The children of a process that run the hidden command.
fn workers_of(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_worker = |process: &u32| {
        let folder = Path::new("/proc").join(process.to_string());
        let arguments = std::fs::read(folder.join("cmdline")).unwrap_or_default();
        let mut arguments = arguments.split(|byte| *byte == 0).skip(1);
        // Behind the name in parentheses: the state and the parent.
        arguments.next() == Some(b"decode-worker")
            && status(*process).nth(1) == Some(parent.to_string())
    };
    numbers.filter(is_worker).collect()
}

fn is_running(process: u32) -> bool {
    status(process).next().is_some_and(|state| state != "Z")
}

/// What the kernel says of a process behind its name.
fn status(process: u32) -> impl Iterator<Item = String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let words: Vec<String> = behind.split_whitespace().map(str::to_owned).collect();
    words.into_iter()
}

fn kill(signal: &str, process: i64) {
    // One that has ended by itself is no error.
    let mut command = Command::new("kill");
    command
        .args([signal, "--", &process.to_string()])
        .stderr(Stdio::null());
    command.status().unwrap();
}
