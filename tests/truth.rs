//! The index matches the disk, run after run: each change takes the least work, and no photo is
//! forgotten that may only be out of sight.

use crate::pixseek::{World, picture};
use crate::trial;
use libtest_mimic::Trial;
use std::fs::{self, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("truth::touched_photos_keep_their_vectors", touched),
        trial("truth::new_content_with_an_old_time_is_indexed", old_time),
        trial("truth::future_and_past_times_are_accepted", times),
        trial("truth::renamed_folders_are_moves", renamed_folder),
        trial("truth::a_renamed_root_is_a_move", renamed_root),
        trial("truth::renaming_by_case_or_normalisation_is_a_move", alike),
        trial("truth::a_file_may_replace_a_folder", folder_becomes_file),
        trial("truth::copies_share_a_vector", copies),
        trial(
            "truth::a_missing_root_is_offline_and_comes_back",
            missing_root,
        ),
        trial("truth::pruned_photos_are_gone_for_good", prune),
        trial("truth::no_folder_means_all_folders", all_folders),
        trial(
            "truth::searches_work_during_an_index_run",
            searches_meanwhile,
        ),
        trial("truth::ctrl_c_keeps_finished_work", interrupted),
    ]
}

fn set_modified(path: &Path, time: SystemTime) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn touched(world: &mut World) {
    let path = world.draw("a.png", 1);
    world.index_photos().exits(0);
    set_modified(&path, SystemTime::now() + Duration::from_secs(5));
    world.index_photos().exits(0).says("0 new, 1 touched");
    world.index_photos().exits(0).says("0 new, 1 unchanged");
}

/// Replaces a photo by another picture with the same name, length and time.
fn old_time(world: &mut World) {
    let path = world.write("a.bmp", &bmp(1));
    let time = modified(&path);
    world.index_photos().exits(0);
    fs::write(&path, bmp(2)).unwrap();
    set_modified(&path, time);
    world.index_photos().exits(0).says("1 new");
    world.shows_itself(&path);
    // Editors replace a file like this: they write beside it and rename.
    let beside = world.write("beside", &bmp(3));
    set_modified(&beside, time);
    fs::rename(beside, &path).unwrap();
    world.index_photos().exits(0).says("1 new");
    world.shows_itself(&path);
}

fn bmp(seed: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(seed)
        .write_to(&mut bytes, image::ImageFormat::Bmp)
        .unwrap();
    bytes.into_inner()
}

fn times(world: &mut World) {
    let future = SystemTime::now() + Duration::from_secs(1 << 30);
    let past = SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 30);
    for (seed, time) in [(1, future), (2, past), (3, SystemTime::UNIX_EPOCH)] {
        set_modified(&world.draw(&format!("{seed}.png"), seed), time);
    }
    world.index_photos().exits(0).says("3 new");
    world.index_photos().exits(0).says("0 new, 3 unchanged");
    // The photo was edited after the clock was set back.
    let path = world.draw("1.png", 4);
    set_modified(&path, past);
    world.index_photos().exits(0).says("1 new");
    world.shows_itself(&path);
}

fn renamed_folder(world: &mut World) {
    for seed in 0..5 {
        world.draw(&format!("old/deep/{seed}.png"), seed);
    }
    world.draw("other.png", 9);
    world.index_photos().exits(0);
    fs::rename(world.photos().join("old"), world.photos().join("new")).unwrap();
    world
        .index_photos()
        .exits(0)
        .says("0 new, 5 known photos at new places")
        .says("5 removed");
    let found = world.searchable();
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|path| path.exists()), "{found:?}");
    world.index_photos().exits(0).says("0 new, 6 unchanged");
}

fn renamed_root(world: &mut World) {
    world.draw("a.png", 1);
    world.draw("b.png", 2);
    world.index_photos().exits(0);
    let renamed = world.photos().with_file_name("renamed");
    fs::rename(world.photos(), &renamed).unwrap();
    // A run may look at the old folder before it looks at the new one, or afterwards.
    world.run(&["index"]).exits(3).says("2 offline");
    let name = renamed.to_str().unwrap();
    world
        .run(&["index", name])
        .exits(0)
        .says("2 known photos at new places")
        .says("2 removed");
    assert_eq!(
        world.searchable(),
        [renamed.join("a.png"), renamed.join("b.png")]
    );
    fs::rename(&renamed, world.photos()).unwrap();
    world
        .index_photos()
        .exits(0)
        .says("2 known photos at new places");
    world.run(&["index"]).exits(3).says("2 removed");
    assert_eq!(world.searchable().len(), 2);
}

fn alike(world: &mut World) {
    let names = [("IMG.PNG", "img.png"), ("caf\u{e9}.png", "cafe\u{301}.png")];
    for (seed, (old, _)) in (1..).zip(names) {
        world.draw(&old.to_lowercase(), seed);
        fs::rename(
            world.photos().join(old.to_lowercase()),
            world.photos().join(old),
        )
        .unwrap();
    }
    world.index_photos().exits(0);
    for (old, new) in names {
        fs::rename(world.photos().join(old), world.photos().join(new)).unwrap();
    }
    world
        .index_photos()
        .exits(0)
        .says("0 new, 2 known photos at new places")
        .says("2 removed");
    let mut expected: Vec<PathBuf> = names
        .iter()
        .map(|(_, new)| world.photos().join(new))
        .collect();
    expected.sort();
    assert_eq!(world.searchable(), expected);
}

