//! Files that are made here, box by box: tables that contradict each other, and large films.

use super::sample;
use crate::boxes::{Boxes, Header};
use crate::container::{Extent, is_film, is_surely_film};
use crate::samples::Samples;
use crate::{FailureKind, Film, FilmLimits};
use std::io::{Cursor, Read, Seek, SeekFrom};

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(8 + content.len()).unwrap();
    [&size.to_be_bytes(), kind.as_slice(), content].concat()
}

/// A box with a version and flags of 0, and then these numbers.
fn table(kind: [u8; 4], numbers: &[u32]) -> Vec<u8> {
    let numbers = std::iter::once(&0).chain(numbers);
    let bytes: Vec<u8> = numbers.flat_map(|number| number.to_be_bytes()).collect();
    boxed(kind, &bytes)
}

#[test]
fn samples_are_found_by_their_tables() {
    // Six samples in chunks of 2, 2, 1 and 1.
    let tables = [
        table(*b"stsz", &[0, 6, 10, 20, 30, 40, 50, 60]),
        table(*b"stts", &[2, 4, 100, 2, 1_000]),
        table(*b"ctts", &[2, 1, 7, 5, 0xffff_fffd]),
        table(*b"stsc", &[2, 1, 2, 1, 3, 1, 1]),
        table(*b"stco", &[4, 1_000, 2_000, 3_000, 4_000]),
        table(*b"stss", &[3, 1, 4, 6]),
    ]
    .concat();
    let samples = Samples::of(&tables).unwrap();
    let sync = samples.sync_samples();
    let found: Vec<(u32, i64)> = sync.iter().map(|it| (it.index, it.time)).collect();
    assert_eq!(found, [(0, 7), (3, 297), (5, 1_397)]);
    let extents = [
        (1_000, 10),
        (1_010, 20),
        (2_000, 30),
        (2_030, 40),
        (3_000, 50),
        (4_000, 60),
    ];
    for (index, (offset, length)) in (0..).zip(extents) {
        assert_eq!(samples.locate(index), Some(Extent { offset, length }));
    }
    assert_eq!(samples.locate(6), None);
}

#[test]
fn tables_that_lie_cost_nothing() {
    let check = |sizes: &[u32], chunks: &[u32], sync: &[u32], expected: usize| {
        let tables = [
            table(*b"stsz", sizes),
            table(*b"stts", &[1, u32::MAX, u32::MAX]),
            table(*b"stsc", chunks),
            table(*b"stco", &[u32::MAX, 7]),
            table(*b"stss", sync),
        ]
        .concat();
        let samples = Samples::of(&tables).unwrap();
        let found = samples.sync_samples();
        assert_eq!(found.len(), expected);
        for sample in found {
            samples.locate(sample.index);
        }
    };
    let all = u32::MAX;
    check(&[all, all], &[1, 1, all, 1], &[1, all], 1);
    check(&[1, all], &[2, 1, 0, 1, 0, 1, 1], &[2, 1, all], 2);
    check(&[0, all, 5], &[1, all, all, 1], &[all, 1, 9], 1);
    // Sync samples that run backwards, and 0, which is no sample.
    check(&[1, 9], &[1, 1, 9, 1], &[4, 0, 5, 3, 6], 2);
}

#[test]
fn boxes_end_where_what_surrounds_them_ends() {
    let check = |bytes: &[u8], expected: &[(&[u8; 4], usize)]| {
        let found: Vec<_> = Boxes::of(bytes).collect();
        let found: Vec<_> = found.iter().map(|(kind, it)| (kind, it.len())).collect();
        assert_eq!(found, expected);
    };
    check(
        b"\0\0\0\x09abcd!\0\0\0\x08efgh",
        &[(b"abcd", 1), (b"efgh", 0)],
    );
    check(b"\0\0\0\0abcd!!!", &[(b"abcd", 3)]);
    check(b"\0\0\0\x01abcd\0\0\0\0\0\0\0\x11!", &[(b"abcd", 1)]);
    check(b"\0\0\0\x07abcd!!!", &[]);
    check(b"\0\0\0\x0aabcd!", &[]);
    check(b"\0\0\0\x01abcd\xff\xff\xff\xff\xff\xff\xff\xff", &[]);
    assert_eq!(Header::read(b"\0\0\0\x01abcd\0\0\0\0\0\0\0\x0f"), None);
}

