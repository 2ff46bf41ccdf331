//! Folders with settings, folders below folders, and forgotten folders. A refresh only removes
//! photos that its walk has looked for.

use crate::pixseek::{World, jpeg};
use crate::trial;
use libtest_mimic::Trial;
use std::fs;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("roots::settings_hold_in_later_runs", settings_hold),
        trial("roots::settings_are_shown_and_taken_back", settings_change),
        trial("roots::a_folder_below_another_is_kept", nested),
        trial("roots::a_folder_with_the_same_prefix_is_not_below", alike),
        trial(
            "roots::excluding_all_of_an_outer_root_leaves_inner_roots",
            excludes,
        ),
        trial(
            "roots::the_configuration_excludes_as_long_as_it_says_so",
            configured,
        ),
        trial(
            "roots::an_unreadable_ignore_file_removes_nothing",
            unreadable_ignore,
        ),
        trial("roots::forgotten_folders_stay_out", forgotten),
        trial(
            "roots::a_folder_around_a_forgotten_one_can_be_forgotten",
            forgotten_around,
        ),
        trial(
            "roots::a_forgotten_photo_comes_back_by_its_name",
            forgotten_photo,
        ),
        trial("roots::a_part_of_a_folder_is_refreshed", part),
        trial("roots::a_file_is_no_folder", file),
        trial("roots::an_index_inside_a_root_is_not_indexed", index_below),
        trial(
            "roots::rebuilding_keeps_settings_and_forgotten_folders",
            rebuilt,
        ),
    ]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn status(world: &World) -> String {
    world.run(&["status"]).exits(0).out
}

/// Refreshes all folders twice; neither run may remove a photo.
pub fn refresh(world: &World, photos: &[PathBuf]) {
    for _ in 0..2 {
        let said = format!("0 new, {} unchanged", photos.len());
        let run = world.run(&["index"]).exits(0).says(&said);
        assert!(!run.err.contains("removed"), "{}", run.err);
        assert_eq!(world.searchable(), photos);
    }
}