fn folder_becomes_file(world: &mut World) {
    world.draw("a.png/inner.png", 1);
    let kept = world.draw("kept.png", 2);
    world.index_photos().exits(0);
    fs::remove_dir_all(world.photos().join("a.png")).unwrap();
    let file = world.draw("a.png", 3);
    world
        .index_photos()
        .exits(0)
        .says("1 new")
        .says("1 removed");
    assert_eq!(world.searchable(), [file.clone(), kept.clone()]);
    fs::remove_file(&file).unwrap();
    let inner = world.draw("a.png/inner.png", 1);
    world
        .index_photos()
        .exits(0)
        .says("0 new, 1 known photo at a new place")
        .says("1 removed");
    assert_eq!(world.searchable(), [inner, kept]);
}

fn copies(world: &mut World) {
    let one = world.draw("one.png", 1);
    let two = world.photos().join("two.png");
    fs::copy(&one, &two).unwrap();
    world
        .index_photos()
        .exits(0)
        .says("1 new, 1 known photo at a new place");
    assert_eq!(world.searchable(), [one.clone(), two.clone()]);
    fs::remove_file(&one).unwrap();
    world.index_photos().exits(0).says("1 removed");
    assert_eq!(world.searchable(), std::slice::from_ref(&two));
    world.shows_itself(&two);
}

fn missing_root(world: &mut World) {
    let photo = world.draw("deep/a.png", 1);
    world.index_photos().exits(0);
    let away = world.photos().with_file_name("away");
    fs::rename(world.photos(), &away).unwrap();
    for _ in 0..2 {
        world.run(&["index"]).exits(3).says("1 offline");
        assert_eq!(world.searchable(), std::slice::from_ref(&photo));
        assert!(world.run(&["status"]).out.contains("(offline)"));
    }
    // An empty mount point counts as missing, too.
    fs::create_dir(world.photos()).unwrap();
    world.run(&["index"]).exits(0).says("1 offline");
    fs::remove_dir(world.photos()).unwrap();
    fs::rename(&away, world.photos()).unwrap();
    assert!(world.run(&["status"]).out.contains("back"));
    world.run(&["index"]).exits(0).says("1 unchanged");
    let status = world.run(&["status"]).out;
    assert!(
        !status.contains("offline") && !status.contains("back"),
        "{status}"
    );
}

fn prune(world: &mut World) {
    world.draw("drive/a.png", 1);
    let kept = world.draw("b.png", 2);
    world.index_photos().exits(0);
    let away = world.photos().with_file_name("away");
    fs::rename(world.photos().join("drive"), &away).unwrap();
    world.run(&["index"]).exits(0).says("1 offline");
    world.run(&["index", "--prune"]).exits(0).says("1 removed");
    assert_eq!(world.searchable(), std::slice::from_ref(&kept));
    fs::rename(&away, world.photos().join("drive")).unwrap();
    world.run(&["index"]).exits(0).says("1 new");
}

fn all_folders(world: &mut World) {
    let one = world.draw("one/a.png", 1);
    let two = world.draw("two/b.png", 2);
    for folder in [&one, &two] {
        let folder = folder.parent().unwrap().to_str().unwrap();
        world.run(&["index", folder]).exits(0).says("1 new");
    }
    let three = world.draw("two/c.png", 3);
    world.run(&["index"]).exits(0).says("1 new, 2 unchanged");
    assert_eq!(world.searchable(), [one, two, three]);
}

fn searches_meanwhile(world: &mut World) {
    world.draw("first.png", 0);
    world.index_photos().exits(0);
    for seed in 1..150 {
        world.draw(&format!("{seed}.png"), seed);
    }
    let mut run = world
        .command()
        .arg("index")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut searches = 0;
    while run.try_wait().unwrap().is_none() {
        let found = world.searchable().len();
        assert!((1..=150).contains(&found), "{found}");
        searches += 1;
    }
    assert!(searches > 0 && run.wait().unwrap().success());
    assert_eq!(world.searchable().len(), 150);
}

fn interrupted(world: &mut World) {
    for seed in 0..200 {
        world.draw(&format!("{seed}.png"), seed);
    }
    let mut run = world
        .command()
        .arg("index")
        .arg(world.photos())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = world.index().join("journal/1.log");
    while fs::metadata(&journal).map_or(0, |file| file.len()) < 1000 {
        let ended = run.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended by itself: {ended:?}");
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let run = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    // What follows in a script must not take a part for the whole.
    assert_eq!(run.status.code(), Some(130), "{said}");
    assert!(
        said.contains("stopped in") && said.contains("run the same command again"),
        "{said}"
    );
    let done = world.searchable().len();
    assert!((1..200).contains(&done), "{done}");
    world
        .index_photos()
        .exits(0)
        .says(&format!("{} new, {done} unchanged", 200 - done));
}
