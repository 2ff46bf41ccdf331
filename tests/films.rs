//! Films as hits with a time, and files that belong together: a Live Photo, a raw file's JPEG.

use crate::pixseek::{World, jpeg};
use crate::trial;
use libtest_mimic::Trial;
use serde_json::Value;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("films::a_film_is_one_hit_with_a_time", found),
        trial("films::a_moved_film_is_not_decoded_again", moved),
        trial("films::a_cut_film_is_a_failure", cut),
        trial("films::a_live_photo_is_one_hit", live),
        trial(
            "films::a_score_is_that_of_the_file_it_stands_beside",
            moments,
        ),
        trial("films::has_motion_follows_the_film", motion),
    ]
}

/// A film of the committed samples.
fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pixseek-video/tests/films");
    std::fs::read(folder.join(name)).unwrap()
}

fn add(world: &World, name: &str) -> PathBuf {
    world.write(name, &sample(name))
}

fn found(world: &mut World) {
    world.draw("a.png", 1);
    for name in ["high.mp4", "hevc_phone.mov", "rotated.mp4"] {
        add(world, name);
    }
    world.index_photos().exits(0);
    let names = |query: &[&str]| {
        let hits = world.hits(&[&["search"], query].concat());
        let paths = hits
            .iter()
            .map(|hit| hit["path"].as_str().unwrap().to_owned());
        let mut names: Vec<String> = paths
            .map(|path| path.rsplit('/').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let films = ["hevc_phone.mov", "high.mp4", "rotated.mp4"];
    assert_eq!(names(&["is:video"]), films);
    assert_eq!(names(&["is:photo"]), ["a.png"]);
    assert_eq!(names(&["duration:<=4s", "camera:iphone"]), films[..1]);
    assert_eq!(names(&["duration:>5s"]), [""; 0]);
    assert_eq!(names(&["near:munich"]), films[..1]);
    // With a description, each film is one hit, with the time of one of its key frames.
    let hits = world.hits(&["search", "coloured stripes", "--all"]);
    assert_eq!(hits.len(), 4);
    for hit in &hits {
        let is_film = hit["duration"].is_number();
        let time = hit["at"].as_f64();
        assert_eq!(time.is_some(), is_film, "{hit}");
        assert!(
            time.is_none_or(|time| [1.0, 2.0, 3.0].contains(&time)),
            "{hit}"
        );
    }
    let rotated = world.hits(&["search", "in:photos", "orientation:portrait"]);
    let size = |hit: &Value| (hit["width"].clone(), hit["height"].clone());
    assert_eq!(size(&rotated[0]), (96.into(), 160.into()));
    let line = [
        "search",
        "is:video camera:iphone",
        "--format",
        "{name} {duration}",
    ];
    world.run(&line).exits(0).prints("hevc_phone.mov 0:04");
}

fn moved(world: &mut World) {
    let film = add(world, "black_first.mp4");
    world.index_photos().exits(0).says("1 new");
    let times = |world: &World| {
        let hits = world.hits(&["search", "stripes", "--all"]);
        hits[0]["at"].clone()
    };
    let before = times(world);
    assert!(before.is_number());
    let place = film.with_file_name("holiday.mp4");
    std::fs::rename(&film, &place).unwrap();
    let run = world.index_photos().exits(0);
    run.says("0 new");
    assert_eq!(world.searchable(), [place]);
    assert_eq!(times(world), before);
}

fn cut(world: &mut World) {
    let whole = sample("high.mp4");
    world.write("cut.mp4", &whole[..whole.len() / 2]);
    world.write("text.mov", b"no film at all");
    world.draw("a.png", 1);
    world.index_photos().exits(3);
    let failures = world.run(&["failures"]).exits(0);
    for name in ["cut.mp4", "text.mov"] {
        assert!(failures.out.contains(name), "{}", failures.out);
    }
    assert_eq!(world.searchable().len(), 1);
}

fn live(world: &mut World) {
    world.write("IMG_1.jpg", &jpeg(1));
    world.write("IMG_1.MOV", &sample("hevc.mp4"));
    world.write("IMG_2.jpg", &jpeg(2));
    world.index_photos().exits(0);
    for query in ["has:motion", "is:photo", "width:>0"] {
        let hits = folded(world, query);
        let hit = hits.iter().find(|hit| hit["motion"] == true).unwrap();
        assert!(hit["path"].as_str().unwrap().ends_with("IMG_1.jpg"));
        let behind = hit["folded"].as_array().unwrap();
        assert_eq!(behind.len(), 1, "{query}");
        assert!(behind[0].as_str().unwrap().ends_with("IMG_1.MOV"));
    }
    assert_eq!(folded(world, "width:>0").len(), 2);
    // What belongs to a photo and does not match itself does not count.
    for (query, count) in [
        ("is:photo", "2\n"),
        ("is:video", "1\n"),
        ("has:motion", "1\n"),
    ] {
        let run = world.run(&["search", query, "--count"]).exits(0);
        assert_eq!(run.out, count, "{query}");
    }
}

/// The hits of a search, with what belongs together as one.
fn folded(world: &World, query: &str) -> Vec<Value> {
    let run = world.run(&["search", query, "--json", "--all"]).exits(0);
    let lines = run.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The names that a search finds.
fn names(world: &World, query: &str) -> Vec<String> {
    let hits = world.hits(&["search", query]);
    let paths = hits.iter().map(|hit| hit["path"].as_str().unwrap());
    let mut names: Vec<String> = paths
        .map(|path| path.rsplit('/').next().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn moments(world: &mut World) {
    for number in 1..6 {
        world.write(&format!("IMG_{number}.jpg"), &jpeg(number));
        world.draw(&format!("{number}.png"), number + 10);
    }
    for (number, name) in [(1, "high.mp4"), (2, "hevc_phone.mov"), (3, "rotated.mp4")] {
        world.write(&format!("IMG_{number}.MOV"), &sample(name));
    }
    world.index_photos().exits(0);
    let mut better = 0;
    for query in ["coloured stripes", "a dog", "a photo of the sea", "screen"] {
        let score = |path: &str| {
            let hits = world.hits(&["search", query]);
            let hit = hits.iter().find(|hit| hit["path"] == path).unwrap();
            hit["score"].clone()
        };
        for hit in folded(world, query) {
            let path = hit["path"].as_str().unwrap();
            assert!(hit["duration"].is_null(), "a film stands in front: {hit}");
            let named = hit["match"]["path"].as_str();
            assert_eq!(hit["score"], score(named.unwrap_or(path)));
            if let Some(film) = named {
                let [of_film, of_photo] = [score(film), score(path)].map(|score| score.as_f64());
                assert!(of_film >= of_photo, "{hit}");
                assert!(hit["match"]["at"].is_number(), "{hit}");
                better += 1;
                let line = ["search", query, "--all", "--scores"];
                let lines = world.run(&line).exits(0);
                lines.prints(&format!("{path}\t{film} @ 0:0"));
            }
        }
    }
    assert!(better > 0, "no film matched better than its photo");
    assert_eq!(names(world, "is:video").len(), 3);
}

fn motion(world: &mut World) {
    world.write("IMG_1.jpg", &jpeg(1));
    world.index_photos().exits(0);
    assert!(names(world, "has:motion").is_empty());
    let film = world.write("IMG_1.MOV", &sample("hevc.mp4"));
    world.index_photos().exits(0);
    assert_eq!(names(world, "has:motion"), ["IMG_1.jpg"]);
    assert_eq!(world.hits(&["search", "is:photo"])[0]["motion"], true);
    assert_eq!(folded(world, "is:photo")[0]["motion"], true);
    std::fs::remove_file(film).unwrap();
    world.index_photos().exits(0);
    assert!(names(world, "has:motion").is_empty());
    assert_eq!(folded(world, "is:photo")[0]["motion"], false);
}
