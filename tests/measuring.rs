//! Tests `pixseek bench`.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use serde_json::Value;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("measuring::every_step_is_measured", steps),
        trial("measuring::a_benchmark_without_photos_fails", nothing),
    ]
}

/// Durations depend on the machine, so the numbers are compared with each other and with known
/// facts of the photos and of the machine.
fn steps(world: &mut World) {
    for number in 0..5 {
        world.draw(&format!("{number}.png"), number);
    }
    let photos = world.photos();
    let (width, height) = image::image_dimensions(photos.join("0.png")).unwrap();
    let photos = photos.to_str().unwrap();
    let line = world
        .run(&["bench", "--photos", photos, "--json"])
        .exits(0)
        .out;
    let measured: Value = serde_json::from_str(&line).unwrap();
    let number = |of: &Value| of.as_f64().unwrap();
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-3 * b;
    assert_eq!(measured["photos"], 5, "{line}");
    let pixels = f64::from(width) * f64::from(height) / 1e6;
    assert!(is_near(number(&measured["megapixels"]), pixels), "{line}");
    let threads = std::thread::available_parallelism().unwrap().get();
    assert_eq!(measured["threads"], threads, "{line}");

    assert!(number(&measured["photos_per_second"]) > 0.0, "{line}");

    let steps = measured["step_ms"].as_object().unwrap();
    let mut names: Vec<&str> = steps.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["commit", "decode", "encode", "read and hash", "resize"];
    assert_eq!(names, expected, "{line}");
    let longest = steps
        .iter()
        .max_by(|(_, a), (_, b)| number(a).total_cmp(&number(b)))
        .unwrap();
    assert_eq!(measured["bound_by"], *longest.0, "{line}");

    let rates = measured["image_tower_photos_per_second"]
        .as_object()
        .unwrap();
    let mut sizes: Vec<u32> = rates.keys().map(|size| size.parse().unwrap()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 8, 32, 64], "{line}");
    let fastest = rates.values().map(number).fold(1.0, f64::max);
    let threads = f64::from(u32::try_from(threads).unwrap());
    // Encoding uses all threads, so its duration is multiplied by their number.
    let encode = number(&steps["encode"]);
    assert!(is_near(encode, 1e3 * threads / fastest), "{line}");
    // Not against each other: on a busy machine any of them may take longest.
    for time in ["cold_search_ms", "text_ms", "search_ms"] {
        assert!(number(&measured[time]) > 0.0, "{time}: {line}");
    }
    // The benchmark neither creates nor changes the user's index.
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
