//! Tests with the real photos and the difficult files of `../shared`.

use crate::pixseek::{World, shared};
use libtest_mimic::Trial;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![
        with_shared(
            "library::every_hard_file_ends_as_a_photo_or_a_named_failure",
            "hard",
            hard,
        ),
        with_shared(
            "library::orientations_look_the_same",
            "hard/orientation",
            orientations,
        ),
        with_shared("library::facts_are_read", "photos/library", facts),
        with_shared("library::words_find_photos", "photos/captioned", words),
        with_shared(
            "library::names_that_are_common_words_say_so",
            "photos/captioned",
            common_names,
        ),
        with_shared(
            "library::forgetting_does_not_change_other_answers",
            "photos/captioned1k",
            forgetting,
        ),
    ]
}

/// A name that is a common word says so when it is taught.
fn common_names(world: &World, folder: &Path) {
    index(world, folder);
    let hits = world.hits(&["search", "-n", "1", "dog"]);
    let photo = hits[0]["path"].as_str().unwrap();
    let teach = |name: &str| {
        world
            .run(&["name", "add", name, photo])
            .exits(0)
            .err
            .clone()
    };
    let warning = "also describes other photos";
    assert!(teach("dog").contains(warning));
    assert!(!teach("dog").contains(warning), "once");
    assert!(!teach("xqzkwv").contains(warning));
    world
        .run(&["name", "add", "two\nlines", photo])
        .exits(2)
        .says("cannot be a name");
}

fn with_shared(name: &str, path: &'static str, run: fn(&World, &Path)) -> Trial {
    let path = shared(path);
    let is_there = path.exists();
    Trial::test(name, move || {
        run(&World::new(), &path.canonicalize()?);
        Ok(())
    })
    .with_ignored_flag(!is_there)
}

fn index(world: &World, folder: &Path) -> String {
    let run = world.run(&["index", folder.to_str().unwrap()]);
    assert!(run.code == 0 || run.code == 3, "{}", run.err);
    run.err
}

fn hard(world: &World, folder: &Path) {
    let said = index(world, folder);
    assert!(!said.contains("panicked"), "{said}");
    let failures = world
        .run(&["failures", "--json"])
        .exits(0)
        .out
        .lines()
        .count();
    let photos = world.searchable().len();
    assert!(
        photos >= 100 && failures >= 100,
        "{photos} photos, {failures} failures"
    );
    let again = index(world, folder);
    assert!(
        again.contains(&format!("0 new, {} unchanged", photos + failures)),
        "{again}"
    );
}

fn orientations(world: &World, folder: &Path) {
    /// The JPEGs show one scene, rotated and compressed again; their cosines were measured above
    /// 0.99.
    const ALIKE: f64 = 0.98;
    index(world, folder);
    for series in ["Landscape", "Portrait"] {
        let first = folder.join(format!("{series}_1.jpg"));
        let hits = world.hits(&["similar", first.to_str().unwrap(), "-n", "18"]);
        let alike = hits
            .iter()
            .filter(|hit| hit["path"].as_str().unwrap().contains(series))
            .filter(|hit| hit["cosine"].as_f64().unwrap() > ALIKE)
            .count();
        assert_eq!(alike, 9, "{series}: {hits:?}");
    }
}

fn facts(world: &World, folder: &Path) {
    index(world, folder);
    let hits = world.hits(&["search", "photo", "-n", "1000"]);
    let with = |key: &str| hits.iter().filter(|hit| !hit[key].is_null()).count();
    assert!(
        with("taken") > 50 && with("camera") > 50,
        "dates and cameras"
    );
    assert!(with("latitude") > 5, "places");
    let canon = hits
        .iter()
        .find(|hit| hit["path"].as_str().unwrap().ends_with("Canon_40D.jpg"))
        .expect("Canon_40D.jpg is indexed");
    assert_eq!(canon["camera"], "Canon EOS 40D");
    assert_eq!(canon["taken"], "2008-05-30T15:56:01");
}

fn words(world: &World, folder: &Path) {
    index(world, folder);
    let hits = world.hits(&["search", "a person on a snowboard in the snow", "-n", "10"]);
    assert_eq!(hits.len(), 10);
    let scores: Vec<f64> = hits
        .iter()
        .map(|hit| hit["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

/// After most photos were forgotten, searches give the same answers as in an index that never had
/// them.
fn forgetting(world: &World, folder: &Path) {
    const KEPT: usize = 180;
    /// In points of a score, which is printed to a tenth. The rows' codes are relative to another
    /// mean, so their vectors differ by rounding.
    const TOLERANCE: f64 = 0.5;
    let mut photos: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jpg"))
        .collect();
    photos.sort();
    for (number, photo) in photos.iter().enumerate() {
        // About every fifth photo stays.
        let stays = number * KEPT / photos.len() != (number + 1) * KEPT / photos.len();
        let target = world.photos().join(if stays { "stays" } else { "goes" });
        std::fs::create_dir_all(&target).unwrap();
        let name = photo.file_name().unwrap();
        std::fs::copy(photo, target.join(name)).unwrap();
    }
    let stays = world.photos().join("stays");
    // Set the precision, because each index would otherwise choose its own.
    let index = |world: &World, folder: &Path| {
        let folder = folder.to_str().unwrap();
        world.run(&["index", "--precision", "f32", folder]).exits(0)
    };
    index(world, &world.photos()).says("1000 new");
    let goes = world.photos().join("goes");
    let forget = ["folder", "forget", goes.to_str().unwrap()];
    world.run(&forget).exits(0).says("forgot 820 photos");

    let fresh = World::new();
    index(&fresh, &stays).says("180 new");
    for query in ["a football game", "snow", "a child playing"] {
        let search = ["search", "--all", "--json", "-n", "100", query];
        let page = world.run(&search).exits(0).out;
        assert_eq!(page.lines().count(), 100, "{query}");
        let all = |world: &World| -> std::collections::BTreeMap<String, f64> {
            let hits = world.hits(&["search", query, "-n", "1000"]).into_iter();
            let path = |hit: &serde_json::Value| hit["path"].as_str().unwrap().to_owned();
            hits.map(|hit| (path(&hit), hit["score"].as_f64().unwrap()))
                .collect()
        };
        let (found, expected) = (all(world), all(&fresh));
        assert_eq!(found.len(), KEPT, "{query}");
        for (path, score) in &expected {
            let found = found[path];
            assert!(
                (found - score).abs() <= TOLERANCE,
                "{query}: {path} {found} {score}"
            );
        }
    }
}
