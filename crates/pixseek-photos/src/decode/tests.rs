mod mutations;

use super::{Photo, PhotoFile};
use crate::{DecodeLimits, Failure, FailureKind};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// Wider than high, with a red corner at the top left.
fn picture() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| {
        let is_corner = x < 24 && y < 16;
        if is_corner {
            Rgb([220, 20, 20])
        } else {
            Rgb([20, 20, 220])
        }
    })
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read_as(name: &str, bytes: &[u8], limits: DecodeLimits) -> Result<PhotoFile, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    PhotoFile::read(&path, limits)
}

fn decode_within(bytes: &[u8], limits: DecodeLimits) -> Result<Photo, Failure> {
    read_as("photo", bytes, limits)?.decode()
}

fn decode(bytes: &[u8]) -> Result<Photo, Failure> {
    decode_within(bytes, DecodeLimits::default())
}

fn kind(result: Result<Photo, Failure>) -> FailureKind {
    result.map(|photo| photo.facts).unwrap_err().kind
}

/// A JPEG whose EXIF holds one orientation.
fn turned(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let jpeg = encoded(ImageFormat::Jpeg);
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn formats_are_decoded_by_their_content() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Jpeg,
        ImageFormat::Pnm,
        ImageFormat::Qoi,
    ] {
        let photo = decode(&encoded(format)).unwrap();
        assert_eq!(photo.image.dimensions(), (48, 32), "{format:?}");
        let corner = photo.image.get_pixel(4, 4);
        assert!(corner[0] > 180 && corner[2] < 60, "{format:?}: {corner:?}");
    }
}

/// TGA has no magic bytes, farbfeld has 16 bits, and Radiance has light instead of colours.
#[test]
fn rarer_formats_are_decoded() {
    let tga = read_as("a.tga", &encoded(ImageFormat::Tga), DecodeLimits::default());
    let check = |photo: Photo| {
        assert_eq!(photo.image.dimensions(), (48, 32));
        let (corner, rest) = (photo.image.get_pixel(4, 4), photo.image.get_pixel(40, 4));
        assert!(
            corner[0] > 2 * corner[2] && rest[2] > 2 * rest[0],
            "{corner:?} {rest:?}"
        );
    };
    check(tga.unwrap().decode().unwrap());
    assert_eq!(
        kind(decode(&encoded(ImageFormat::Tga))),
        FailureKind::NotAPhoto
    );
    let converted = |format, image: DynamicImage| {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let whole = DynamicImage::ImageRgb8(picture());
    let icon = DynamicImage::ImageRgba8(whole.to_rgba8());
    check(decode(&converted(ImageFormat::Ico, icon)).unwrap());
    let deep = DynamicImage::ImageRgba16(whole.to_rgba16());
    check(decode(&converted(ImageFormat::Farbfeld, deep)).unwrap());
    let light = DynamicImage::ImageRgb32F(whole.to_rgb32f());
    check(decode(&converted(ImageFormat::Hdr, light)).unwrap());
}

/// What the container says counts once, and EXIF's orientation does not count a second time.
#[test]
fn facts_are_read_from_heif_and_jpeg_xl() {
    let dated = include_bytes!("../../tests/formats/dated.heic");
    let facts = decode(dated).unwrap().facts;
    assert_eq!(facts.camera.as_deref(), Some("Camera of a sample"));
    assert_eq!(facts.taken.as_deref(), Some("2024-05-06T07:08:09"));
    let jxl = include_bytes!("../../tests/formats/plain.jxl");
    // A container with an orientation in its EXIF, as `boxed` makes it.
    let mut exif = b"\0\0\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec();
    exif.extend(b"\x10\x01\x02\0\x04\0\0\0abc\0\0\0\0\0");
    let boxed = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length, kind.as_slice(), content].concat()
    };
    let file = [
        boxed(b"JXL ", b"\r\n\x87\n"),
        boxed(b"ftyp", b"jxl \0\0\0\0jxl "),
        boxed(b"Exif", &exif),
        boxed(b"jxlc", jxl),
    ];
    let photo = decode(&file.concat()).unwrap();
    assert_eq!(photo.facts.camera.as_deref(), Some("abc"));
    assert_eq!(photo.image.dimensions(), (160, 128));
}

