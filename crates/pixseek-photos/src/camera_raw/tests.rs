//! Raw files that are made here: no maker's own file was at hand.

mod boxes;
mod builder;
mod files;
mod mutations;

use crate::{DecodeLimits, Failure, FailureKind, Format, PhotoFile};
use builder::{Directory, LITTLE, Value, tiff};
use files::{
    Colour, LARGE, MEDIUM, Made, SMALL, THUMBNAIL, all, jpeg, jpeg_with_exif, main, raf_of,
};
use std::path::Path;

fn read(name: &str, bytes: &[u8]) -> Result<PhotoFile, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    PhotoFile::read(&path, DecodeLimits::default())
}

/// Whether a pixel has a colour, as near as a JPEG keeps it.
fn is_alike(pixel: [u8; 3], colour: Colour) -> bool {
    let mut channels = pixel.iter().zip(colour);
    channels.all(|(one, other)| one.abs_diff(other) < 12)
}

/// With `PIXSEEK_RAW_FILES=folder` the files stay there, for other programs to read.
#[test]
fn every_makers_preview_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("PIXSEEK_RAW_FILES");
    let folder = kept.as_ref().map_or(folder.path(), Path::new);
    for made in all() {
        let name = made.name;
        let path = folder.join(name);
        std::fs::write(&path, &made.bytes).unwrap();
        let file = PhotoFile::read(&path, DecodeLimits::default()).unwrap();
        assert_eq!(file.format().unwrap(), Format::CameraRaw, "{name}");
        assert_eq!(file.bytes, preview_of(&made), "{name}");
        let photo = file.decode().unwrap();
        assert_eq!(photo.size, made.size, "{name}");
        assert!(
            is_alike(photo.image.get_pixel(50, 50).0, made.preview),
            "{name}"
        );
        let facts = photo.facts;
        assert_eq!([facts.width, facts.height], made.whole, "{name}");
        assert_eq!(
            facts.taken.as_deref(),
            Some("2019-06-01T12:30:45"),
            "{name}"
        );
        assert_eq!(facts.camera.as_deref(), Some("Maker Model 1"), "{name}");
        assert_eq!(facts.lens.as_deref(), Some("A lens of 50 mm"), "{name}");
        assert_eq!(facts.iso, Some(400), "{name}");
        assert_eq!(facts.place, Some((45.44, 12.33)), "{name}");
        assert_eq!(facts.place_words, "Venice Italy", "{name}");
        let alone = file.facts().unwrap().facts;
        assert_eq!(alone.taken, facts.taken, "{name}");
        assert_eq!(
            (alone.width, alone.height),
            (facts.width, facts.height),
            "{name}"
        );
    }
}

fn preview_of(made: &Made) -> Vec<u8> {
    let has_exif = made.name == "a.raf" || made.name == "a.RW2";
    if has_exif {
        jpeg_with_exif(made.preview, 1)
    } else {
        jpeg(made.preview)
    }
}

/// A DNG of these previews.
fn dng(orientation: u16, previews: &[&[u8]]) -> Vec<u8> {
    let previews = previews.iter();
    let directories: Vec<_> = previews
        .map(|jpeg| Directory::default().data([0x201, 0x202], jpeg))
        .collect();
    let main = main(orientation).with(0xC612, Value::Undefined(vec![1, 4, 0, 0]));
    let sensor = Directory::default().long(0x100, 2400).long(0x101, 1600);
    let sensor = sensor.short(0x106, 32_803);
    let all = [directories, vec![sensor]].concat();
    tiff(&LITTLE, &main.leads_to(0x14A, &all))
}

#[test]
fn the_smallest_preview_that_is_large_enough_is_chosen() {
    let check = |previews: &[Colour], expected: Colour| {
        let jpegs: Vec<_> = previews.iter().map(|it| jpeg(*it)).collect();
        let jpegs: Vec<_> = jpegs.iter().map(Vec::as_slice).collect();
        let file = read("photo", &dng(1, &jpegs)).unwrap();
        assert!(file.bytes == jpeg(expected), "{previews:?}");
    };
    check(&[THUMBNAIL], THUMBNAIL);
    check(&[THUMBNAIL, SMALL], SMALL);
    check(&[SMALL, THUMBNAIL], SMALL);
    check(&[THUMBNAIL, SMALL, MEDIUM, LARGE], MEDIUM);
    check(&[LARGE, SMALL], LARGE);
}

