//! What a library keeps beside its photos: names, saved queries, labels and folders.

use crate::asking::{library, names_of};
use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("families::names_are_taught", taught),
        trial("families::queries_are_saved", saved),
        trial("families::photos_get_labels", labels),
        trial("families::folders_are_listed_and_forgotten", folders),
        trial("families::duplicates_are_listed", duplicates),
    ]
}

fn taught(world: &mut World) {
    library(world);
    let photo = world.photos().join("notes.png");
    let path = photo.to_str().unwrap();
    world
        .run(&["name", "add", "Rex", path])
        .exits(0)
        .says("learned \u{201c}Rex\u{201d} from 1 photo");
    assert_eq!(world.run(&["name", "list"]).exits(0).out, "rex\t1 photo\n");
    let hit = &world.hits(&["search", "rex"])[0];
    assert_eq!(hit["path"], path);
    assert!(
        hit["cosine"].as_f64().unwrap() > 0.999,
        "the name is the photo"
    );
    let both = world.hits(&["search", "rex in blue"]);
    assert_ne!(
        both[0]["cosine"],
        world.hits(&["search", "in blue"])[0]["cosine"]
    );
    world.run(&["name", "add", "Rex", "missing.png"]).exits(2);
    // A damaged file of names disables the names, and the search still works.
    std::fs::write(world.index().join("names"), "broken").unwrap();
    world
        .run(&["search", "--all", "blue"])
        .exits(0)
        .says("names");
    std::fs::remove_file(world.index().join("names")).unwrap();
    world.run(&["name", "list"]).exits(0).says("no names yet");
    world.run(&["name", "add", "rex", path]).exits(0);
    // More photos are added to a name, unless they are to replace the others.
    let other = world.photos().join("wide.bmp");
    let other = other.to_str().unwrap();
    let add = ["name", "add", "rex", other];
    world
        .run(&add)
        .exits(0)
        .says("from 1 more, 2 photos in all");
    let cosine = || {
        world.hits(&["search", "rex"])[0]["cosine"]
            .as_f64()
            .unwrap()
    };
    assert!(cosine() < 0.999, "the name is between both photos");
    world
        .run(&["name", "add", "rex", other, "--replace"])
        .exits(0)
        .says("from 1 photo, instead of 2 photos before");
    assert!(cosine() > 0.999, "the name is the other photo");
    world
        .run(&["name", "list", "--json"])
        .exits(0)
        .prints(r#"{"name":"rex","photos":1}"#);
    world
        .run(&["name", "remove", "REX"])
        .exits(0)
        .says("removed");
    world
        .run(&["name", "remove", "rex"])
        .exits(2)
        .says("error: no name");
    for name in ["tag:x", "a", "-x"] {
        let run = world.run(&["name", "add", "--", name, path]);
        run.exits(2).says("cannot be a name");
    }
}

fn saved(world: &mut World) {
    library(world);
    world
        .run(&["query", "add", "old", "in:italy2019", "OR", "ext:bmp"])
        .exits(0);
    assert_eq!(
        world.run(&["query", "list"]).exits(0).out,
        "@old\tin:italy2019 OR ext:bmp\n"
    );
    assert_eq!(names_of(world, &["@old"]).len(), 3);
    assert_eq!(names_of(world, &["@old !ext:bmp"]).len(), 2);
    world.run(&["search", "@new"]).exits(2).says("saved: old");
    // Inside quotes, `@` has no special meaning.
    world
        .run(&["search", "--all", "\"red @new\" text:\"@new\""])
        .exits(0);
    // The message points to the mistake in the query as it was typed.
    world
        .run(&["search", "@old on:never"])
        .exits(2)
        .says("  @old on:never\n          ^^^^^");
    world.run(&["query", "add", "bad", "on:never"]).exits(2);
    // A query that names another one changes with it, and must not name itself indirectly.
    world
        .run(&["query", "add", "older", "@old !ext:bmp"])
        .exits(0);
    assert_eq!(names_of(world, &["@older"]).len(), 2);
    world
        .run(&["query", "add", "old", "@older"])
        .exits(2)
        .says("names itself");
    assert_eq!(names_of(world, &["@old"]).len(), 3);
    world.run(&["query", "remove", "@older"]).exits(0);
    // Saving many queries at once must not lose any.
    let names: Vec<String> = (0..12).map(|number| format!("at-once-{number}")).collect();
    let spawn = |name: &String| {
        world
            .command()
            .args(["query", "add", name, "dog"])
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = names.iter().map(spawn).collect();
    assert!(
        children
            .iter_mut()
            .all(|child| child.wait().unwrap().success())
    );
    let list = world.run(&["query", "list"]).exits(0).out;
    assert!(
        names
            .iter()
            .all(|name| list.contains(&format!("@{name}\t"))),
        "{list}"
    );
    for name in &names {
        world.run(&["query", "remove", name]).exits(0);
    }
    world.run(&["query", "remove", "@old"]).exits(0);
    world
        .run(&["query", "list"])
        .exits(0)
        .says("no saved queries");
    world.run(&["query", "remove", "old"]).exits(2);
    // A query that replaces another one says so.
    let add = |query: &str| world.run(&["query", "add", "mine", query]).exits(0);
    add("dog").says("saved");
    add("cat").says("replaced @mine (was: dog)");
    world
        .run(&["query", "list", "--json"])
        .exits(0)
        .prints(r#"{"name":"mine","query":"cat"}"#);
}

/// Labels that a person sets: they stay when files move, and `tag:` finds them beside computed ones.
fn labels_by_hand(world: &World) {
    let all = names_of(world, &["width:>0"]);
    let paths: Vec<String> = all[..2].iter().map(|name| path_in(world, name)).collect();
    let photos = paths.iter().map(String::as_str);
    let set: Vec<&str> = ["tag", "set", "our trip"]
        .into_iter()
        .chain(photos)
        .collect();
    world.run(&set).exits(0).says("2 photos, 2 new");
    world.run(&set).exits(0).says("2 photos, 0 new");
    let found = || names_of(world, &["tag:\"Our Trip\""]);
    assert_eq!(found(), all[..2]);
    let hits = world.hits(&["search", "tag:\"our trip\""]);
    assert_eq!(hits[0]["tags_by_hand"], serde_json::json!(["our trip"]));
    let list = world.run(&["tag", "list"]).exits(0);
    assert!(list.out.contains("our trip\t2\tby hand"), "{}", list.out);
    let gone = path_in(world, "gone.png");
    world
        .run(&["tag", "set", "x", &gone])
        .exits(2)
        .says("gone.png");
    world
        .run(&["tag", "set", "a,b", &paths[0]])
        .exits(2)
        .says("commas");
    world.run(&["tag", "unset", "our trip", &paths[0]]).exits(0);
    assert_eq!(found(), all[1..2]);
    world.run(&["tag", "remove", "our trip"]).exits(0);
    assert_eq!(found(), Vec::<String>::new());
}

fn path_in(world: &World, name: &str) -> String {
    let path = world.photos().join(name);
    path.to_str().unwrap().to_owned()
}

fn labels(world: &mut World) {
    library(world);
    world
        .run(&["search", "tag:dog"])
        .exits(2)
        .says("pixseek tag add");
    world.run(&["tag", "list"]).exits(0).says("no labels yet");
    world.run(&["tag", "add", ","]).exits(2);
    let add = ["tag", "add", "stripes, blue sky,,dog"];
    world.run(&[&add[..], &["--top", "0"]].concat()).exits(2);
    let run = world.run(&add).exits(0);
    assert_eq!(counts(&run.out), (3, 6));
    let tagged = || {
        let hits = world.hits(&["search", "width:>0", "-n", "100"]);
        let tags = hits
            .into_iter()
            .map(|hit| (hit["path"].clone(), hit["tags"].clone()));
        tags.collect::<Vec<_>>()
    };
    let before = tagged();
    assert_eq!(before.len(), 6);
    labels_by_hand(world);
    assert_eq!(tagged(), before, "computed labels stay");
    for (path, tags) in &before {
        let tags = tags.as_array().unwrap();
        let probability = |tag: &serde_json::Value| tag["probability"].as_f64().unwrap();
        let sum: f64 = tags.iter().map(probability).sum();
        assert!((sum - 1.0).abs() < 0.02, "{tags:?}");
        let first = tags[0]["label"].as_str().unwrap();
        // The best of three labels has a probability of at least a third.
        let path = Path::new(path.as_str().unwrap());
        let name = path.strip_prefix(world.photos()).unwrap().to_str().unwrap();
        let query = format!("tag:\"{first}\"");
        assert!(names_of(world, &[&query]).contains(&name.to_owned()));
    }
    // A list changes nothing, and labels that are added keep the others.
    let list = world.run(&["tag", "list", "--json"]).exits(0);
    assert_eq!(list.out.lines().count(), 3);
    assert_eq!(tagged(), before);
    let run = world.run(&["tag", "add", "cat"]).exits(0);
    assert_eq!(counts(&run.out), (4, 6));
    world
        .run(&["tag", "remove", "zebra"])
        .exits(2)
        .says("zebra");
    world.run(&["tag", "remove", "cat"]).exits(0);
    assert_eq!(tagged(), before);
    let all = ["tag", "remove", "dog", "stripes", "blue sky"];
    world.run(&all).exits(0).says("no labels yet");
    world.run(&["tag", "list"]).exits(0).says("no labels yet");
}

/// The number of labels, and the sum of their photos.
fn counts(lines: &str) -> (usize, u32) {
    let count = |line: &str| line.split_once('\t').unwrap().1.parse::<u32>().unwrap();
    (lines.lines().count(), lines.lines().map(count).sum())
}

fn folders(world: &mut World) {
    library(world);
    let photos = world.photos();
    let photos = photos.to_str().unwrap();
    let list = world.run(&["folder", "list"]).exits(0).out;
    assert_eq!(list, format!("{photos}\n"));
    let list = world.run(&["folder", "list", "--json"]).exits(0).out;
    let folder: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        (&folder["path"], &folder["state"]),
        (&photos.into(), &"online".into())
    );
    // Whoever names another folder sees what there is.
    world
        .run(&["folder", "forget", "nowhere"])
        .exits(2)
        .says(&format!("not indexed; folders are: {photos}"));
    let empty = world.photos().with_file_name("empty");
    std::fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    world.run(&["index", empty]).exits(0);
    world
        .run(&["folder", "forget", empty])
        .exits(0)
        .says("which had no photos");
    world
        .run(&["folder", "forget", photos])
        .exits(0)
        .says("forgot 6 photos");
    world
        .run(&["folder", "list"])
        .exits(0)
        .says("no folders yet");
}

fn duplicates(world: &mut World) {
    library(world);
    world.run(&["dupes"]).exits(1).says("0 groups");
    world.draw("copy.png", 5);
    world.index_photos().exits(0);
    let run = world.run(&["dupes"]).exits(0).says("nothing was deleted");
    let names: Vec<&str> = run
        .out
        .lines()
        .map(|line| line.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(names, ["copy.png", "notes.png"]);
    assert!(run.out.starts_with("1\texact\t"));
    // The same picture as a smaller file is a near duplicate.
    let small = image::open(world.photos().join("notes.png")).unwrap();
    small
        .to_rgb8()
        .save(world.photos().join("small.bmp"))
        .unwrap();
    world.index_photos().exits(0);
    let near = world.run(&["dupes", "--near", "--json"]).exits(0);
    assert!(near.out.contains("small.bmp") && near.out.contains("\"near\""));
}