fn settings_hold(world: &mut World) {
    let hidden = world.draw(".hidden/a.png", 1);
    let seen = world.draw("b.png", 2);
    world.draw("c.left.png", 3);
    let folder = world.photos();
    let run = ["index", text(&folder), "--hidden", "--exclude", "*.left.*"];
    world.run(&run).exits(0).says("2 new");
    let mut all = vec![hidden, seen];
    refresh(world, &all);
    world.index_photos().exits(0).says("0 new, 2 unchanged");
    #[cfg(unix)]
    {
        let elsewhere = folder.with_file_name("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("d.jpg"), jpeg(4)).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("link")).unwrap();
        let run = ["index", text(&folder), "--follow", "--one-file-system"];
        world.run(&run).exits(0).says("1 new");
        all.push(folder.join("link/d.jpg"));
        refresh(world, &all);
    }
}

fn settings_change(world: &mut World) {
    let hidden = world.draw(".hidden/a.png", 1);
    let seen = world.draw("b.png", 2);
    world.index_photos().exits(0).says("1 new");
    let folder = world.photos();
    let folder = text(&folder);
    let change = |options: &[&str]| world.run(&[&["index", folder], options].concat());
    let line = |options: &str| {
        let line = format!("folders   {folder}{options}\n");
        let status = status(world);
        assert!(status.contains(&line), "{line} is not in {status}");
    };
    line("");
    change(&["--hidden", "--exclude", "b.*", "--yes"])
        .exits(0)
        .says("1 new, 1 removed");
    line("  --hidden  --exclude 'b.*'");
    assert_eq!(world.searchable(), std::slice::from_ref(&hidden));
    change(&["--no-exclude", "c.*"])
        .exits(2)
        .says("no folder excludes c.*");
    change(&["--exclude", "["]).exits(2);
    line("  --hidden  --exclude 'b.*'");
    change(&["--no-exclude", "b.*", "--one-file-system"])
        .exits(0)
        .says("1 known photo at a new place");
    line("  --hidden  --one-file-system");
    change(&["--no-hidden", "--no-one-file-system"])
        .exits(0)
        .says("1 removed");
    line("");
    assert_eq!(world.searchable(), [seen]);
}

fn nested(world: &mut World) {
    let private = world.draw(".private/a.png", 1);
    let seen = world.draw("b.png", 2);
    let folder = world.photos();
    let inner = folder.join(".private");
    for (first, second) in [(&inner, &folder), (&folder, &inner)] {
        world.run(&["index", text(first)]).exits(0);
        world.run(&["index", text(second)]).exits(0);
        refresh(world, &[private.clone(), seen.clone()]);
        // The outer folder's run also looks at the inner one, and a run without folders looks at
        // both.
        world.index_photos().exits(0).says("0 new, 2 unchanged");
        world
            .run(&["folder", "forget", text(&folder)])
            .exits(0)
            .says("forgot 2 photos");
    }
}

/// '-' sorts before '/', so the paths around `p` sort as `p`, `p-old`, `p/x`.
fn alike(world: &mut World) {
    let mut photos = [
        world.draw("p/a.png", 1),
        world.draw("p/x/b.png", 2),
        world.draw("p-old/c.png", 3),
    ];
    photos.sort();
    for folder in ["p/x", "p-old", "p"] {
        let folder = world.photos().join(folder);
        world.run(&["index", text(&folder)]).exits(0).says("1 new");
    }
    refresh(world, &photos);
    let folder = world.photos().join("p");
    world
        .run(&["folder", "forget", text(&folder)])
        .exits(0)
        .says("forgot 2 photos");
    assert_eq!(world.searchable(), [world.photos().join("p-old/c.png")]);
}

fn excludes(world: &mut World) {
    let photos = [world.draw("one/a.png", 1), world.draw("two/b.png", 2)];
    for folder in ["one", "two"] {
        let folder = world.photos().join(folder);
        world.run(&["index", text(&folder)]).exits(0);
    }
    world.draw("c.png", 3);
    let folder = world.photos();
    let run = world
        .run(&["index", text(&folder), "--exclude", "*"])
        .exits(0);
    assert!(!run.err.contains("removed"), "{}", run.err);
    refresh(world, &photos);
}

fn configured(world: &mut World) {
    let photos = [world.draw("a.png", 1), world.draw("b.tmp.png", 2)];
    world.index_photos().exits(0).says("2 new");
    let folder = world.home().join("pixseek");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "exclude = [\"*.tmp.*\"]\n").unwrap();
    world.run(&["index"]).exits(0).says("1 removed");
    assert!(
        !status(world).contains("exclude"),
        "it is not of the folder"
    );
    fs::write(folder.join("config.toml"), "").unwrap();
    world
        .run(&["index"])
        .exits(0)
        .says("1 known photo at a new place");
    assert_eq!(world.searchable(), photos);
}

fn unreadable_ignore(world: &mut World) {
    let photos = [world.draw("x/a.png", 1), world.draw("y.png", 2)];
    world.index_photos().exits(0);
    world.write("x/.pixseekignore", b"private\ncaf\xe9\n");
    world.draw("x/private/b.png", 3);
    world
        .run(&["index"])
        .exits(3)
        .says("is not UTF-8 in line 2")
        .says("1 offline");
    assert_eq!(world.searchable(), photos);
    world.run(&["index", "--prune"]).exits(3).says("1 offline");
    world.write("x/.pixseekignore", "private\ncaf\u{e9}\n".as_bytes());
    world.run(&["index"]).exits(0);
    refresh(world, &photos);
}

fn forgotten(world: &mut World) {
    let private = world.draw("private/a.png", 1);
    let mut seen: Vec<_> = (4..8)
        .map(|seed| world.draw(&format!("{seed}.png"), seed))
        .collect();
    world.index_photos().exits(0);
    let folder = world.photos().join("private");
    let folder = text(&folder);
    let forget = world
        .run(&["folder", "forget", folder])
        .exits(0)
        .says("forgot 1 photo");
    assert!(forget.err.contains("brings it back"), "{}", forget.err);
    refresh(world, &seen);
    world.draw("private/c.png", 3);
    world.index_photos().exits(0).says("0 new, 4 unchanged");
    refresh(world, &seen);
    let line = format!("forgotten {folder}\n");
    assert!(status(world).contains(&line), "{}", status(world));
    world
        .run(&["folder", "forget", folder])
        .exits(2)
        .says("is not indexed");
    // A forgotten photo left no vector, so it is encoded again.
    world.run(&["index", folder]).exits(0).says("2 new");
    assert!(!status(world).contains("forgotten"), "{}", status(world));
    assert_eq!(
        status(world).matches(folder).count(),
        0,
        "no folder of its own"
    );
    seen.extend([private, world.photos().join("private/c.png")]);
    refresh(world, &seen);
}

