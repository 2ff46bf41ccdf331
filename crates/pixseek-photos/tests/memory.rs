//! Small files that say that they are huge pictures: refused before memory is taken for them.
//!
//! One test in a binary of its own, because memory is measured for a whole process.

#![cfg(target_os = "linux")]

use image::{ImageFormat, Rgb, RgbImage};
use pixseek_photos::{DecodeLimits, FailureKind, PhotoFile};
use std::io::Cursor;

/// What a refusal may take: far less than a picture, more than a test's own noise.
const LITTLE: u64 = 24 << 20;

/// Beside a picture, decoders may take this for tables and a frame.
const OVERHEAD: u64 = 80 << 20;

/// Address space that a refusal may reserve: allocators map more than they use.
const RESERVED: u64 = 200 << 20;

#[test]
fn what_claims_too_much_is_refused_before_memory_is_taken() {
    for (name, bytes) in huge_pictures().into_iter().chain([unbelievable_picture()]) {
        let (kind, taken) = measured(&bytes);
        assert_eq!(kind, Some(FailureKind::TooLarge), "{name}");
        assert!(taken.used < LITTLE, "{name} took {taken:?} bytes");
        assert!(taken.reserved < RESERVED, "{name} took {taken:?} bytes");
    }
    for (name, bytes) in huge_parts() {
        let (kind, taken) = measured(&bytes);
        assert!(kind.is_some(), "{name} is a photo");
        assert!(taken.used < OVERHEAD, "{name} took {taken:?} bytes");
        assert!(taken.reserved < RESERVED, "{name} took {taken:?} bytes");
    }
}

/// By how many bytes the process grew.
#[derive(Debug)]
struct Taken {
    /// Memory that was written to.
    used: u64,
    /// Address space: also memory that was asked for and never written to, as zeroed buffers are.
    reserved: u64,
}

/// The kind of failure, if it is one, and by how much the process grew on the way.
fn measured(bytes: &[u8]) -> (Option<FailureKind>, Taken) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo");
    std::fs::write(&path, bytes).unwrap();
    // Resets the peak of used memory to what is used now; where the kernel refuses that, and for
    // the address space, only a new peak is seen.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = (status("VmHWM:"), status("VmPeak:"));
    let file = PhotoFile::read(&path, DecodeLimits::default());
    let decoded = file.and_then(|file| file.decode());
    let taken = Taken {
        used: status("VmHWM:") - before.0,
        reserved: status("VmPeak:") - before.1,
    };
    (decoded.err().map(|failure| failure.kind), taken)
}

/// A line of the process's status, in bytes.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

/// One of each format whose header says more than 200 megapixels.
fn huge_pictures() -> Vec<(&'static str, Vec<u8>)> {
    const SIDE: u16 = 60_000;
    let [low, high] = SIDE.to_le_bytes();
    let patched = |format, places: &[(usize, &[u8])]| {
        let mut bytes = encoded(format);
        for (at, patch) in places {
            bytes[*at..at + patch.len()].copy_from_slice(patch);
        }
        bytes
    };
    let mut png = patched(
        ImageFormat::Png,
        &[(16, &[0, 0, high, low]), (20, &[0, 0, high, low])],
    );
    let checksum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&checksum);
    let jpeg = encoded(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    let jpeg_side: &[u8] = &[high, low, high, low];
    let progressive: &[u8] = &[0xC2];
    let tiff = encoded(ImageFormat::Tiff);
    let directory = u32::from_le_bytes(*tiff[4..].first_chunk().unwrap()) as usize;
    let value_of = |tag: u16| {
        let mut entries = (directory + 2..).step_by(12);
        let is_it = |at: &usize| tiff[*at..].starts_with(&tag.to_le_bytes());
        entries.find(is_it).unwrap() + 8
    };
    // Width, height, and rows of the one strip.
    let side: &[u8] = &[low, high];
    let tiff_sides = [256, 257, 278].map(|tag| (value_of(tag), side));
    // Width and height less one, 14 bits each.
    let webp_side = (0x3FFE_u32 | 0x3FFE << 14).to_le_bytes();
    let sample = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let property = bytes.windows(4).position(|four| four == b"ispe").unwrap();
        bytes[property + 8..property + 16].copy_from_slice(&[0, 0, high, low, 0, 0, high, low]);
        bytes
    };
    let mut psd = include_bytes!("formats/packed.psd").to_vec();
    psd[14..22].copy_from_slice(&[0, 0, high, low, 0, 0, high, low]);
    vec![
        ("HEIC", sample(include_bytes!("formats/plain.heic"))),
        ("AVIF", sample(include_bytes!("formats/plain.avif"))),
        // Bits from the lowest: a side of 2^29 + 1, as wide as high, and no more than the defaults.
        ("JPEG XL", b"\xff\x0a\x06\0\0\0\x33\0\0\0\0\0".to_vec()),
        ("Photoshop", psd),
        ("PNG", png),
        (
            "GIF",
            patched(ImageFormat::Gif, &[(6, &[low, high, low, high])]),
        ),
        (
            "BMP",
            patched(ImageFormat::Bmp, &[(18, &[low, high]), (22, &[low, high])]),
        ),
        ("PNM", format!("P6 {SIDE} {SIDE} 255\n").into_bytes()),
        ("TIFF", patched(ImageFormat::Tiff, &tiff_sides)),
        ("WebP", patched(ImageFormat::WebP, &[(21, &webp_side)])),
        (
            "JPEG",
            patched(ImageFormat::Jpeg, &[(frame + 5, jpeg_side)]),
        ),
        (
            "progressive JPEG",
            patched(
                ImageFormat::Jpeg,
                &[(frame + 1, progressive), (frame + 5, jpeg_side)],
            ),
        ),
    ]
}