/// One pixel of each: the first channel of a Photoshop file is whole before the second begins.
#[test]
fn every_colour_of_photoshop_is_decoded() {
    let psd = |mode: u8, depth: u8, channels: u8, palette: &[u8], pixel: &[u8]| {
        let mut bytes = b"8BPS\0\x01\0\0\0\0\0\0\0".to_vec();
        bytes.extend([channels, 0, 0, 0, 1, 0, 0, 0, 1, 0, depth, 0, mode]);
        bytes.extend(u32::try_from(palette.len()).unwrap().to_be_bytes());
        bytes.extend(palette);
        bytes.extend([0; 10]);
        bytes.extend(pixel);
        bytes
    };
    let check = |bytes: Vec<u8>, expected: [u8; 3]| {
        assert_eq!(decode(&bytes).unwrap().image.as_raw(), &expected);
    };
    check(psd(0, 1, 1, &[], &[0x80]), [0, 0, 0]);
    check(psd(1, 8, 1, &[], &[7]), [7, 7, 7]);
    check(psd(1, 16, 2, &[], &[7, 9, 0, 0]), [7, 7, 7]);
    let palette: Vec<u8> = (0..=255).chain((0..=255).rev()).chain([9; 256]).collect();
    check(psd(2, 8, 1, &palette, &[5]), [5, 250, 9]);
    check(psd(3, 8, 4, &[], &[1, 2, 3, 4]), [1, 2, 3]);
    check(psd(4, 8, 4, &[], &[255, 128, 0, 128]), [128, 64, 0]);
    let one = 1.0_f32.to_be_bytes();
    check(
        psd(3, 32, 3, &[], &[one, [0; 4], one].concat()),
        [255, 0, 255],
    );
    assert_eq!(
        kind(decode(&psd(3, 8, 3, &[], &[1, 2]))),
        FailureKind::Corrupt
    );
    assert_eq!(
        kind(decode(&psd(9, 8, 3, &[], &[1, 2, 3]))),
        FailureKind::Unsupported
    );
}

#[test]
fn every_kind_of_pnm_is_decoded() {
    let check = |content: &[u8], expected: &[u8]| {
        let photo = decode(content).unwrap();
        let name = String::from_utf8_lossy(content);
        assert_eq!(photo.image.as_raw(), expected, "{name}");
        assert_eq!((photo.facts.width, photo.facts.height), (2, 1), "{name}");
    };
    check(b"P1 # black, white\n2 1\n1 0\n", &[0, 0, 0, 255, 255, 255]);
    check(b"P2 2 1 15\n0 15\n", &[0, 0, 0, 255, 255, 255]);
    check(b"P3 2 1 255\n1 2 3 4 5 6\n", &[1, 2, 3, 4, 5, 6]);
    check(b"P4 2 1\n\x80", &[0, 0, 0, 255, 255, 255]);
    check(b"P5 2 1 255\n\0\xFF", &[0, 0, 0, 255, 255, 255]);
    check(b"P5 2 1 65535\n\0\0\xFF\xFF", &[0, 0, 0, 255, 255, 255]);
    check(b"P6 2 1 255\n\x01\x02\x03\x04\x05\x06", &[1, 2, 3, 4, 5, 6]);
    let pam = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n\x01\x02\x03\x04\x05\x06";
    check(pam, &[1, 2, 3, 4, 5, 6]);
}

