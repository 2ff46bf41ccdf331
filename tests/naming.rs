//! Names of files and folders, and what is written inside photos, in every language.

use crate::asking::{library, names_of};
use crate::pixseek::{World, jpeg};
use crate::trial;
use base64::Engine;
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("naming::file_and_folder_names_are_found", names),
        trial("naming::keywords_titles_and_ratings_are_found", notes),
        trial("naming::names_of_every_language_are_found", every_language),
        trial("naming::json_has_the_bytes_of_odd_paths", odd_paths),
    ]
}

fn names(world: &mut World) {
    library(world);
    let first = |query: &[&str]| {
        let hits = world.hits(&[&["search"], query].concat());
        hits[0]["path"].as_str().unwrap().to_owned()
    };
    assert!(first(&["IMG_2043"]).ends_with("IMG_2043.png"));
    assert!(first(&["img 3000"]).ends_with("IMG_3000.png"));
    // Singular and plural forms match each other.
    assert!(first(&["screenshot"]).ends_with("one.png"));
    assert!(first(&["text:notes"]).ends_with("notes.png"));
    let run = world.run(&["search", "text:italy", "--explain"]).exits(0);
    assert_eq!(run.out.lines().count(), 2);
    run.says("words: italy in 2 photos");
    // A query of words alone may find nothing, and the program then says so.
    world
        .run(&["search", "text:nowhere"])
        .exits(1)
        .says("no good match");
}

fn every_language(world: &mut World) {
    // One name is decomposed, as macOS writes it, the other composed, as on Linux.
    let names = [
        "Mu\u{308}nchen/1.png",
        "M\u{fc}nchen/2.png",
        "Łódź/3.png",
        "東京旅行/4.png",
        "ทะเลใต้/5.png",
        "제주도여행/6.png",
    ];
    for (name, seed) in names.iter().zip(1..) {
        world.draw(name, seed);
    }
    world.index_photos().exits(0);
    for (parts, expected) in [
        (&["münchen", "MUNCHEN", "mu\u{308}nchen"][..], &names[..2]),
        (&["łódź", "Lodz"], &names[2..3]),
        (&["東京", "旅行", "京", "東京旅行"], &names[3..4]),
        (&["ทะเล", "ใต้", "ทะเลใต้"], &names[4..5]),
        (&["제주", "여행", "제주도여행"], &names[5..]),
    ] {
        for part in parts {
            let by_words = world.run(&["search", "--unfold", &format!("text:{part}")]);
            let found = by_words.exits(0).out;
            assert_eq!(found.lines().count(), expected.len(), "{part}: {found}");
            for name in expected {
                assert!(found.contains(name), "{part}: {found}");
            }
            assert_eq!(names_of(world, &[&format!("in:{part}")]), *expected);
        }
    }
}

fn odd_paths(world: &mut World) {
    use std::os::unix::ffi::OsStrExt;
    let odd = |name: &[u8]| world.photos().join(std::ffi::OsStr::from_bytes(name));
    let picture = std::fs::read(world.draw("plain.png", 1)).unwrap();
    std::fs::write(odd(b"caf\xe9.png"), picture).unwrap();
    std::fs::write(odd(b"broken\xff.png"), "no picture").unwrap();
    world.index_photos().exits(3);
    let bytes = |name: &[u8]| {
        let path = odd(name);
        let path = path.as_os_str().as_bytes();
        json!({ "bytes": base64::engine::general_purpose::STANDARD.encode(path) })
    };
    let (photo, failure) = (bytes(b"caf\xe9.png"), bytes(b"broken\xff.png"));
    for (command, path) in [
        (&["failures", "--json"][..], failure),
        (&["dupes", "--json"], photo.clone()),
        (&["search", "--json", "--unfold", "ext:png"], photo),
    ] {
        let out = world.run(command).exits(0).out;
        let is_there = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let photos = line["photos"].as_array().cloned().unwrap_or(vec![line]);
            photos.iter().any(|photo| photo["path"] == path)
        };
        assert!(out.lines().any(is_there), "{command:?}: {out}");
    }
    // A pipe gets the true bytes.
    for command in ["search ext:png", "dupes"] {
        let output = world.command().args(command.split(' ')).output().unwrap();
        let has_name = output
            .stdout
            .windows(8)
            .any(|bytes| bytes == b"caf\xe9.png");
        assert!(has_name, "{command}");
    }
}

/// Writes a photo with keywords, a title and a rating in XMP.
fn notes(world: &mut World) {
    let packet = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/">
        <r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <r:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"
            xmlns:dc="http://purl.org/dc/elements/1.1/">
        <dc:title><r:Alt><r:li>Grandma's birthday</r:li></r:Alt></dc:title>
        <dc:subject><r:Bag><r:li>cake</r:li></r:Bag></dc:subject>
        </r:Description></r:RDF></x:xmpmeta>"#;
    let body = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    let plain = jpeg(1);
    let noted = [&plain[..2], b"\xff\xe1", &length, &body, &plain[2..]].concat();
    std::fs::write(world.photos().join("noted.jpg"), noted).unwrap();
    std::fs::write(world.photos().join("plain.jpg"), jpeg(2)).unwrap();
    world.index_photos().exits(0);
    for query in [
        "rating:4",
        "has:rating",
        "text:cake",
        "text:\"grandmas birthday\"",
    ] {
        assert_eq!(names_of(world, &[query]), ["noted.jpg"], "{query}");
    }
    assert_eq!(names_of(world, &["!rating:>=1"]), ["plain.jpg"]);
    let line = "{name}|{title}|{rating}|{place}|{lens}|{iso}|{tags}";
    let search = ["search", "--format", line, "rating:4"];
    let line = "noted.jpg|Grandma's birthday|4||||\n";
    assert_eq!(world.run(&search).exits(0).out, line);
    world.run(&["tag", "add", "stripes", "dog"]).exits(0);
    let tags = ["search", "--format", "{tags}", "rating:4"];
    assert_ne!(world.run(&tags).exits(0).out, "\n");
    let hit = &world.hits(&["search", "rating:4"])[0];
    assert_eq!(hit["title"], "Grandma's birthday");
    assert_eq!(hit["keywords"][0], "cake");
    assert_eq!(hit["rating"], 4);
}
