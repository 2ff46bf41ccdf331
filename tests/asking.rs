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
        trial("asking::names_are_taught", taught),
        trial("asking::queries_are_saved", saved),
        trial("asking::better_and_worse_photos_move_the_query", marks),
        trial("asking::photos_get_labels", labels),
        trial("asking::duplicates_are_listed", duplicates),
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
        .says("no photo passes");
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
        .says("  dog afer:2019\n      ^^^^\ndid you mean after:?");
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
    assert!(help.out.contains("--help query"));
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_pixseek"))
        .args(["--help", "query"])
        .output()
        .unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    for piece in ["-people", "after:", "near:", "OR", "like:FILE"] {
        assert!(text.contains(piece), "{piece}");
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

fn taught(world: &mut World) {
    library(world);
    let photo = world.photos().join("notes.png");
    let path = photo.to_str().unwrap();
    world
        .run(&["teach", "Rex", path])
        .exits(0)
        .says("Rex is taught by 1 photo");
    assert_eq!(world.run(&["names"]).exits(0).out, "rex\t1 photo\n");
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
    world.run(&["teach", "Rex", "missing.png"]).exits(2);
    // A damaged file of names disables the names, and the search still works.
    std::fs::write(world.index().join("names"), "broken").unwrap();
    world
        .run(&["search", "--all", "blue"])
        .exits(0)
        .says("names");
    std::fs::remove_file(world.index().join("names")).unwrap();
    world.run(&["names"]).exits(1);
    world.run(&["teach", "rex", path]).exits(0);
    world.run(&["forget-name", "REX"]).exits(0);
    world.run(&["forget-name", "rex"]).exits(1);
}

fn saved(world: &mut World) {
    library(world);
    world
        .run(&["save", "old", "in:italy2019", "OR", "ext:bmp"])
        .exits(0);
    assert_eq!(
        world.run(&["saved"]).exits(0).out,
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
    world.run(&["save", "bad", "on:never"]).exits(2);
    // A query that names another one changes with it, and must not name itself indirectly.
    world.run(&["save", "older", "@old !ext:bmp"]).exits(0);
    assert_eq!(names_of(world, &["@older"]).len(), 2);
    world
        .run(&["save", "old", "@older"])
        .exits(2)
        .says("names itself");
    assert_eq!(names_of(world, &["@old"]).len(), 3);
    world.run(&["unsave", "@older"]).exits(0);
    // Saving many queries at once must not lose any.
    let names: Vec<String> = (0..12).map(|number| format!("at-once-{number}")).collect();
    let spawn = |name: &String| world.command().args(["save", name, "dog"]).spawn().unwrap();
    let mut children: Vec<_> = names.iter().map(spawn).collect();
    assert!(
        children
            .iter_mut()
            .all(|child| child.wait().unwrap().success())
    );
    let list = world.run(&["saved"]).exits(0).out;
    assert!(
        names
            .iter()
            .all(|name| list.contains(&format!("@{name}\t"))),
        "{list}"
    );
    for name in &names {
        world.run(&["unsave", name]).exits(0);
    }
    world.run(&["unsave", "@old"]).exits(0);
    world.run(&["saved"]).exits(1);
}

fn marks(world: &mut World) {
    library(world);
    let path = |name: &str| world.photos().join(name).to_str().unwrap().to_owned();
    let (one, other) = (path("notes.png"), path("wide.bmp"));
    let place = |extra: &[&str]| {
        let hits = world.hits(&[&["search", "stripes"], extra].concat());
        hits.iter().position(|hit| hit["path"] == one[..]).unwrap()
    };
    let better = place(&["--better", &one]);
    let worse = place(&["--worse", &one, "--better", &other]);
    assert!(better < worse, "{better} {worse}");
    assert_eq!(better, 0);
}

fn labels(world: &mut World) {
    library(world);
    world
        .run(&["search", "tag:dog"])
        .exits(2)
        .says("pixseek tag");
    let run = world
        .run(&["tag", "--labels", "stripes, blue sky,,dog"])
        .exits(0);
    let count: u32 = run
        .out
        .lines()
        .map(|line| line.split_once('\t').unwrap().1.parse::<u32>().unwrap())
        .sum();
    assert_eq!((run.out.lines().count(), count), (3, 6));
    let run = world.run(&["tag", "--json"]).exits(0);
    assert_eq!(run.out.lines().count(), 6);
    for line in run.out.lines() {
        let photo: serde_json::Value = serde_json::from_str(line).unwrap();
        let tags = photo["tags"].as_array().unwrap();
        let sum: f64 = tags
            .iter()
            .map(|tag| tag["probability"].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 0.02, "{line}");
        let first = tags[0]["label"].as_str().unwrap();
        // The best of three labels has a probability of at least a third.
        let path = Path::new(photo["path"].as_str().unwrap());
        let name = path.strip_prefix(world.photos()).unwrap().to_str().unwrap();
        let query = format!("tag:\"{first}\"");
        assert!(names_of(world, &[&query]).contains(&name.to_owned()));
    }
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
