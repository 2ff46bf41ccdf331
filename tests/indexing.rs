//! Index runs over a folder that changes.

use crate::pixseek::{World, jpeg};
use crate::trial;
use libtest_mimic::Trial;
use std::process::Stdio;

pub fn trials() -> Vec<Trial> {
    vec![
        trial(
            "indexing::a_second_run_encodes_nothing",
            a_second_run_encodes_nothing,
        ),
        trial(
            "indexing::moved_and_copied_photos_keep_their_vectors",
            moved_and_copied,
        ),
        trial(
            "indexing::removed_photos_go_and_come_back",
            removed_and_back,
        ),
        trial(
            "indexing::an_emptied_folder_is_offline",
            an_emptied_folder_is_offline,
        ),
        trial("indexing::edited_photos_are_encoded_again", edited),
        trial("indexing::failures_have_names_and_reasons", failures),
        trial("indexing::ignored_and_hidden_files_are_left_out", left_out),
        trial(
            "indexing::the_run_after_a_killed_one_continues",
            a_killed_run_goes_on,
        ),
        trial(
            "indexing::a_second_writer_is_told_who_writes",
            a_second_writer,
        ),
        trial("indexing::forgotten_folders_are_removed", forget),
        trial(
            "indexing::copies_of_an_unencodable_photo_fail_by_name",
            not_encoded,
        ),
    ]
}

fn a_second_run_encodes_nothing(world: &mut World) {
    world.draw("a.png", 1);
    world.write("b.jpg", &jpeg(2));
    world.index_photos().exits(0).says("2 new");
    world.index_photos().exits(0).says("0 new, 2 unchanged");
    world.run(&["index"]).exits(0).says("2 unchanged");
    assert_eq!(world.searchable().len(), 2);
}

fn moved_and_copied(world: &mut World) {
    let old = world.draw("a.png", 1);
    world.index_photos().exits(0);
    let copy = world.photos().join("sub/copy.png");
    std::fs::create_dir(world.photos().join("sub")).unwrap();
    std::fs::copy(&old, &copy).unwrap();
    world
        .index_photos()
        .exits(0)
        .says("0 new, 1 known photo at a new place");
    assert_eq!(world.searchable(), [old.clone(), copy.clone()]);
    let new = world.photos().join("z.png");
    std::fs::rename(&old, &new).unwrap();
    world
        .index_photos()
        .exits(0)
        .says("0 new, 1 known photo at a new place")
        .says("1 removed");
    assert_eq!(world.searchable(), [copy, new]);
}

fn removed_and_back(world: &mut World) {
    let kept = world.draw("kept.png", 1);
    let gone = world.draw("gone.png", 2);
    world.index_photos().exits(0);
    let bytes = std::fs::read(&gone).unwrap();
    std::fs::remove_file(&gone).unwrap();
    world.index_photos().exits(0).says("1 removed");
    assert_eq!(world.searchable(), std::slice::from_ref(&kept));
    std::fs::write(&gone, bytes).unwrap();
    world
        .index_photos()
        .exits(0)
        .says("0 new, 1 known photo at a new place");
    assert_eq!(world.searchable(), [gone, kept]);
}

fn an_emptied_folder_is_offline(world: &mut World) {
    let photo = world.draw("drive/a.png", 1);
    world.draw("b.png", 2);
    world.index_photos().exits(0);
    let away = world.photos().with_file_name("away");
    std::fs::rename(world.photos().join("drive"), &away).unwrap();
    world.index_photos().exits(0).says("1 offline");
    let offline = |world: &World| {
        let hits = world.hits(&["search", "stripes"]);
        let hit = hits
            .iter()
            .find(|hit| hit["path"] == photo.to_str().unwrap());
        hit.unwrap()["offline"].as_bool().unwrap()
    };
    assert!(offline(world), "still found, and marked");
    std::fs::rename(&away, world.photos().join("drive")).unwrap();
    world.index_photos().exits(0).says("2 unchanged");
    assert!(!offline(world));
}

fn edited(world: &mut World) {
    let path = world.draw("a.png", 1);
    world.index_photos().exits(0);
    world.draw("a.png", 2);
    let before = world.hits(&["similar", path.to_str().unwrap()]);
    assert!(
        before[0]["cosine"].as_f64().unwrap() < 0.999,
        "the stored vector is another picture's"
    );
    world.index_photos().exits(0).says("1 new");
    world.shows_itself(&path);
}