#[test]
fn films_are_known_by_their_first_bytes() {
    for magic in [
        b"\0\0\0\x18ftypisom".as_slice(),
        b"\0\0\0\x18ftypqt  ",
        b"\0\0\0\x18ftyp3gp4",
        b"\0\0\0\x08wide\0\0\0\0",
        b"\0\0\0\x20moov\0\0\0\0",
    ] {
        assert!(is_film(magic) && is_surely_film(magic), "{magic:?}");
    }
    for magic in [
        b"\0\0\0\x18ftypheic".as_slice(),
        b"\0\0\0\x18ftypavif",
        b"\0\0\0\x18ftypcrx ",
        b"\xff\xd8\xff\xe0",
        b"",
    ] {
        assert!(!is_film(magic) && !is_surely_film(magic), "{magic:?}");
    }
    // A damaged brand of a HEIC, or a new one of films: the name decides.
    let unknown = b"\0\0\0\x18ftypheix\x01".map(|byte| byte ^ u8::from(byte == b'x'));
    assert!(is_film(&unknown) && !is_surely_film(&unknown));
}

/// A file of which most is zeros that are nowhere, and which counts what is read of it.
struct Sparse<'a> {
    before: &'a [u8],
    zeros: u64,
    behind: &'a [u8],
    at: u64,
    read: u64,
}

impl Read for Sparse<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let start = self.before.len() as u64;
        let part = if self.at < start {
            &self.before[usize::try_from(self.at).unwrap()..]
        } else if self.at < start + self.zeros {
            &[0][..]
        } else {
            let into = usize::try_from(self.at - start - self.zeros).unwrap();
            self.behind.get(into..).unwrap_or_default()
        };
        let length = part.len().min(buffer.len());
        buffer[..length].copy_from_slice(&part[..length]);
        self.at += length as u64;
        self.read += length as u64;
        Ok(length)
    }
}

impl Seek for Sparse<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let end = self.before.len() as u64 + self.zeros + self.behind.len() as u64;
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(back) => end.checked_add_signed(back).unwrap(),
            SeekFrom::Current(on) => self.at.checked_add_signed(on).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn of_a_large_film_only_the_tables_and_key_frames_are_read() {
    // The same film with a box of 100 MB before its tables, which lie at the end.
    let film = sample("baseline").film;
    let moov = film.windows(4).position(|four| four == b"moov").unwrap() - 4;
    let zeros = 100_000_000_u64;
    let header = u32::try_from(zeros + 8).unwrap().to_be_bytes();
    let before = [&film[..moov], &header, b"free"].concat();
    let sparse = Sparse {
        before: &before,
        zeros,
        behind: &film[moov..],
        at: 0,
        read: 0,
    };
    let mut large = Film::open(sparse, FilmLimits::default()).unwrap();
    let tables = large.file().read;
    assert!(tables < (film.len() - moov) as u64 + 200, "{tables}");
    for frame in large.key_frames().to_vec() {
        large.decode(&frame, u32::MAX).unwrap();
    }
    let all = large.file().read;
    assert!(all < film.len() as u64, "{all}");
}

#[test]
fn what_is_no_film_or_only_a_part_is_refused() {
    let check = |bytes: &[u8], limits: FilmLimits, expected: FailureKind| {
        let Err(failure) = Film::open(Cursor::new(bytes), limits) else {
            panic!("it is a film, and not {expected:?}");
        };
        assert_eq!(failure.kind, expected, "{}", failure.reason);
    };
    let usual = FilmLimits::default();
    let film = sample("baseline").film;
    let ftyp = boxed(*b"ftyp", b"isom\0\0\0\0");
    check(b"", usual, FailureKind::NotAPhoto);
    check(b"\xff\xd8\xff\xe0 a photo", usual, FailureKind::NotAPhoto);
    check(&film[..film.len() / 2], usual, FailureKind::Corrupt);
    check(&film[..film.len() - 20], usual, FailureKind::Corrupt);
    let empty = [ftyp.clone(), boxed(*b"moov", b"")].concat();
    check(&empty, usual, FailureKind::NotAPhoto);
    // It claims tables of 4 GB in a file of a few bytes, and more than the limit in a larger one.
    let claims = [ftyp.as_slice(), b"\xff\xff\xff\xffmoov"].concat();
    check(&claims, usual, FailureKind::Corrupt);
    let tight = FilmLimits {
        tables: 500,
        ..usual
    };
    check(film, tight, FailureKind::TooLarge);
}

#[test]
fn pictures_over_the_limit_are_refused_before_they_are_decoded() {
    for name in ["high", "hevc"] {
        for (pixels, sample_bytes) in [(15_000, 1 << 20), (1 << 20, 100)] {
            let limits = FilmLimits {
                pixels,
                sample: sample_bytes,
                ..FilmLimits::default()
            };
            let mut film = Film::open(Cursor::new(sample(name).film), limits).unwrap();
            let frame = film.key_frames()[0].clone();
            let failure = film.decode(&frame, u32::MAX).err().unwrap();
            assert_eq!(failure.kind, FailureKind::TooLarge, "{name}");
        }
    }
}
