//! Containers whose boxes say what cannot be.

use super::{open, sample, times};

/// Writes a number of 32 bits behind the last of a mark, at an offset from its first letter. A first one
/// may be a brand.
fn set(film: &mut [u8], mark: [u8; 4], offset: usize, number: u32) {
    let place = film.windows(4).rposition(|four| four == mark);
    let place = place.unwrap_or_else(|| panic!("no {mark:?}"));
    film[place + offset..][..4].copy_from_slice(&number.to_be_bytes());
}

/// Offsets in `mvhd` and `mdhd` of version 0, in a table with one entry, and in a description of
/// pictures.
const CREATED: usize = 8;
const TIMESCALE: usize = 16;
const DURATION: usize = 20;
const LENGTH_OF_SAMPLES: usize = 16;
const SIZE: usize = 28;

#[test]
fn sizes_are_those_of_the_coded_pictures() {
    for (name, mark) in [
        ("high", *b"avc1"),
        ("rotated", *b"avc1"),
        ("hevc", *b"hvc1"),
    ] {
        let whole = sample(name).film;
        let mut film = whole.to_vec();
        for size in [u32::MAX, 0, 0x0001_0001] {
            set(&mut film, mark, SIZE, size);
            let mut lying = open(&film);
            let expected = open(whole).facts().photo.clone();
            assert_eq!(lying.facts().photo, expected, "{name}");
            let frame = lying.key_frames()[0].clone();
            let still = lying.decode(&frame, 48).unwrap();
            assert_eq!(still.size, [expected.width, expected.height], "{name}");
        }
    }
    // Nothing else says the size of a codec that is not decoded here.
    let mut film = sample("mpeg4").film.to_vec();
    set(&mut film, *b"mp4v", SIZE, u32::MAX);
    let lying = open(&film);
    let photo = &lying.facts().photo;
    assert_eq!((photo.width, photo.height), (0, 0));
    assert!(lying.memory() < 4 << 30);
}

#[test]
fn lengths_that_cannot_be_are_not_believed() {
    let whole = sample("high").film;
    let usual = times(open(whole).key_frames());
    for (timescale, duration) in [
        (1000, 0),
        (1000, u32::MAX),
        (1, u32::MAX - 1),
        // Ten hours, of samples that last four seconds.
        (1, 36_000),
        (0, 4_000),
    ] {
        let mut film = whole.to_vec();
        set(&mut film, *b"mvhd", TIMESCALE, timescale);
        set(&mut film, *b"mvhd", DURATION, duration);
        let film = open(&film);
        assert_eq!(
            film.facts().duration_ms,
            Some(4_000),
            "{timescale} {duration}"
        );
        assert_eq!(times(film.key_frames()), usual, "{timescale} {duration}");
    }
    let mut film = whole.to_vec();
    set(&mut film, *b"mvhd", DURATION, 0);
    set(&mut film, *b"mdhd", DURATION, 0);
    set(&mut film, *b"stts", LENGTH_OF_SAMPLES, 0);
    let film = open(&film);
    assert_eq!(film.facts().duration_ms, None);
    assert!(!film.key_frames().is_empty());
}

#[test]
fn without_units_of_time_pictures_have_no_times() {
    let whole = sample("high").film;
    let usual = open(whole);
    let mut film = whole.to_vec();
    set(&mut film, *b"mdhd", TIMESCALE, 0);
    // The movie's length says what the units of its tables are.
    let derived = open(&film);
    assert_eq!(times(derived.key_frames()), times(usual.key_frames()));
    set(&mut film, *b"mvhd", TIMESCALE, 0);
    let mut unknown = open(&film);
    assert_eq!(unknown.facts().duration_ms, None);
    assert!(unknown.key_frames().len() > 1);
    for frame in unknown.key_frames().to_vec() {
        assert_eq!(frame.time_ms, None);
        unknown.decode(&frame, 48).unwrap();
    }
}

#[test]
fn times_that_no_clock_showed_are_unknown() {
    for (created, expected) in [
        // 2021-03-04, counted from 1904 and from 1970.
        (3_697_679_167, Some("2021-03-04T05:06:07+00:00")),
        (1_614_834_367, Some("2021-03-04T05:06:07+00:00")),
        (0, None),
        (1, None),
        (2_082_844_800, None),
        (2_082_844_900, None),
        (u32::MAX, None),
    ] {
        let mut film = sample("baseline").film.to_vec();
        set(&mut film, *b"mvhd", CREATED, created);
        let photo = open(&film).facts().photo.clone();
        assert_eq!(photo.taken.as_deref(), expected, "{created}");
    }
}
