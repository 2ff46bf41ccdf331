//! Pictures as other decoders make them: libheif, libavif, libjxl and Pillow, through
//! `formats/generate.py`. Each line of `formats/references.txt` has a size and sixteen mean colours.
//!
//! The files of `formats/shared.txt` lie in `../shared`; without it they are reported as ignored, by name.

use libtest_mimic::{Arguments, Failed, Trial};
use pixseek_photos::{DecodeLimits, PhotoFile};
use std::path::Path;

/// By how much the mean of a part may differ in a channel. Decoders interpolate chroma and round in
/// their own ways, which is below 1 on average; wrong matrices, ranges and profiles differ by 4 and
/// more.
const TOLERANCE: f64 = 2.0;

/// A picture of a high range, which is toned down here and shown as it is coded by libavif: only its size
/// is compared.
const HIGH_RANGE: &str = "10bit-HDR-P3-nclx.avif";

fn main() {
    let here = Path::new("tests/formats");
    let shared = Path::new("../../../shared");
    let mut trials = read(include_str!("formats/references.txt"), here);
    trials.extend(read(include_str!("formats/shared.txt"), shared));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn read(lines: &'static str, folder: &Path) -> Vec<Trial> {
    let trial = |line: &'static str| {
        let parts: Vec<&str> = line.splitn(19, ' ').collect();
        let [width, height, means @ .., name] = parts.as_slice() else {
            panic!("{line}");
        };
        let size = [width, height].map(|side| side.parse().unwrap());
        let means: Vec<[u8; 3]> = means.iter().map(|mean| colour(mean)).collect();
        let path = folder.join(name);
        let is_missing = !path.exists();
        Trial::test(*name, move || compare(&path, size, &means)).with_ignored_flag(is_missing)
    };
    lines.lines().map(trial).collect()
}

fn colour(hexadecimal: &str) -> [u8; 3] {
    let all = u32::from_str_radix(hexadecimal, 16).unwrap();
    let [_, red, green, blue] = all.to_be_bytes();
    [red, green, blue]
}

fn compare(path: &Path, size: [u32; 2], means: &[[u8; 3]]) -> Result<(), Failed> {
    let decoded = PhotoFile::read(path, DecodeLimits::default()).and_then(|file| file.decode());
    let photo = decoded.map_err(|failure| failure.reason)?;
    let found = [photo.image.width(), photo.image.height()];
    if found != size || [photo.facts.width, photo.facts.height] != size {
        return Err(format!("{found:?} instead of {size:?}").into());
    }
    if path.ends_with(HIGH_RANGE) {
        return Ok(());
    }
    for (number, expected) in (0..).zip(means) {
        let found = mean(&photo.image, number % 4, number / 4);
        for (found, expected) in found.into_iter().zip(expected) {
            if (found - f64::from(*expected)).abs() > TOLERANCE {
                return Err(format!("part {number}: {found} instead of {expected}").into());
            }
        }
    }
    Ok(())
}

/// The mean colour of one of sixteen parts.
fn mean(image: &image::RgbImage, column: u32, row: u32) -> [f64; 3] {
    let (width, height) = image.dimensions();
    let mut sums = [0; 3];
    let mut count = 0_u32;
    for y in row * height / 4..(row + 1) * height / 4 {
        for x in column * width / 4..(column + 1) * width / 4 {
            for (sum, channel) in sums.iter_mut().zip(image.get_pixel(x, y).0) {
                *sum += u64::from(channel);
            }
            count += 1;
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "255 times the pixels fit into a double"
    )]
    sums.map(|sum| sum as f64 / f64::from(count))
}
