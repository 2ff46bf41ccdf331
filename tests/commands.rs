//! The command line itself: what is mistyped, repeated, missing or printed in another form.

use crate::asking::library;
use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use serde_json::Value;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("commands::a_mistyped_command_is_no_query", mistyped),
        trial("commands::the_last_of_a_repeated_option_counts", repeated),
        trial("commands::a_gpu_that_is_wanted_is_needed", no_gpu)
            .with_ignored_flag(!cfg!(target_os = "linux")),
        trial("commands::numbers_of_nothing_are_errors", zero),
        trial(
            "commands::options_of_the_interface_need_it",
            interface_options,
        ),
        trial("commands::a_folder_of_photos_is_no_index", not_an_index),
        trial("commands::results_have_other_forms", forms),
        trial("commands::an_empty_filter_is_named", empty_filters),
        trial("commands::words_with_a_colon_are_words", colons),
        trial(
            "commands::quotes_that_the_shell_took_are_understood",
            quotes,
        ),
        trial("commands::errors_have_one_prefix", prefix),
        trial(
            "commands::models_that_are_not_installed_can_be_pulled",
            not_installed,
        ),
    ]
}

fn mistyped(world: &mut World) {
    let photos = world.photos();
    for (typed, command) in [
        ("indx", "index"),
        ("serach", "search"),
        ("statsu", "status"),
    ] {
        world
            .run(&[typed, photos.to_str().unwrap()])
            .exits(2)
            .says(&format!(
                "did you mean `{command}`? (`pixseek -- {typed}` searches)"
            ));
    }
    assert!(!world.index().exists());
    // Words that are no command begin a query, which needs a terminal.
    for words in [&["--", "indx"][..], &["beach"], &["save", "the", "whales"]] {
        let run = world.run(words).exits(2);
        assert!(!run.err.contains("did you mean"), "{words:?}: {}", run.err);
    }
    for words in [
        &["model", "on", "a", "runway"][..],
        &["bench", "in", "the", "park"],
        &["completions", "of", "a", "bridge"],
        &["index", "card"],
    ] {
        let way = format!("pixseek search \"{}\"", words.join(" "));
        world.run(words).exits(2).says(&way);
    }
    for (words, command) in [
        (&["teach", "rex", "a.jpg"][..], "name add"),
        (&["saved"], "query list"),
        (&["man"], "manual"),
        (&["unsave", "x"], "query remove"),
    ] {
        world
            .run(words)
            .exits(2)
            .says(&format!("did you mean `{command}`?"));
    }
    let without = world.run(&["beach"]).exits(2).err.clone();
    assert_eq!(
        without,
        "error: pixseek needs a terminal; in scripts use `pixseek search`\n"
    );
}

/// Without a driver there is no GPU.
fn no_gpu(world: &mut World) {
    library(world);
    let photos = world.photos();
    for words in [&["search", "dog"][..], &["index", photos.to_str().unwrap()]] {
        let mut command = world.command();
        for variable in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] {
            command.env(variable, "/dev/null");
        }
        let output = command.args(words).args(["--device", "gpu"]).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let expected = "error: no GPU found; choose --device cpu or --device auto";
        assert!(said.contains(expected), "{said}");
    }
}

fn repeated(world: &mut World) {
    library(world);
    let run = world.run(&["search", "-n", "5", "--all", "stripes", "-n", "2", "--all"]);
    assert_eq!(run.exits(0).out.lines().count(), 2);
}

fn zero(world: &mut World) {
    library(world);
    for arguments in [
        &["search", "-n", "0", "dog"][..],
        &["tag", "add", "--top", "0", "dog"],
    ] {
        world.run(arguments).exits(2).says("at least 1 is needed");
    }
}

fn interface_options(world: &mut World) {
    world.run(&["--pick", "status"]).exits(2).says("--pick");
    world.run(&["-0", "status"]).exits(2).says("-0");
}

fn not_an_index(world: &mut World) {
    library(world);
    let photos = world.photos();
    let photos = photos.to_str().unwrap();
    world
        .run_at_home(&[], &["--index-dir", photos, "search", "dog"])
        .exits(2)
        .says(&format!("for photos in {photos}: `pixseek index {photos}`"));
}

