//! Rows of photos that are gone or were rewritten: they are dropped, and nothing else is.

use crate::pixseek::{World, jpeg};
use crate::trial;
use libtest_mimic::Trial;
use std::fs;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("compacting::keeps_every_photo", compact),
        trial(
            "compacting::a_run_compacts_dead_rows_of_the_run_before",
            compacts_by_itself,
        ),
        trial("compacting::rewritten_photos_are_all_found", rewritten),
    ]
}

fn compact(world: &mut World) {
    for seed in 0..6 {
        world.draw(&format!("{seed}.png"), seed);
    }
    world.index_photos().exits(0);
    for seed in 0..3 {
        fs::remove_file(world.photos().join(format!("{seed}.png"))).unwrap();
    }
    world.index_photos().exits(0).says("3 removed");
    let before = world.searchable();
    world
        .run(&["compact"])
        .exits(0)
        .says("reclaimed the space of 3 removed photos");
    world.run(&["compact"]).exits(0).says("nothing to reclaim");
    assert_eq!(world.searchable(), before);
    for path in &before {
        world.shows_itself(path);
    }
    world.run(&["verify"]).exits(0);
    world.index_photos().exits(0).says("0 new, 3 unchanged");
}

/// Photos that vanish in one run may come back in the next one; only then are their rows dropped.
fn compacts_by_itself(world: &mut World) {
    const PHOTOS: u8 = 48;
    const GONE: u8 = 36;
    for seed in 0..PHOTOS {
        world.draw(&format!("{seed}.png"), seed);
    }
    world.index_photos().exits(0);
    world.run(&["tag", "add", "stripes,a dog"]).exits(0);
    let tagged = || {
        let hits = world.hits(&["search", "width:>0", "-n", "100"]).into_iter();
        let mut tags: Vec<_> = hits
            .map(|hit| format!("{} {}", hit["path"], hit["tags"]))
            .collect();
        tags.sort();
        tags
    };
    let away = world.photos().with_file_name("away");
    fs::create_dir(&away).unwrap();
    for seed in 0..GONE {
        let name = format!("{seed}.png");
        fs::rename(world.photos().join(&name), away.join(name)).unwrap();
    }
    let run = world.index_photos().exits(0).says("36 removed");
    assert!(!run.err.contains("compacted"), "{}", run.err);
    fs::rename(away.join("4.png"), world.photos().join("4.png")).unwrap();
    // The rows of the other 35 photos are still most of all rows, so this run compacts.
    world
        .index_photos()
        .exits(0)
        .says("0 new, 1 known photo at a new place")
        .says("compacted: 35 vectors without a photo dropped");
    world.run(&["verify"]).exits(0);
    let before = world.searchable();
    assert_eq!(before.len(), 13);
    for path in &before {
        world.shows_itself(path);
    }
    let kept = tagged();
    assert!(kept.iter().all(|tags| tags.contains("stripes")), "{kept:?}");
    world.run(&["tag", "add", "stripes"]).exits(0);
    assert_eq!(tagged(), kept);
    let run = world.index_photos().exits(0).says("0 new, 13 unchanged");
    assert!(!run.err.contains("compacted"), "{}", run.err);
    // A photo whose row was dropped is encoded again when it comes back.
    fs::rename(away.join("0.png"), world.photos().join("0.png")).unwrap();
    world.index_photos().exits(0).says("1 new");
    assert_eq!(world.searchable().len(), 14);
}

/// A photo manager writes metadata into every file: the pictures stay the same in other bytes.
fn rewritten(world: &mut World) {
    const PHOTOS: u8 = 200;
    for round in 0..5_u8 {
        for seed in 0..PHOTOS {
            let mut bytes = jpeg(seed);
            // Insert a comment behind the marker that begins the file.
            bytes.splice(2..2, [0xff, 0xfe, 0, 3, round]);
            world.write(&format!("{seed}.jpg"), &bytes);
        }
        world.index_photos().exits(0).says("200 new");
    }
    for query in ["stripes", "a red pattern", "night"] {
        assert_eq!(world.hits(&["search", query, "-n", "200"]).len(), 200);
    }
}
