//! Whole films: their facts, their key frames and their pixels.
//!
//! The films in `tests/films`, and what ffmpeg shows of them, were made by `make.py` there.

mod damage;
mod lies;
mod made;

use crate::{FailureKind, Film, FilmLimits, KeyFrame};
use image::RgbImage;
use std::io::Cursor;

/// A film and its reference.
pub(super) struct Sample {
    pub name: &'static str,
    pub film: &'static [u8],
    reference: &'static str,
}

macro_rules! samples {
    ($($name:literal $extension:literal),* $(,)?) => {
        &[$(Sample {
            name: $name,
            film: include_bytes!(concat!("../tests/films/", $name, ".", $extension)),
            reference: include_str!(concat!("../tests/films/", $name, ".txt")),
        }),*]
    };
}

pub(super) const SAMPLES: &[Sample] = samples![
    "baseline" "mp4",
    "high" "mp4",
    "full_range" "mp4",
    "interlaced" "mp4",
    "ten_bits_422" "mp4",
    "location" "mov",
    "hevc" "mp4",
    "hevc_10" "mp4",
    "hevc_phone" "mov",
    "hevc_pq" "mp4",
    "variable" "mp4",
    "black_first" "mp4",
    "fragmented" "mp4",
    "mpeg4" "mp4",
    "rotated" "mp4",
    "edited" "mp4",
];

/// By how much a field's mean colour may differ from ffmpeg's, of 255: rounding on the way from luma and
/// colours to RGB, and of the mean.
const TOLERANCE: u8 = 2;

/// Fields of a reference in a row and in a column.
const COLUMNS: u32 = 8;
const ROWS: u32 = 6;

pub(super) fn sample(name: &str) -> &'static Sample {
    let mut samples = SAMPLES.iter();
    samples.find(|sample| sample.name == name).unwrap()
}

pub(super) fn open(film: &[u8]) -> Film<Cursor<&[u8]>> {
    Film::open(Cursor::new(film), FilmLimits::default()).unwrap()
}

fn times(frames: &[KeyFrame]) -> Vec<u64> {
    frames.iter().map(|frame| frame.time_ms.unwrap()).collect()
}

/// Checks a picture against the reference for its time.
fn check_picture(sample: &Sample, time_ms: u64, image: &RgbImage) {
    let mut lines = sample.reference.lines().map(|line| line.split(' '));
    let mut reference = lines
        .find(|line| line.clone().next().unwrap() == time_ms.to_string())
        .unwrap_or_else(|| panic!("{}: no key frame at {time_ms}", sample.name));
    let mut number = || reference.next().unwrap().parse::<u32>().unwrap();
    let (_, width, height) = (number(), number(), number());
    assert_eq!(image.dimensions(), (width, height), "{}", sample.name);
    for (field, expected) in (0..).zip(reference) {
        let (column, row) = (field % COLUMNS, field / COLUMNS);
        let across = column * width / COLUMNS..(column + 1) * width / COLUMNS;
        let down = row * height / ROWS..(row + 1) * height / ROWS;
        let mut sums = [0; 3];
        for y in down.clone() {
            for x in across.clone() {
                for (sum, byte) in sums.iter_mut().zip(image.get_pixel(x, y).0) {
                    *sum += u32::from(byte);
                }
            }
        }
        let pixels = u32::try_from(across.len() * down.len()).unwrap();
        let means = sums.map(|sum| u8::try_from((sum + pixels / 2) / pixels).unwrap());
        let expected = u32::from_str_radix(expected, 16).unwrap().to_be_bytes();
        let differs = means
            .iter()
            .zip(&expected[1..])
            .any(|(mean, expected)| mean.abs_diff(*expected) > TOLERANCE);
        assert!(
            !differs,
            "{} at {time_ms} ms, field {column}, {row}: {means:?} and not {expected:?}",
            sample.name
        );
    }
}

#[test]
fn key_frames_have_the_pixels_of_ffmpeg() {
    let mut pictures = 0;
    for sample in SAMPLES {
        // ffmpeg shows high dynamic range as it is; and the codec of the other is not decoded here.
        if ["hevc_pq", "mpeg4"].contains(&sample.name) {
            continue;
        }
        let mut film = open(sample.film);
        for frame in film.key_frames().to_vec() {
            let still = film.decode(&frame, u32::MAX).unwrap();
            assert!(!still.is_empty, "{}", sample.name);
            check_picture(sample, still.time_ms.unwrap(), &still.image);
            pictures += 1;
        }
    }
    assert_eq!(pictures, 41);
}

#[test]
fn pictures_are_turned_upright() {
    let mut film = open(sample("rotated").film);
    let facts = film.facts().clone();
    assert_eq!((facts.photo.width, facts.photo.height), (96, 160));
    assert_eq!(facts.rotation % 180, 90);
    let frame = film.key_frames()[0].clone();
    let upright = film.decode(&frame, u32::MAX).unwrap().image;
    assert_eq!(upright.dimensions(), (96, 160));
}

