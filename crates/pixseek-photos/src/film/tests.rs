use super::{FilmFile, FilmParts, Recorded};
use crate::{Budget, DecodeLimits};
use pixseek_video::{Film, FilmLimits};
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pixseek-video/tests/films");
    std::fs::read(folder.join(name)).unwrap()
}

/// The parts of a film decode to the pictures of the whole film.
#[test]
fn the_parts_are_a_film_of_their_own() {
    let limits = DecodeLimits::default();
    let budget = Budget::default();
    for name in [
        "high.mp4",
        "fragmented.mp4",
        "hevc_phone.mov",
        "rotated.mp4",
    ] {
        let whole = sample(name);
        let opened = FilmFile::read(Cursor::new(&whole), whole.len() as u64, limits).unwrap();
        let parts = &opened.film.parts;
        let decode = |frame| parts.decode(&opened.bytes, frame, 64, (limits, &budget));
        let mut film = Film::open(Cursor::new(&whole), FilmLimits::default()).unwrap();
        let places = film.key_frames().to_vec();
        assert_eq!(opened.film.frames().len(), places.len(), "{name}");
        for (number, place) in places.iter().enumerate() {
            let expected = film.decode(place, 64).unwrap();
            assert_eq!(
                decode(number).unwrap().image,
                expected.image,
                "{name} {number}"
            );
        }
        assert!(decode(places.len()).is_err());
    }
}

/// A worker is handed parts by a message, and a message may say anything.
#[test]
fn parts_that_do_not_fit_their_bytes_never_panic() {
    let limits = DecodeLimits::default();
    let whole = sample("high.mp4");
    let opened = FilmFile::read(Cursor::new(&whole), whole.len() as u64, limits).unwrap();
    let good = &opened.film.parts;
    let length = good.length;
    let with = |length, parts: Vec<Range<u64>>| FilmParts { length, parts };
    for parts in [
        with(u64::MAX, good.parts.clone()),
        with(3, good.parts.clone()),
        with(length, std::iter::once(0..u64::MAX).collect()),
        with(length, vec![Range { start: 9, end: 4 }, 0..100]),
        with(length, Vec::new()),
    ] {
        // Whatever comes of it, it is no panic: this one would not be caught.
        let _ = parts.decode(&opened.bytes, 0, 64, (limits, &Budget::default()));
    }
    let decode = |bytes: &[u8]| good.decode(bytes, 0, 64, (limits, &Budget::default()));
    assert!(decode(&opened.bytes).is_ok());
    assert!(decode(&[]).is_err());
    for end in (0..opened.bytes.len()).step_by(97) {
        let _ = decode(&opened.bytes[..end]);
    }
}

#[test]
fn what_is_read_twice_is_kept_once() {
    let mut read = Recorded::default();
    for (at, bytes) in [
        (10, "abcd"),
        (14, "ef"),
        (0, "xy"),
        (12, "cdefgh"),
        (11, "bc"),
        (2, "z"),
    ] {
        read.add(at, bytes.as_bytes()).unwrap();
    }
    let (parts, bytes) = read.joined();
    assert_eq!(parts, [0..3, 10..18]);
    assert_eq!(bytes, b"xyzabcdefgh");
    let mut read = Recorded::default();
    let many = vec![0; 1 << 20];
    let added = (0..100).try_for_each(|part| read.add(part << 20, &many));
    assert!(added.is_err());
}

#[test]
fn files_that_are_no_films_are_failures() {
    for bytes in [&b""[..], b"\0\0\0\x18ftypmp42", &[0; 5000]] {
        let length = bytes.len() as u64;
        let opened = FilmFile::read(Cursor::new(bytes), length, DecodeLimits::default());
        assert!(opened.is_err());
    }
}