#[test]
fn files_without_a_preview_say_so() {
    let check = |name: &str, bytes: &[u8], kind, reason: &str| {
        let failure = read(name, bytes).err().unwrap();
        assert_eq!(
            (failure.kind, failure.reason.as_str()),
            (kind, reason),
            "{name}"
        );
    };
    let none = "camera raw without a preview";
    check("a.dng", &dng(1, &[]), FailureKind::Unsupported, none);
    // A directory that leads to what is no JPEG, and to a lossless one.
    let lossless = b"\xff\xd8\xff\xc3\0\x0b\x0e\x06\x40\x09\x60\x01\0\x11\0".as_slice();
    let nothing = dng(1, &[b"no jpeg at all", lossless]);
    check("a.dng", &nothing, FailureKind::Unsupported, none);
    check(
        "a.raf",
        b"FUJIFILMCCD-RAW 0201",
        FailureKind::Unsupported,
        none,
    );
    check(
        "a.cr3",
        b"\0\0\0\x18ftypcrx ",
        FailureKind::Unsupported,
        none,
    );
    let whole = raf_of(&jpeg(SMALL));
    let cut = "the file ends before its preview does";
    check("a.raf", &whole[..1000], FailureKind::Corrupt, cut);
}

#[test]
fn kinds_that_are_not_read_are_unsupported() {
    for bytes in [
        b"II\x1a\0\0\0HEAPCCDR".as_slice(),
        b"\0MRM\0\0\0\0",
        b"FOVb\0\0\0\0",
    ] {
        let failure = read("photo.crw", bytes).unwrap().decode().err().unwrap();
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert_eq!(failure.reason, "camera raw is not supported yet");
    }
}

/// The raw file's orientation counts, that of a preview only where the raw file has none, and a preview
/// whose pixels are upright is not turned again.
#[test]
fn orientations_agree() {
    let check = |name: &str, bytes: &[u8], size: [u32; 2], whole| {
        let photo = read(name, bytes).unwrap().decode().unwrap();
        assert_eq!(photo.size, size, "{name}");
        assert_eq!(photo.image.dimensions(), (size[0], size[1]), "{name}");
        assert_eq!([photo.facts.width, photo.facts.height], whole, "{name}");
    };
    let (lying, upright) = ([1200, 800], [800, 1200]);
    let plain = jpeg(MEDIUM);
    check("flat", &dng(1, &[&plain]), lying, [2400, 1600]);
    check("turned", &dng(6, &[&plain]), upright, [1600, 2400]);
    let same = jpeg_with_exif(MEDIUM, 6);
    check("both", &dng(6, &[&same]), upright, [1600, 2400]);
    check("turned back later", &dng(1, &[&same]), lying, [2400, 1600]);
    check("of the preview", &raf_of(&same), upright, [1594, 2390]);
    let mut portrait = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(800, 1200)
        .write_to(&mut portrait, image::ImageFormat::Jpeg)
        .unwrap();
    check(
        "upright in pixels",
        &dng(8, &[portrait.get_ref()]),
        upright,
        [1600, 2400],
    );
}

#[test]
fn the_identity_is_of_all_that_is_seen() {
    let hash = |bytes: &[u8]| read("photo", bytes).unwrap().hash();
    let (small, thumbnail) = (jpeg(SMALL), jpeg(THUMBNAIL));
    let first = dng(1, &[&small, &thumbnail]);
    assert_eq!(hash(&first), hash(&first));
    assert_ne!(hash(&first), *blake3::hash(&small).as_bytes());
    let turned = dng(3, &[&small, &thumbnail]);
    assert_eq!(first.len(), turned.len());
    assert_ne!(hash(&first), hash(&turned));
    let mut painted = small.clone();
    let last = painted.len() - 3;
    painted[last] ^= 1;
    assert_ne!(hash(&first), hash(&dng(1, &[&painted, &thumbnail])));
    let longer = [first.as_slice(), b"\0"].concat();
    assert_ne!(hash(&first), hash(&longer));
    // What is not read: sensor data.
    let data = [first.as_slice(), b"\x01"].concat();
    assert_eq!(hash(&data), hash(&longer));
}

/// Reads of a thread, in bytes; `None` where the system does not count them.
fn bytes_read() -> Option<u64> {
    let counts = std::fs::read_to_string("/proc/thread-self/io").ok()?;
    let line = counts.lines().find(|line| line.starts_with("rchar:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn of_40_megabytes_only_the_preview_and_its_way_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for made in all() {
        let path = folder.path().join(made.name);
        std::fs::write(&path, &made.bytes).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_len(40_000_000).unwrap();
        let before = bytes_read();
        let file = PhotoFile::read(&path, DecodeLimits::default()).unwrap();
        let Some((before, after)) = before.zip(bytes_read()) else {
            return;
        };
        let beside = after - before - file.bytes.len() as u64;
        println!(
            "{}: {beside} bytes beside the preview's {}",
            made.name,
            file.bytes.len()
        );
        assert!(beside < 1_000_000, "{}: {beside}", made.name);
    }
}

#[test]
fn a_big_tiff_is_read() {
    let preview = jpeg(SMALL);
    let mut bytes = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0".to_vec();
    let at = 24 + 3 * 20 + 8_u64;
    let fields = [
        (0x111_u16, at),
        (0x117, preview.len() as u64),
        (0xC612, 0x0104),
    ];
    for (tag, value) in fields {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(b"\x10\0\x01\0\0\0\0\0\0\0");
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 8]);
    bytes.extend(&preview);
    assert_eq!(read("photo", &bytes).unwrap().bytes, preview);
}