/// One photo is forgotten by its name, and comes back by its name.
fn forgotten_photo(world: &mut World) {
    let one = world.draw("x/a.png", 1);
    let other = world.draw("x/b.png", 2);
    world.index_photos().exits(0);
    world.run(&["index", text(&one)]).exits(2).says("is a file");
    world.run(&["folder", "forget", text(&one)]).exits(0);
    refresh(world, std::slice::from_ref(&other));
    world.run(&["index", text(&one)]).exits(0).says("1 new");
    refresh(world, &[one, other]);
}

fn forgotten_around(world: &mut World) {
    let deep = world.draw("a/b/c.png", 1);
    let other = world.draw("a/d.png", 2);
    let seen = world.draw("e.png", 3);
    world.index_photos().exits(0);
    let (outer, inner) = (world.photos().join("a"), world.photos().join("a/b"));
    world.run(&["folder", "forget", text(&inner)]).exits(0);
    world
        .run(&["folder", "forget", text(&outer)])
        .exits(0)
        .says("forgot 1 photo");
    assert!(!status(world).contains("a/b"), "the outer folder covers it");
    // A folder below a forgotten one becomes a root.
    world.run(&["index", text(&inner)]).exits(0);
    refresh(world, &[deep.clone(), seen.clone()]);
    // A single photo can be forgotten.
    world
        .run(&["folder", "forget", text(&seen)])
        .exits(0)
        .says("forgot 1 photo");
    refresh(world, std::slice::from_ref(&deep));
    world.run(&["index", text(&outer)]).exits(0);
    refresh(world, &[deep, other]);
    // Forgetting the folder above also clears the list of forgotten folders below it.
    let all = world.photos();
    world
        .run(&["folder", "forget", text(&all)])
        .exits(0)
        .says("forgot 2 photos");
    assert!(!status(world).contains("forgotten"), "{}", status(world));
    world.index_photos().exits(0).says("3 new");
    world
        .run(&["folder", "forget", "photos/nowhere"])
        .exits(2)
        .says("is not indexed");
    assert!(!status(world).contains("nowhere"));
}

fn part(world: &mut World) {
    let one = world.draw("one/a.png", 1);
    let two = world.draw("two/b.png", 2);
    world.write(".pixseekignore", b"*.left.*\n");
    world.index_photos().exits(0);
    let three = world.draw("one/c.png", 3);
    world.draw("one/d.left.png", 4);
    world.draw("two/e.png", 5);
    fs::remove_file(&two).unwrap();
    let folder = world.photos().join("one");
    world
        .run(&["index", text(&folder)])
        .exits(0)
        .says("1 new, 1 unchanged");
    assert_eq!(world.searchable(), [one, three, two]);
    assert!(!status(world).contains(text(&folder)), "{}", status(world));
}

fn file(world: &mut World) {
    let photo = world.draw("a.png", 1);
    let text_file = world.write("readme.txt", b"no photo");
    for path in [&photo, &text_file] {
        world
            .run(&["index", text(path)])
            .exits(2)
            .says("is a file; name the folder");
        assert!(!world.index().exists());
    }
    world.index_photos().exits(0);
    world.run(&["index", text(&photo)]).exits(2);
    assert_eq!(status(world).matches("a.png").count(), 0);
}

/// The program opens files without an extension to see whether they are photos.
fn index_below(world: &mut World) {
    let photo = world.draw("a.png", 1);
    let folder = world.photos();
    let folder = folder.parent().unwrap();
    world
        .run(&["index", text(folder), "--hidden"])
        .exits(0)
        .says("1 new");
    fs::write(world.index().join("stray"), jpeg(2)).unwrap();
    refresh(world, &[photo]);
}

fn rebuilt(world: &mut World) {
    let hidden = world.draw(".hidden/a.png", 1);
    world.draw("private/b.png", 2);
    let folder = world.photos();
    world.run(&["index", text(&folder), "--hidden"]).exits(0);
    world
        .run(&["folder", "forget", text(&folder.join("private"))])
        .exits(0);
    let before = status(world);
    for command in ["compact", "rebuild"] {
        world.run(&[command]).exits(0);
        let lines = |status: &str| -> Vec<String> {
            let lines = status.lines().filter(|line| line.contains(text(&folder)));
            lines.map(String::from).collect()
        };
        assert_eq!(lines(&status(world)), lines(&before));
        refresh(world, std::slice::from_ref(&hidden));
    }
}