fn forms(world: &mut World) {
    library(world);
    let search = |extra: &[&str]| {
        let search = [&["search", "ext:png", "--unfold"], extra].concat();
        world.run(&search).exits(0).out
    };
    let paths = search(&[]);
    assert_eq!(search(&["--count"]), "5\n");
    assert_eq!(search(&["--count", "-n", "2"]), "5\n");
    world
        .run(&["search", "ext:gif", "--count"])
        .exits(1)
        .prints("0\n");
    let lines = search(&["--format", r"{rank}\t{folder}/{name}\t{width}x{height}"]);
    for (rank, (line, path)) in (1..).zip(lines.lines().zip(paths.lines())) {
        assert_eq!(line, format!("{rank}\t{path}\t120x90"));
    }
    world
        .run(&["search", "dog", "--format", "{file}"])
        .exits(2)
        .says("unknown field {file}");
    let explained = world.run(&["search", "ext:png", "stripes", "--all", "--explain"]);
    let explained = explained.exits(0).says("1: ");
    assert!(explained.err.contains("cosine 0."), "{}", explained.err);
    let status = world.run(&["status", "--json"]).exits(0).out;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["photos"], 6);
    assert_eq!(
        status["folders"][0]["path"],
        world.photos().to_str().unwrap()
    );
    let forced = search(&["--color", "always"]);
    assert!(forced.contains("\u{1b}["), "{forced}");
}

fn empty_filters(world: &mut World) {
    library(world);
    world.run(&["tag", "add", "dog", "beach"]).exits(0);
    for (query, said) in [
        ("dog in:fance", "in:fance matches no folder; near: france"),
        ("tag:zebra", "tag:zebra matches no label; near: beach, dog"),
        ("ext:gif in:france", "ext:gif matches no file name ending"),
        (
            "ext:bmp in:france",
            "together: ext:bmp (1 photo), in:france (2 photos)",
        ),
    ] {
        world.run(&["search", query]).exits(1).says(said);
    }
}

fn colons(world: &mut World) {
    library(world);
    world
        .run(&["search", "--all", "what:", "a", "dog"])
        .exits(0)
        .says("what: is no filter; searched as words");
    let quiet = world
        .run(&["-q", "search", "--all", "what: a dog"])
        .exits(0);
    assert_eq!(quiet.err, "");
    let by = |query: &str| world.run(&["search", "--unfold", query]).exits(0).out;
    assert_eq!(by("type:bmp"), by("ext:bmp"));
    assert_eq!(by("folder:france"), by("in:france"));
    world
        .run(&["search", "year:2015..2010"])
        .exits(2)
        .says("runs backwards");
    world
        .run(&["search", "dog", "like:"])
        .exits(2)
        .says("as in like:photo.jpg");
}

fn quotes(world: &mut World) {
    world.draw("ünï cödé 日本/a.png", 1);
    world.draw("cats/b.png", 2);
    world.index_photos().exits(0);
    world.run(&["tag", "add", "a dog", "stripes"]).exits(0);
    let count = |arguments: &[&str]| {
        let search = [&["search", "--count"], arguments].concat();
        world.run(&search).out
    };
    for folder in ["in:UNÏ CÖDÉ 日本", "in:\"UNÏ CÖDÉ 日本\"", "in:日本"] {
        assert_eq!(count(&[folder]), "1\n", "{folder}");
    }
    let [dogs, stripes] = ["tag:a dog", "tag:stripes"].map(|tag| count(&[tag]));
    assert_eq!(dogs, count(&["tag:\"a dog\""]));
    assert!(
        [dogs, stripes]
            .concat()
            .contains(|c: char| ('1'..='2').contains(&c))
    );
    // What is no folder's name is a folder and a word.
    assert_eq!(count(&["--all", "in:cats stripes"]), "1\n");
    world
        .run(&["query", "add", "mine", "in:ünï cödé 日本"])
        .exits(0);
    assert_eq!(count(&["@mine"]), "1\n");
}

fn prefix(world: &mut World) {
    for arguments in [
        &["status"][..],
        &["search", "in:"],
        &["search", "--no-such-option"],
        &["name", "remove", "x"],
        &["folder", "list"],
    ] {
        let run = world.run(arguments).exits(2);
        assert!(run.err.starts_with("error: "), "{arguments:?}: {}", run.err);
    }
}

fn not_installed(world: &mut World) {
    world
        .run_at_home(&[], &["model", "use", "datacomp-b32-256"])
        .exits(2)
        .says("`pixseek model pull datacomp-b32-256` gets it (about 605 MB)");
    world
        .run_at_home(&[], &["model", "list"])
        .exits(0)
        .prints("605 MB");
}
