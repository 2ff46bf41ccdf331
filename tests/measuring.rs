//! `pixseek bench`.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use serde_json::Value;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("measuring::every_step_is_measured", steps),
        trial("measuring::nothing_to_measure_is_said", nothing),
    ]
}

fn steps(world: &mut World) {
    for number in 0..5 {
        world.draw(&format!("{number}.png"), number);
    }
    let photos = world.photos();
    let photos = photos.to_str().unwrap();
    let line = world
        .run(&["bench", "--photos", photos, "--json"])
        .exits(0)
        .out;
    let measured: Value = serde_json::from_str(&line).unwrap();
    for step in ["read and hash", "decode", "resize", "encode", "commit"] {
        assert!(measured["step_ms"][step].as_f64().unwrap() > 0.0, "{line}");
    }
    for (name, least) in [
        ("photos", 5.0),
        ("photos_per_second", 0.1),
        ("cold_search_ms", 1.0),
    ] {
        assert!(measured[name].as_f64().unwrap() >= least, "{name}: {line}");
    }
    assert!(
        measured["image_tower_photos_per_second"]["64"]
            .as_f64()
            .unwrap()
            > 0.0,
        "{line}"
    );
    // Nobody's index is made or touched.
    world.run(&["status"]).exits(2);
    world.run(&["index", photos]).exits(0);
    let shown = world.run(&["bench"]).exits(0).out;
    assert!(shown.contains("from file to index: "), "{shown}");
}

fn nothing(world: &mut World) {
    let run = world.run(&["bench"]).exits(2);
    assert!(run.err.contains("--photos DIR"), "{}", run.err);
    let photos = world.photos();
    std::fs::create_dir_all(&photos).unwrap();
    let run = world
        .run(&["bench", "--photos", photos.to_str().unwrap()])
        .exits(2);
    assert!(run.err.contains("no photos there"), "{}", run.err);
}
