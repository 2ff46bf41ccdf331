//! Completion in shells, which asks the program.

use crate::asking::library;
use crate::pixseek::{Run, World};
use crate::trial;
use libtest_mimic::Trial;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

pub fn trials() -> Vec<Trial> {
    let has_bash = Command::new("bash").arg("-c").arg(":").output().is_ok();
    vec![
        trial("completion::every_shell_has_a_script", scripts),
        trial("completion::the_index_is_known", known),
        trial("completion::bash_splits_no_filters", bash).with_ignored_flag(!has_bash),
    ]
}

fn scripts(world: &mut World) {
    for (shell, words) in [
        ("bash", "PIXSEEK_COMPLETE=bash"),
        ("zsh", "PIXSEEK_COMPLETE=\"zsh\""),
        ("fish", "PIXSEEK_COMPLETE=fish"),
        ("elvish", "PIXSEEK_COMPLETE"),
        ("powershell", "PIXSEEK_COMPLETE"),
        ("nushell", "export extern \"pixseek name add\""),
    ] {
        world.run(&["completions", shell]).exits(0).prints(words);
    }
}

/// What the program offers for the last of some words.
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let index = world.index();
    let line = [&["pixseek", "--index-dir", index.to_str().unwrap()], words].concat();
    let output = world
        .command()
        .env("PIXSEEK_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (line.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .arg("--")
        .args(&line)
        .output()
        .unwrap();
    let run = Run::of(&output).exits(0);
    run.out.lines().map(str::to_owned).collect()
}

fn known(world: &mut World) {
    // Without an index nothing is offered, and nothing is made.
    assert_eq!(offered(world, &["search", "in:"]), Vec::<String>::new());
    assert!(!world.index().exists());
    library(world);
    let photo = world.photos().join("notes.png");
    let photo = photo.to_str().unwrap();
    world.run(&["name", "add", "grandma", photo]).exits(0);
    world.run(&["query", "add", "dogs", "dog"]).exits(0);
    world.run(&["tag", "add", "beach", "a dog"]).exits(0);
    let before = state(world.index().parent().unwrap());
    for (words, expected) in [
        (&["search", "dog", "in:Fr"][..], &["in:france"][..]),
        (&["search", "tag:"], &["tag:\"a dog\"", "tag:beach"]),
        (&["search", "@d"], &["@dogs"]),
        (&["search", "cam"], &["camera:"]),
        (&["search", "gra"], &["grandma"]),
        (&["name", "remove", "g"], &["grandma"]),
        (&["query", "remove", "d"], &["dogs"]),
        (&["tag", "remove", "b"], &["beach"]),
        (&["model", "pull", "datacomp"], &["datacomp-b32-256"]),
        (&["model", "use", "po"], &["pocket"]),
        (&["--model", "po"], &["pocket"]),
    ] {
        assert_eq!(offered(world, words), expected, "{words:?}");
    }
    let folders = offered(world, &["folder", "forget", &photo[..photo.len() - 12]]);
    assert!(
        folders.iter().any(|folder| photo.starts_with(folder)),
        "{folders:?}"
    );
    assert_eq!(
        state(world.index().parent().unwrap()),
        before,
        "completion writes nothing"
    );
}

/// Every file with its time.
fn state(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let facts = entry.metadata().unwrap();
        files.insert(entry.path(), facts.modified().unwrap());
        if facts.is_dir() {
            files.extend(state(&entry.path()));
        }
    }
    files
}

/// bash splits words at colons and replaces only what stands behind the last one.
fn bash(world: &mut World) {
    library(world);
    let bin = Path::new(env!("CARGO_BIN_EXE_pixseek")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let script = "source <(pixseek completions bash)
        COMP_WORDBREAKS=$' \\t\\n\"\\'@><=;|&(:'
        COMP_LINE=$1 COMP_POINT=${#1}
        _pixseek 2>/dev/null
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    for (typed, expected) in [
        ("search in:fr", "france\n"),
        ("search dog in:fra", "france\n"),
        ("sta", "status\n"),
        ("search ext:", "bmp\npng\n"),
    ] {
        let line = format!("pixseek --index-dir {} {typed}", world.index().display());
        let output = world
            .command()
            .get_envs()
            .fold(&mut Command::new("bash"), |command, (name, value)| {
                command.env(name, value.unwrap_or_default())
            })
            .env("PATH", &path)
            .args(["-c", script, "bash", &line])
            .output()
            .unwrap();
        assert_eq!(Run::of(&output).out, expected, "{typed}");
    }
}