fn failures(world: &mut World) {
    let whole = jpeg(3);
    world.write("whole.jpg", &whole);
    world.write("cut.jpg", &whole[..whole.len() / 2]);
    world.write("text.jpg", b"this is no picture");
    world.write("wrong-name.png", &jpeg(4));
    world.write("empty.png", b"");
    world
        .index_photos()
        .exits(3)
        .says("2 new")
        .says("3 files failed");
    let list = world.run(&["failures"]).exits(0).out;
    for name in ["cut.jpg", "text.jpg", "empty.png"] {
        assert!(list.contains(name), "{name} in {list}");
    }
    // Failed files are not tried again until they change.
    world
        .index_photos()
        .exits(0)
        .says("0 new, 5 unchanged")
        .says("3 files failed in earlier runs");
    world.run(&["index", "--retry-failures"]).exits(3);
    world.write("cut.jpg", &jpeg(5));
    world.index_photos().exits(0).says("1 new");
    assert!(!world.run(&["failures"]).out.contains("cut.jpg"));
}

fn left_out(world: &mut World) {
    let taken = world.draw("taken.png", 1);
    world.draw(".hidden/a.png", 2);
    world.draw("cache/b.png", 3);
    world.draw("c-small.png", 4);
    world.write(".pixseekignore", b"# not these\ncache/\n*-small.*\n");
    world.write("notes.txt", b"no photo");
    world.index_photos().exits(0);
    assert_eq!(world.searchable(), std::slice::from_ref(&taken));
    let change = ["index", "--hidden", "--exclude", "taken.*"];
    world
        .run(&change)
        .exits(2)
        .says("--exclude takes 1 photo out of the index; add --yes");
    assert_eq!(world.searchable(), [taken]);
    world
        .run(&[&change[..], &["--yes"]].concat())
        .exits(0)
        .says("1 removed");
    assert_eq!(world.searchable(), [world.photos().join(".hidden/a.png")]);
}

fn a_killed_run_goes_on(world: &mut World) {
    for seed in 0..200 {
        world.draw(&format!("{seed}.png"), seed);
    }
    let mut child = world
        .command()
        .arg("index")
        .arg(world.photos())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Kill the run while it writes the second batch; by then the first one is committed.
    let two_batches = 128 * 384 * 3 / 2;
    let vectors = world.index().join("vectors/1.bin");
    while std::fs::metadata(&vectors).map_or(0, |metadata| metadata.len()) < two_batches {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended by itself"
        );
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let run = world.index_photos().exits(0);
    assert!(
        !run.err.contains("200 new"),
        "nothing was kept: {}",
        run.err
    );
    assert_eq!(world.searchable().len(), 200);
}

fn a_second_writer(world: &mut World) {
    world.draw("a.png", 1);
    world.index_photos().exits(0);
    let lock = std::fs::File::open(world.index().join("LOCK")).unwrap();
    lock.lock().unwrap();
    world
        .index_photos()
        .exits(2)
        .says("is being written by process");
    // The lock of a writer does not affect readers.
    assert_eq!(world.searchable().len(), 1);
}

fn forget(world: &mut World) {
    world.draw("a/one.png", 1);
    let two = world.draw("b/two.png", 2);
    world.index_photos().exits(0);
    let folder = world.photos().join("a");
    let folder = folder.to_str().unwrap();
    world
        .run(&["folder", "forget", folder])
        .exits(0)
        .says("forgot 1 photo");
    world.run(&["folder", "forget", folder]).exits(2);
    assert_eq!(world.searchable(), [two]);
}

/// With a last matrix of zeros, the model's vector of any picture has no direction.
fn not_encoded(world: &mut World) {
    let model = world.home().join("blind");
    std::fs::create_dir_all(&model).unwrap();
    let original = std::path::Path::new("../../tests/parity/vit-quickgelu");
    for name in ["open_clip_config.json", "tokenizer.json"] {
        std::fs::copy(original.join(name), model.join(name)).unwrap();
    }
    let weights = "open_clip_model.safetensors";
    let mut bytes = std::fs::read(original.join(weights)).unwrap();
    let start = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..start]).unwrap();
    let range = &header["visual.proj"]["data_offsets"];
    let at = |end: usize| start + usize::try_from(range[end].as_u64().unwrap()).unwrap();
    let range = at(0)..at(1);
    bytes[range].fill(0);
    std::fs::write(model.join(weights), bytes).unwrap();

    let photo = world.draw("a.png", 1);
    std::fs::copy(&photo, world.photos().join("b.png")).unwrap();
    let run = ["--model", model.to_str().unwrap(), "index", "photos"];
    world
        .run(&run)
        .exits(3)
        .says("0 new")
        .says("2 files failed");
    let failures = world.run(&["failures"]).exits(0).out;
    for name in ["a.png", "b.png"] {
        assert!(failures.contains(name), "{name} in {failures}");
    }
    world.run(&run).exits(0).says("0 new, 2 unchanged");
}