#[test]
fn hostile_headers_of_pnms_are_failures() {
    let check = |content: &[u8], expected| {
        let name = String::from_utf8_lossy(content);
        assert_eq!(kind(decode(content)), expected, "{name}");
    };
    for corrupt in [
        b"P6 \n".as_slice(),
        b"P6 0 0 255\n",
        b"P6 2 1 0\n123456",
        b"P6 2 1 70000\n123456",
        b"P6 99999999999 1 255\n",
        b"P6 10000 10000 255\n123",
        b"P4 10000 10000\n123",
        b"P2 2 1 255\n0 256\n",
        b"P3 2 1 255\n1 2 3 4 5 -6\n",
        b"P1 2 1\n1 2\n",
        b"P7\nWIDTH 2\nWIDTH 2\n",
        b"P7\nWIDTH 2\nHEIGHT 1\nENDHDR\n",
    ] {
        check(corrupt, FailureKind::Corrupt);
    }
    let tuples = b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nTUPLTYPE HEAT\nENDHDR\n12345";
    check(tuples, FailureKind::Unsupported);
    check(b"P6 60000 60000 255\n", FailureKind::TooLarge);
}

#[test]
fn all_eight_orientations_come_out_upright() {
    // Where the stored top left corner belongs, as a viewer shows it.
    let corners = [
        (1, (48, 32), (4, 4)),
        (2, (48, 32), (43, 4)),
        (3, (48, 32), (43, 27)),
        (4, (48, 32), (4, 27)),
        (5, (32, 48), (4, 4)),
        (6, (32, 48), (27, 4)),
        (7, (32, 48), (27, 43)),
        (8, (32, 48), (4, 43)),
    ];
    for (orientation, size, (x, y)) in corners {
        let photo = decode(&turned(orientation)).unwrap();
        assert_eq!(photo.image.dimensions(), size, "{orientation}");
        assert_eq!((photo.facts.width, photo.facts.height), size);
        let pixel = photo.image.get_pixel(x, y);
        assert!(pixel[0] > 180 && pixel[2] < 60, "{orientation}: {pixel:?}");
    }
}

#[test]
fn cut_files_are_failures_and_not_grey() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Pnm,
    ] {
        let whole = encoded(format);
        for part in [2, 3, 5] {
            let cut = &whole[..whole.len() - whole.len() / part];
            assert_eq!(
                kind(decode(cut)),
                FailureKind::Corrupt,
                "{format:?} without 1/{part}"
            );
        }
    }
}

#[test]
fn flipped_files_never_panic() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::Tiff,
        ImageFormat::Bmp,
        ImageFormat::WebP,
        ImageFormat::Pnm,
    ] {
        let whole = encoded(format);
        for position in (0..whole.len()).step_by(whole.len() / 50 + 1) {
            let mut bytes = whole.clone();
            bytes[position] ^= 1 << (position % 8);
            let file = read_as("photo", &bytes, DecodeLimits::default()).unwrap();
            // `decode` would catch the panic.
            let _ = file.decode_unguarded(0, u32::MAX);
        }
    }
}

/// JPEGs that `cjpeg` wrote of one picture with other sampling factors than Pillow knows.
#[test]
fn jpegs_with_odd_samplings_are_decoded_or_unsupported_and_never_corrupt() {
    let check = |bytes: &[u8], expected: Result<(u32, u32), FailureKind>| {
        for side in [4, 8, 16, 64, u32::MAX] {
            let file = read_as("photo.jpg", bytes, DecodeLimits::default()).unwrap();
            let found = file.decode_at_least(side).map(|photo| {
                // The picture's left half is red, its right half is blue.
                let (width, height) = photo.image.dimensions();
                let left = photo.image.get_pixel(width / 4, height / 2);
                let right = photo.image.get_pixel(width - width / 4, height / 2);
                assert!(left[0] > 180 && left[2] < 60, "{left:?} at {side}");
                assert!(right[0] < 60 && right[2] > 180, "{right:?} at {side}");
                (photo.facts.width, photo.facts.height)
            });
            assert_eq!(found.map_err(|failure| failure.kind), expected, "{side}");
        }
    };
    check(include_bytes!("samples/1x3.jpg"), Ok((144, 96)));
    check(include_bytes!("samples/4x1.jpg"), Ok((144, 96)));
    check(include_bytes!("samples/1x2.jpg"), Ok((144, 96)));
    let unsupported = Err(FailureKind::Unsupported);
    check(include_bytes!("samples/3x1.jpg"), unsupported);
    check(include_bytes!("samples/arithmetic.jpg"), unsupported);
}