/// Returns a PNG of a few hundred bytes whose header claims a hundred megapixels.
fn unbelievable_picture() -> (&'static str, Vec<u8>) {
    let side = 10_000_u32.to_be_bytes();
    let mut png = encoded(ImageFormat::Png);
    png[16..20].copy_from_slice(&side);
    png[20..24].copy_from_slice(&side);
    let checksum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&checksum);
    ("100 megapixels of nothing", png)
}

/// Small files with a part that says that it is huge, or with a header that says so.
fn huge_parts() -> Vec<(&'static str, Vec<u8>)> {
    // A canvas of 48 x 32 with a lossy frame of 16,383 x 16,383.
    let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x2f\0\0\x1f\0\0".to_vec();
    let frame = b"\x50\x01\0\x9d\x01\x2a\xff\x3f\xff\x3f";
    webp.extend(b"VP8 ");
    let data = [frame.as_slice(), &[0; 4000]].concat();
    webp.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    webp.extend(data);
    let length = u32::try_from(webp.len() - 8).unwrap().to_le_bytes();
    webp[4..8].copy_from_slice(&length);
    // A screen of 48 x 32 with a frame of 65,535 x 65,535.
    let mut gif = encoded(ImageFormat::Gif);
    let descriptor = gif
        .windows(9)
        .position(|nine| nine == b"\x2c\0\0\0\0\x30\0\x20\0");
    let descriptor = descriptor.unwrap();
    gif[descriptor + 5..descriptor + 9].fill(0xFF);
    let pnm = b"P6 10000 10000 255\n123".to_vec();
    // 64 megapixels, and 100 of Photoshop, are within the limit.
    let heif = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let property = bytes.windows(4).position(|four| four == b"ispe").unwrap();
        bytes[property + 8..property + 16].copy_from_slice(b"\0\0\x1f\x40\0\0\x1f\x40");
        bytes
    };
    let mut psd = include_bytes!("formats/packed.psd").to_vec();
    psd[14..22].copy_from_slice(b"\0\0\x27\x10\0\0\x27\x10");
    vec![
        ("HEIC's picture", heif(include_bytes!("formats/plain.heic"))),
        ("AVIF's picture", heif(include_bytes!("formats/plain.avif"))),
        ("Photoshop's rows", psd),
        ("WebP's frame", webp),
        ("GIF's frame", gif),
        ("PNM's pixels", pnm),
    ]
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbImage::from_fn(48, 32, |x, _| Rgb([220, 20, u8::try_from(x).unwrap()]));
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// PNG's checksum.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
        }
    }
    (!sum).to_be_bytes()
}
