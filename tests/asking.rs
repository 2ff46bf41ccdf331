//! The query language, filters, words and scores, as a person uses them.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("asking::filters_keep_what_passes", filters),
        trial("asking::query_signs_need_no_quotes", signs),
        trial("asking::mistakes_are_pointed_at", mistakes),
        trial("asking::the_grammar_is_in_the_help", grammar),
        trial("asking::copies_stand_behind_one_hit", copies),
        trial("asking::a_shorter_page_is_a_prefix_of_a_longer_one", pages),
        trial("asking::better_and_worse_photos_move_the_query", marks),
    ]
}

/// The photos that a search finds, by their names below the folder of photos, sorted.
pub fn names_of(world: &World, query: &[&str]) -> Vec<String> {
    let hits = world.hits(&[&["search"], query].concat());
    let mut names: Vec<String> = hits
        .iter()
        .map(|hit| {
            let path = Path::new(hit["path"].as_str().unwrap());
            let name = path.strip_prefix(world.photos()).unwrap();
            name.to_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    names
}

/// Six pictures in three folders.
pub fn library(world: &World) {
    for (name, seed) in [
        ("Italy2019/IMG_2043.png", 1),
        ("Italy2019/IMG_2044.png", 2),
        ("france/IMG_3000.png", 3),
        ("france/screenshots/one.png", 4),
        ("notes.png", 5),
    ] {
        world.draw(name, seed);
    }
    let wide = image::RgbImage::from_pixel(200, 50, image::Rgb([200, 40, 90]));
    wide.save(world.photos().join("wide.bmp")).unwrap();
    world.index_photos().exits(0);
}

fn filters(world: &mut World) {
    library(world);
    let check = |query: &[&str], expected: &[&str]| {
        assert_eq!(names_of(world, query), expected, "{query:?}");
    };
    check(
        &["in:italy2019"],
        &["Italy2019/IMG_2043.png", "Italy2019/IMG_2044.png"],
    );
    check(
        &["in:france"],
        &["france/IMG_3000.png", "france/screenshots/one.png"],
    );
    check(&["in:france/screenshots"], &["france/screenshots/one.png"]);
    check(&["ext:bmp"], &["wide.bmp"]);
    check(&["stripes", "ext:bmp"], &["wide.bmp"]);
    check(&["orientation:panorama"], &["wide.bmp"]);
    check(
        &["ext:bmp", "OR", "in:screenshots"],
        &["france/screenshots/one.png", "wide.bmp"],
    );
    check(&["!in:france", "!in:italy2019", "!ext:bmp"], &["notes.png"]);
    check(&["width:200", "height:<60"], &["wide.bmp"]);
    world
        .run(&["search", "has:gps"])
        .exits(1)
        .says("has:gps matches no photo");
    // A copy outside the filtered folder must not appear behind the hit.
    world.draw("elsewhere/copy.png", 1);
    world.index_photos().exits(0);
    check(&["in:elsewhere"], &["elsewhere/copy.png"]);
}

fn signs(world: &mut World) {
    library(world);
    let quoted = world.hits(&["search", "stripes -red +blue", "-n", "3"]);
    let loose = world.hits(&["search", "stripes", "-red", "-n", "3", "+blue"]);
    assert_eq!(quoted, loose);
    let plain = world.hits(&["search", "stripes", "-n", "3"]);
    assert_ne!(quoted[0]["cosine"], plain[0]["cosine"]);
    let photo = world.photos().join("notes.png");
    let like = format!("like:{}", photo.display());
    let hits = world.hits(&["search", &like]);
    assert_eq!(hits[0]["path"], photo.to_str().unwrap());
}

fn mistakes(world: &mut World) {
    library(world);
    world
        .run(&["search", "dog", "afer:2019"])
        .exits(2)
        .says("error: unknown filter afer\n  dog afer:2019\n      ^^^^\ndid you mean after:?");
    world
        .run(&["search", "like:https://example.org/a.jpg"])
        .exits(2)
        .says("never uses the network");
    world
        .run(&["search", "like:missing.png"])
        .exits(2)
        .says("missing.png");
    world
        .run(&["search", "--no-such-option", "dog"])
        .exits(2)
        .says("--no-such-option");
}

fn grammar(world: &mut World) {
    let help = world.run(&["search", "--help"]).exits(0);
    for piece in ["-people", "after:", "near:", "OR", "like:FILE"] {
        assert!(help.out.contains(piece), "{piece}");
    }
}

fn copies(world: &mut World) {
    world.draw("a.png", 1);
    world.draw("b/a copy.png", 1);
    world.draw("c.png", 90);
    world.index_photos().exits(0);
    let folded = world
        .run(&["search", "--all", "stripes", "--json"])
        .exits(0);
    let hits: Vec<serde_json::Value> = folded
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_a = hits
        .iter()
        .find(|hit| hit["path"].as_str().unwrap().ends_with("/a.png"))
        .unwrap();
    assert!(of_a["folded"][0].as_str().unwrap().ends_with("a copy.png"));
    assert_eq!(world.hits(&["search", "stripes"]).len(), 3);
    // Ask for the maximal number of hits, and for filtered hits beside described ones.
    for query in [
        &["search", "-n", "9223372036854775809", "--all", "stripes"][..],
        &["search", "sushi OR ext:png"],
    ] {
        let run = world.run(query).exits(0);
        assert_eq!(run.out.lines().count(), 2, "{query:?}: {}", run.out);
    }
}

fn pages(world: &mut World) {
    for seed in 0..30 {
        world.draw(&format!("{seed}.png"), seed * 8);
    }
    world.index_photos().exits(0);
    let page = |count: &str| {
        let run = world.run(&["search", "blue stripes", "-n", count, "--all"]);
        run.out
    };
    let all = page("15");
    for count in ["1", "5", "14"] {
        assert!(all.starts_with(&page(count)), "{count}");
    }
}

fn marks(world: &mut World) {
    library(world);
    let path = |name: &str| world.photos().join(name).to_str().unwrap().to_owned();
    let (one, other) = (path("notes.png"), path("wide.bmp"));
    let place = |extra: &[&str]| {
        let hits = world.hits(&[&["search", "stripes"], extra].concat());
        hits.iter().position(|hit| hit["path"] == one[..]).unwrap()
    };
    let better = place(&["--more-like", &one]);
    let worse = place(&["--less-like", &one, "--more-like", &other]);
    assert!(better < worse, "{better} {worse}");
    assert_eq!(better, 0);
}
