//! Tests `pixseek index --watch`: it runs one pass for one change, and none without a change.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("watching::changes_are_indexed", changes),
        trial("watching::it_is_idle_without_a_relevant_change", rests),
        trial("watching::a_failed_pass_does_not_end_it", goes_on),
        trial("watching::ctrl_c_is_how_it_ends", interrupted),
        trial("watching::photos_forgotten_meanwhile_stay_out", forgotten),
    ]
}

/// Longer than any pass of a test takes.
const PATIENCE: Duration = Duration::from_mins(2);
/// A pass begins two seconds after a change; this is longer.
const LONGER_THAN_QUIET: Duration = Duration::from_secs(5);

/// A running `pixseek index --watch`, which is killed when this is dropped.
struct Watcher {
    process: Child,
    lines: Receiver<String>,
}

impl Watcher {
    fn start(world: &World, folder: &str) -> Self {
        let mut command = world.command();
        command.args(["index", "--watch", folder]);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let watcher = Self { process, lines };
        watcher.says("watching");
        watcher
    }

    /// Waits for a line that contains `words`.
    #[track_caller]
    fn says(&self, words: &str) {
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(words) {
                return;
            }
            said.push(line);
        }
        panic!("it never says {words:?}, but {said:?}");
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn changes(world: &mut World) {
    world.draw("a.png", 1);
    let photos = world.photos();
    let watcher = Watcher::start(world, photos.to_str().unwrap());
    world.draw("new/b.png", 2);
    watcher.says("1 new, 1 unchanged");
    watcher.says("2 photos searchable");
    assert_eq!(world.searchable().len(), 2);
    fs::remove_file(photos.join("a.png")).unwrap();
    watcher.says("1 removed");
}

fn rests(world: &mut World) {
    world.draw("a.png", 1);
    let watcher = Watcher::start(world, ".");
    world.draw("new/b.png", 2);
    watcher.says("1 new, 1 unchanged");
    watcher.says("searchable");
    // None of these changes concerns a photo.
    world.write("notes.txt", b"no photo");
    world.write(".cache/c.png", b"");
    fs::write(world.index().join("stray.jpg"), b"").unwrap();
    let line = watcher.lines.recv_timeout(LONGER_THAN_QUIET);
    assert!(line.is_err(), "{line:?}");
    world.draw("d.png", 4);
    watcher.says("1 new, 2 unchanged");
}

fn goes_on(world: &mut World) {
    world.draw("a.png", 1);
    let watcher = Watcher::start(world, "photos");
    let (manifest, away) = (world.index().join("MANIFEST"), world.index().join("away"));
    fs::rename(&manifest, &away).unwrap();
    world.draw("b.png", 2);
    watcher.says("MANIFEST is damaged");
    fs::rename(&away, &manifest).unwrap();
    world.draw("c.png", 3);
    watcher.says("2 new, 1 unchanged");
}

fn interrupted(world: &mut World) {
    world.draw("a.png", 1);
    let mut watcher = Watcher::start(world, "photos");
    let number = watcher.process.id().to_string();
    let sent = Command::new("kill").args(["-INT", &number]).status();
    assert!(sent.unwrap().success());
    assert_eq!(watcher.process.wait().unwrap().code(), Some(0));
    let said: Vec<String> = watcher.lines.iter().collect();
    assert!(said.is_empty(), "no batch is in flight: {said:?}");
}

fn forgotten(world: &mut World) {
    world.draw("private/a.png", 1);
    let seen = world.draw("b.png", 2);
    let watcher = Watcher::start(world, "photos");
    world.run(&["folder", "forget", "photos/private"]).exits(0);
    world.draw("private/c.png", 3);
    let new = world.draw("d.png", 4);
    watcher.says("1 new, 1 unchanged");
    assert_eq!(world.searchable(), [seen, new]);
}
