//! Damaged raw files are read to an end: as a photo or as a failure, never as a panic.
//!
//! 2,000 by default; the environment variable `PIXSEEK_MUTATIONS` asks for another number.

use super::builder::{BIG, LITTLE, Value, tiff};
use super::files::{all, main};
use crate::camera_raw::CameraRaw;
use crate::facts::{facts_of, orientation};
use crate::mutations::{Random, mutations};
use crate::notes::Collected;
use std::io::Cursor;
use std::path::Path;

const MUTATIONS: usize = 2_000;

/// Bytes from the beginning, and from the end, that are damaged most: directories lie there.
const NEAR: usize = 600;

fn place(random: &mut Random, length: usize) -> usize {
    match random.below(4) {
        0 => random.below(length),
        1 => length - 1 - random.below(NEAR.min(length)),
        _ => random.below(NEAR.min(length)),
    }
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = place(random, bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            2 => {
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill(0xff);
            }
            3 => {
                // Another place's number, as a loop among directories would have.
                let from = place(random, bytes.len());
                let length = 4.min(bytes.len() - at.max(from));
                bytes.copy_within(from..from + length, at);
            }
            _ if random.below(8) == 0 => bytes.truncate(at.max(16)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
}

#[test]
fn damaged_files_are_read_to_an_end() {
    // Without most of their pixels: only directories are read here.
    let files: Vec<_> = all()
        .into_iter()
        .map(|made| (made.name, made.bytes))
        .collect();
    let mutations = mutations(MUTATIONS);
    let mut random = Random::new();
    let (mut previews, mut failures) = (0, 0);
    for _ in 0..mutations {
        let (name, whole) = &files[random.below(files.len())];
        let mut bytes = whole.clone();
        damage(&mut random, &mut bytes);
        let size = bytes.len() as u64;
        match CameraRaw::find(Path::new(name), &mut Cursor::new(&bytes), size) {
            Ok(Some(raw)) => {
                previews += 1;
                assert!(raw.preview.at + raw.preview.length <= size, "{name}");
                let _ = exif::Reader::new().read_raw(raw.exif);
            }
            Ok(None) => {}
            Err(_) => failures += 1,
        }
    }
    // Damage that is never or always noticed would test little.
    assert!(previews > mutations / 4, "{previews} of {mutations}");
    assert!(failures > mutations / 50, "{failures} of {mutations}");
    println!("{mutations} files: {previews} previews, {failures} failures");
}

#[test]
fn damaged_exif_is_read_to_an_end() {
    let utf_16 =
        |text: &str| Value::Bytes(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let directory = main(6)
        .with(0x9c9b, utf_16("title"))
        .with(0x9c9e, utf_16("one;two"))
        .short(0x4746, 4);
    let blocks = [&LITTLE, &BIG].map(|header| tiff(header, &directory));
    let whole = exif::Reader::new().read_raw(blocks[0].clone()).unwrap();
    assert!(facts_of(&whole).place.is_some() && facts_of(&whole).taken.is_some());
    let mutations = mutations(MUTATIONS);
    let mut random = Random::new();
    let mut read = 0;
    for _ in 0..mutations {
        let mut bytes = blocks[random.below(blocks.len())].clone();
        damage(&mut random, &mut bytes);
        let Ok(exif) = exif::Reader::new().read_raw(bytes) else {
            continue;
        };
        read += 1;
        let facts = facts_of(&exif);
        assert!(
            facts
                .place
                .is_none_or(|(north, east)| north.abs() <= 90.0 && east.abs() <= 180.0)
        );
        assert!((1..=8).contains(&orientation(&exif)));
        let notes = Collected::collect(None, None, Some(&exif)).notes;
        assert!(notes.rating.is_none_or(|stars| (-1..=5).contains(&stars)));
    }
    assert!(read > mutations / 10, "{read} of {mutations}");
    println!("{mutations} EXIF blocks: {read} read");
}
