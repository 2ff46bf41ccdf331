//! What pixseek writes is its user's alone, and what was forgotten is gone from the disk.

use crate::interface::{Window, wait_for};
use crate::pixseek::{Run, World, jpeg};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, run: fn(&World), is_possible: bool| {
        Trial::test(name, move || {
            run(&World::new());
            Ok(())
        })
        .with_ignored_flag(!is_possible)
    };
    vec![
        trial(
            "privacy::no_umask_opens_what_is_written",
            no_umask,
            cfg!(unix),
        ),
        trial(
            "privacy::no_umask_opens_what_the_interface_writes",
            no_umask_with_an_interface,
            cfg!(unix) && Window::is_possible(),
        ),
        trial(
            "privacy::an_index_that_others_could_read_is_closed",
            closed_again,
            cfg!(unix),
        ),
    ]
}

/// The program at home, with a umask that it has from its shell.
fn run_under(world: &World, umask: &str, arguments: &[&str]) -> Run {
    let home = world.home();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_pixseek"))
        .args(arguments)
        .current_dir(world.photos())
        .env("HOME", &home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"));
    Run::of(&command.output().unwrap())
}

/// A folder and all that lies in it.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    let mut at = 0;
    while at < found.len() {
        for entry in std::fs::read_dir(&found[at]).into_iter().flatten() {
            found.push(entry.unwrap().path());
        }
        at += 1;
    }
    found
}

/// What others can read, write or enter.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    #[cfg(unix)]
    let is_open = |path: &PathBuf| {
        let permissions = path.symlink_metadata().unwrap().permissions();
        std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o077 != 0
    };
    #[cfg(not(unix))]
    let is_open = |_: &PathBuf| false;
    everything(folder).into_iter().filter(is_open).collect()
}

fn no_umask(_: &World) {
    for umask in ["000", "022"] {
        let world = World::new();
        world.draw("a.png", 1);
        world.draw("b.png", 2);
        world.write("broken.jpg", &jpeg(1)[..200]);
        let model = Path::new("../../tests/parity/siglip");
        let model = model.canonicalize().unwrap();
        for (arguments, code) in [
            (&["index", "."][..], 3),
            (&["search", "--all", "stripes"], 0),
            (&["teach", "rex", "a.png"], 0),
            (&["save", "old", "ext:png"], 0),
            (&["tag", "--labels", "dog,cat"], 0),
            (&["compact"], 0),
            (&["model", "import", model.to_str().unwrap()], 0),
            (&["model", "use", "siglip"], 0),
            (&["index", "."], 3),
            (&["forget", "a.png"], 0),
        ] {
            run_under(&world, umask, arguments).exits(code);
        }
        let data = world.home().join("data");
        let written = everything(&data);
        for part in [
            "pixseek/model.json",
            "pixseek/models/siglip/pixseek-model.json",
            "catalog/2/db",
            "catalog/2.sealed",
            "vectors/2.bin",
            "MANIFEST",
            "calibration",
            "names",
            "saved",
            "tags/2",
            "names.lock",
            "failures.jsonl",
        ] {
            let is_there = written.iter().any(|path| path.ends_with(part));
            assert!(is_there, "no {part} in {written:?}");
        }
        let open = open_to_others(&data);
        assert!(open.is_empty(), "umask {umask}: {open:?}");
    }
}

fn no_umask_with_an_interface(world: &World) {
    world.draw("one.png", 1);
    world.index_photos().exits(0);
    let line = "umask 000; PIXSEEK_LOG=debug pixseek --pictures blocks";
    let window = Window::open(world, (80, 24), line);
    window.shows("1/1");
    window.keys(&["-l", "ext:png"]);
    window.keys(&["Enter"]);
    let is_written = |part: &str| {
        let written = everything(&world.home());
        written.iter().any(|path| path.ends_with(part))
    };
    wait_for("a picture, a query and a log", &|| {
        let pictures = world.home().join("pixseek/thumbnails");
        everything(&pictures)
            .iter()
            .any(|path| path.extension() == Some("jpg".as_ref()))
            && is_written("pixseek.log")
    });
    window.keys(&["Tab", "q"]);
    window.shows("ended with 0");
    assert!(is_written("history"));
    let open = open_to_others(&world.home());
    // The home folder itself is not ours.
    let open: Vec<&PathBuf> = open.iter().filter(|path| **path != world.home()).collect();
    assert!(open.is_empty(), "{open:?}");
}

fn closed_again(world: &World) {
    #[cfg(unix)]
    fn opened(path: &Path) {
        use std::os::unix::fs::PermissionsExt;
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    fn opened(_: &Path) {}

    world.draw("a.png", 1);
    // A folder that was made by hand.
    std::fs::create_dir(world.index()).unwrap();
    opened(&world.index());
    world.index_photos().exits(0);
    assert!(open_to_others(&world.index()).is_empty());
    // As a backup brings it back that keeps no modes.
    for path in everything(&world.index()) {
        opened(&path);
    }
    world.index_photos().exits(0).says("1 unchanged");
    let open = open_to_others(&world.index());
    assert!(open.is_empty(), "{open:?}");
    // A folder that holds more than an index is its user's to open.
    let neighbour = world.index().join("letters");
    std::fs::write(&neighbour, "kept").unwrap();
    for path in everything(&world.index()) {
        opened(&path);
    }
    world.index_photos().exits(0);
    assert_eq!(open_to_others(&world.index()), [world.index(), neighbour]);
}
