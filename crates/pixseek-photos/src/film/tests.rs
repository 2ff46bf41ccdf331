use super::{FilmFile, FilmParts, Recorded};
use crate::{Budget, DecodeLimits, PhotoFile};
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

/// People rename files, and programs save what they download under any name.
#[test]
fn the_content_tells_films_from_photos() {
    let folder = tempfile::tempdir().unwrap();
    let mut jpeg = Cursor::new(Vec::new());
    let byte = |number: u32| u8::try_from(number).unwrap();
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([byte(x), byte(y), 0]));
    picture
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    let jpeg = jpeg.into_inner();
    let films = ["high.mp4", "hevc_phone.mov", "fragmented.mp4"].map(sample);
    let check = |name: &str, bytes: &[u8], is_film: bool| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let limits = DecodeLimits::default();
        let read = PhotoFile::read(&path, limits).unwrap();
        let in_memory = PhotoFile::of_bytes(Path::new(name), bytes.to_vec(), limits).unwrap();
        assert_eq!(read.hash(), in_memory.hash(), "{name}");
        for file in [read, in_memory] {
            assert_eq!(!file.frames().is_empty(), is_film, "{name}");
            let photo = file.decode().unwrap();
            assert_eq!(photo.facts.film.is_some(), is_film, "{name}");
            assert!(photo.image.width() >= 48, "{name}");
        }
    };
    for film in &films {
        for name in [
            "film.jpg",
            "film.HEIC",
            "film.png",
            "film.nef",
            "film",
            "film.mp4",
        ] {
            check(name, film, true);
        }
    }
    for name in ["photo.mp4", "photo.MOV", "photo.nef", "photo.heic", "photo"] {
        check(name, &jpeg, false);
    }
    // What is neither fails as its name promises, and a film's is not read whole for that.
    for (name, said) in [
        ("text.mov", "not an MP4 or MOV film"),
        ("text.jpg", "not an image"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, "no picture at all, but a text").unwrap();
        let failure = PhotoFile::read(&path, DecodeLimits::default())
            .and_then(|file| file.decode())
            .err()
            .unwrap();
        assert!(failure.reason.contains(said), "{name}: {}", failure.reason);
    }
}