#[test]
fn pictures_are_made_smaller_down_to_the_side_that_is_asked_for() {
    let mut film = open(sample("hevc_10").film);
    let frame = film.key_frames()[1].clone();
    let whole = film.decode(&frame, u32::MAX).unwrap().image;
    for (side, size) in [
        (97, (160, 96)),
        (49, (160, 96)),
        (48, (80, 48)),
        (1, (20, 12)),
    ] {
        let small = film.decode(&frame, side).unwrap().image;
        assert_eq!(small.dimensions(), size);
        let factor = 160 / size.0;
        let mut difference = 0;
        for (x, y, pixel) in small.enumerate_pixels() {
            for (channel, byte) in pixel.0.into_iter().enumerate() {
                let of_square = (0..factor * factor).map(|at| {
                    let (x, y) = (x * factor + at % factor, y * factor + at / factor);
                    u32::from(whole.get_pixel(x, y).0[channel])
                });
                let mean = of_square.sum::<u32>() / (factor * factor);
                difference += mean.abs_diff(u32::from(byte));
            }
        }
        // Colours are interpolated in the whole picture, and clipped there.
        let mean = difference / (size.0 * size.1 * 3);
        assert!(mean <= 4, "{side}: {mean}");
    }
}

#[test]
fn an_empty_beginning_is_skipped() {
    let mut film = open(sample("black_first").film);
    assert_eq!(film.facts().duration_ms, Some(5_600));
    assert_eq!(times(film.key_frames()), [1_000, 3_000, 5_000]);
    let first = film.key_frames()[0].clone();
    let still = film.decode(&first, u32::MAX).unwrap();
    assert_eq!((still.time_ms, still.is_empty), (Some(2_000), false));
}

#[test]
fn times_are_those_that_players_show() {
    let check = |name: &str, duration_ms: u64, expected: &[u64]| {
        let film = open(sample(name).film);
        assert_eq!(film.facts().duration_ms, Some(duration_ms), "{name}");
        assert_eq!(times(film.key_frames()), expected, "{name}");
    };
    check("baseline", 4_000, &[1_000, 2_000, 3_000]);
    check("high", 4_000, &[1_000, 2_000, 3_000]);
    check("variable", 11_200, &[1_000, 2_000, 7_000]);
    // The key frame before the beginning of the edit is not shown.
    check("edited", 2_400, &[400, 1_400]);
    check("fragmented", 4_000, &[400, 2_400, 3_400]);
}

#[test]
fn containers_say_when_where_and_by_what_a_film_was_made() {
    let facts = |name: &str| open(sample(name).film).facts().photo.clone();
    let phone = facts("hevc_phone");
    assert_eq!(phone.taken.as_deref(), Some("2024-05-17T08:09:10+02:00"));
    assert_eq!(phone.taken_seconds, Some(1_715_933_350));
    assert_eq!(phone.camera.as_deref(), Some("Apple iPhone_15_Pro"));
    assert_eq!(phone.place, Some((48.1374, 11.5755)));
    assert!(phone.place_words.to_lowercase().contains("munich"));
    let camera = facts("location");
    assert_eq!(camera.place, Some((35.6586, 139.7454)));
    assert_eq!(camera.camera.as_deref(), Some("Canon_EOS_R5"));
    let utc = facts("baseline");
    assert_eq!(utc.taken.as_deref(), Some("2021-03-04T05:06:07+00:00"));
    assert_eq!(utc.place, None);
    assert_eq!(facts("high").taken, None);
}

#[test]
fn codecs_that_are_not_decoded_are_named() {
    let mut film = open(sample("mpeg4").film);
    assert_eq!(film.facts().codec, "MPEG-4 Visual");
    assert!(!film.is_decoded_here());
    let frame = film.key_frames()[0].clone();
    let Err(failure) = film.decode(&frame, u32::MAX) else {
        panic!("it has a picture");
    };
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert_eq!(failure.reason, "MPEG-4 Visual is not decoded");
}

#[test]
fn high_dynamic_range_is_not_washed_out() {
    // The source's numbers are those of an ordinary film, so most of it is brighter than paper. What
    // matters is that colours stay colours, and that nothing is clipped to white.
    let mut film = open(sample("hevc_pq").film);
    let frame = film.key_frames()[0].clone();
    let image = film.decode(&frame, u32::MAX).unwrap().image;
    let pixels = image.pixels().count();
    let whites = image.pixels().filter(|pixel| pixel.0 == [255; 3]).count();
    assert!(whites < pixels / 50, "{whites} of {pixels}");
    let is_colourful = |pixel: &&image::Rgb<u8>| {
        let [red, green, blue] = pixel.0;
        red.abs_diff(green).max(green.abs_diff(blue)) > 60
    };
    let colourful = image.pixels().filter(is_colourful).count();
    assert!(colourful > pixels / 3, "{colourful} of {pixels}");
}

#[test]
fn the_identity_is_of_the_tables_and_the_key_frames() {
    let film = sample("high").film;
    let identity = |bytes: &[u8]| open(bytes).identity().unwrap();
    let whole = identity(film);
    assert_eq!(whole, identity(film));
    let mut others = Vec::new();
    // A key frame's middle, a table's time of making, and the length of the file.
    let extent = open(film).key_frames()[0].clone().first_extent();
    let middle = usize::try_from(extent.0 + extent.1 / 2).unwrap();
    let header = film.windows(4).position(|four| four == b"mvhd").unwrap();
    for place in [middle, header + 11] {
        let mut changed = film.to_vec();
        changed[place] ^= 1;
        others.push(identity(&changed));
    }
    others.push(identity(&[film, b"\0\0\0\x08free"].concat()));
    assert!(others.iter().all(|other| *other != whole));
}
