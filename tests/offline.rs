//! Photos that a walk no longer reaches, although nobody has removed them.

use crate::pixseek::World;
use crate::roots::refresh;
use crate::trial;
use libtest_mimic::Trial;
use std::fs;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("offline::photos_behind_a_new_link_stay", behind_a_link),
        trial(
            "offline::copies_in_a_folder_that_vanishes_stay",
            copies_stay,
        ),
        trial("offline::a_missing_configured_folder_is_named", not_there),
        trial(
            "offline::a_file_in_the_place_of_a_folder_removes_nothing",
            replaced,
        ),
    ]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A person moved the folder to a larger drive and put a link in its place.
fn behind_a_link(world: &mut World) {
    #[cfg(unix)]
    {
        let photos = [world.draw("2019/a.png", 1), world.draw("b.png", 2)];
        world.index_photos().exits(0);
        let larger = world.photos().with_file_name("larger");
        fs::create_dir(&larger).unwrap();
        let (old, new) = (world.photos().join("2019"), larger.join("2019"));
        // Copying to another file system creates new files.
        fs::create_dir(&new).unwrap();
        fs::copy(old.join("a.png"), new.join("a.png")).unwrap();
        fs::remove_dir_all(&old).unwrap();
        std::os::unix::fs::symlink(&new, &old).unwrap();
        world.run(&["index"]).exits(0).says("1 offline");
        assert_eq!(world.searchable(), photos);
        world.run(&["index", "--follow"]).exits(0).says("1 touched");
        refresh(world, &photos);
        world
            .run(&["index", "--no-follow"])
            .exits(0)
            .says("1 removed");
        assert_eq!(world.searchable(), [photos[1].clone()]);
    }
}

/// A backup drive holds copies of photos that also exist elsewhere.
fn copies_stay(world: &mut World) {
    let original = world.draw("photos/a.png", 1);
    let drive = world.photos().join("drive");
    let copy = drive.join("a.png");
    let away = world.photos().join("away");
    let offline = |world: &World| {
        let hits = world.hits(&["search", "width:>0"]);
        let paths = hits.iter().filter(|hit| hit["offline"] == true);
        paths
            .map(|hit| PathBuf::from(hit["path"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    world
        .run(&["index", text(original.parent().unwrap())])
        .exits(0);
    for _ in 0..2 {
        fs::create_dir(&drive).unwrap();
        fs::copy(&original, &copy).unwrap();
        world
            .run(&["index", text(&drive)])
            .exits(0)
            .says("0 new, 1 known photo at a new place");
        fs::rename(&drive, &away).unwrap();
        world.run(&["index"]).exits(3).says("1 offline");
        world.run(&["index"]).exits(3).says("1 offline");
        assert_eq!(offline(world), std::slice::from_ref(&copy));
        // The copy that can be opened is the one that is shown.
        let shown = world.run(&["search", "width:>0"]).exits(0).out;
        assert_eq!(shown.lines().next(), Some(text(&original)));
        fs::rename(&away, &drive).unwrap();
        world.run(&["index"]).exits(0).says("2 unchanged");
        assert!(offline(world).is_empty());
        // A folder that was forgotten and indexed again has known content, too.
        fs::remove_dir_all(&drive).unwrap();
        world
            .run(&["folder", "forget", text(&drive)])
            .exits(0)
            .says("forgot 1 photo");
    }
    // A renamed folder is still recognised as a move.
    fs::rename(original.parent().unwrap(), &drive).unwrap();
    world
        .run(&["index", text(&drive)])
        .exits(0)
        .says("1 known photo at a new place");
    world.run(&["index"]).exits(3).says("1 removed");
    assert_eq!(world.searchable(), [copy]);
}

fn not_there(world: &mut World) {
    world.draw("a.png", 1);
    let folder = world.home().join("pixseek");
    fs::create_dir_all(&folder).unwrap();
    let roots = format!(
        "roots = [\"{}\", \"/not/there\"]\n",
        world.photos().display()
    );
    fs::write(folder.join("config.toml"), roots).unwrap();
    for _ in 0..2 {
        let run = world.run(&["index"]).exits(3).says("1 photo searchable");
        assert!(run.err.contains("/not/there"), "{}", run.err);
        assert!(run.err.contains("config.toml"), "{}", run.err);
    }
}

/// Photos are gone with `--prune` alone, as with a folder that is not there.
fn replaced(world: &mut World) {
    let photo = world.draw("a.png", 1);
    world.index_photos().exits(0);
    let folder = world.photos();
    let away = folder.with_file_name("away");
    // The second file is a photo, and must not become one of the index.
    for content in [b"no photo".to_vec(), fs::read(&photo).unwrap()] {
        fs::rename(&folder, &away).unwrap();
        fs::write(&folder, content).unwrap();
        for _ in 0..2 {
            world
                .run(&["index"])
                .exits(3)
                .says("it is a file now, and no longer a folder")
                .says("1 offline");
            assert_eq!(world.searchable(), std::slice::from_ref(&photo));
        }
        fs::remove_file(&folder).unwrap();
        fs::rename(&away, &folder).unwrap();
        world.run(&["index"]).exits(0).says("1 unchanged");
    }
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "no photo").unwrap();
    world.run(&["index", "--prune"]).exits(3).says("1 removed");
}