#[test]
fn kinds_of_failure() {
    assert_eq!(kind(decode(b"")), FailureKind::NotAPhoto);
    assert_eq!(kind(decode(b"hello")), FailureKind::NotAPhoto);
    for unsupported in [
        &b"\0\0\0\x18ftypcrx "[..],
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"II*\0\x10\0\0\0CR\x02\0",
        b"IIU\0\x18\0\0\0",
        b"IIRO\x08\0\0\0",
        b"FUJIFILMCCD-RAW 0201",
    ] {
        assert_eq!(kind(decode(unsupported)), FailureKind::Unsupported);
    }
    for cut in [&b"\x89PNG\r\n\x1a\n"[..], b"\0\0\0\x18ftypheic"] {
        assert_eq!(kind(decode(cut)), FailureKind::Corrupt);
    }
    let limits = DecodeLimits {
        pixels: 48 * 32 - 1,
        ..DecodeLimits::default()
    };
    let png = encoded(ImageFormat::Png);
    assert_eq!(kind(decode_within(&png, limits)), FailureKind::TooLarge);
    let limits = DecodeLimits {
        bytes: 10,
        ..DecodeLimits::default()
    };
    assert_eq!(kind(decode_within(&png, limits)), FailureKind::TooLarge);
}

/// Also in release builds (`Cargo.toml`): a sum that wraps in a decoder is a failed photo.
#[test]
#[should_panic(expected = "attempt to add with overflow")]
fn sums_do_not_wrap() {
    let sum = std::hint::black_box(u16::MAX) + std::hint::black_box(1);
    std::hint::black_box(sum);
}

/// A TIFF is what its name and its content agree on: makers of cameras put thumbnails in front.
#[test]
fn thumbnails_of_raw_files_are_not_photos() {
    let tiff = encoded(ImageFormat::Tiff);
    let check = |name: &str, bytes: &[u8], expected: Result<(), &str>| {
        let file = read_as(name, bytes, DecodeLimits::default());
        let decoded = file.and_then(|file| file.decode());
        let decoded = decoded.map(|_| ()).map_err(|failure| {
            assert_eq!(failure.kind, FailureKind::Unsupported, "{name}");
            failure.reason
        });
        let expected = expected.map_err(ToOwned::to_owned);
        assert_eq!(decoded, expected, "{name}");
    };
    let raw = Err("camera raw without a preview");
    check("scan.tif", &tiff, Ok(()));
    check("photo", &tiff, Ok(()));
    for name in ["DSC_0001.NEF", "a.dng", "a.arw", "a.pef", "a.srw", "a.3fr"] {
        check(name, &tiff, raw);
    }
    // The same with a mosaic in a directory behind the thumbnail's.
    let directory = u32::from_le_bytes(*tiff[4..].first_chunk().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes([tiff[directory], tiff[directory + 1]]));
    let next = directory + 2 + 12 * count;
    let mut mosaic = tiff.clone();
    let end = u32::try_from(mosaic.len()).unwrap().to_le_bytes();
    mosaic[next..next + 4].copy_from_slice(&end);
    mosaic.extend(b"\x01\0\x06\x01\x03\0\x01\0\0\0\x23\x80\0\0\0\0\0\0");
    check("photo", &mosaic, raw);
    check("scan.tif", &mosaic, raw);
    // Another format under a raw file's name is what it is.
    check("a.nef", &encoded(ImageFormat::Png), Ok(()));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("photo.jpg");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let failure = PhotoFile::read(&pipe, DecodeLimits::default())
        .err()
        .unwrap();
    assert_eq!(failure.kind, FailureKind::NotAPhoto);
}
