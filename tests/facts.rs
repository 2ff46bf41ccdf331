//! Facts that photos carry in EXIF, from the file to the answer.

use crate::pixseek::{World, jpeg};
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![trial("facts::photos_are_found_by_iso_speed", speeds)]
}

/// A photo with an ISO speed in EXIF.
fn jpeg_at(iso: u16) -> Vec<u8> {
    // The first directory has only the place of the second one, which has only the speed.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    exif.extend(b"\x01\0\x69\x87\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0");
    exif.extend(b"\x01\0\x27\x88\x03\0\x01\0\0\0");
    exif.extend(u32::from(iso).to_le_bytes());
    exif.extend([0; 4]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let plain = jpeg(1);
    [&plain[..2], b"\xff\xe1", &length, &exif, &plain[2..]].concat()
}

fn speeds(world: &mut World) {
    for iso in [100, 800, 3200] {
        let name = format!("{iso}.jpg");
        std::fs::write(world.photos().join(name), jpeg_at(iso)).unwrap();
    }
    std::fs::write(world.photos().join("unknown.jpg"), jpeg(2)).unwrap();
    world.index_photos().exits(0);
    for (query, expected) in [
        ("iso:800", &["800.jpg"][..]),
        ("iso:100..800", &["100.jpg", "800.jpg"]),
        ("iso:>=1600", &["3200.jpg"]),
        ("!iso:>=1", &["unknown.jpg"]),
    ] {
        let hits = world.hits(&["search", query]);
        let mut names: Vec<_> = hits
            .iter()
            .map(|hit| {
                Path::new(hit["path"].as_str().unwrap())
                    .file_name()
                    .unwrap()
            })
            .collect();
        names.sort();
        assert_eq!(names, expected, "{query}");
    }
    assert_eq!(world.hits(&["search", "iso:3200"])[0]["iso"], 3200);
}
