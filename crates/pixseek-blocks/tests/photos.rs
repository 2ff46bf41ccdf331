//! Photos of `../shared` in characters: the bench `blocks` prints the figures behind the limits.

use image::RgbImage;
use image::imageops::{FilterType, resize, thumbnail};
use libtest_mimic::{Arguments, Failed, Trial};
use pixseek_blocks::{Blocks, Look, Palette, Symbols};
use ratatui::layout::Size;
use std::path::Path;

/// Relative to the crate that owns this test.
const PHOTOS: &str = "../../../shared/photos/captioned";
const CELLS: Size = Size {
    width: 20,
    height: 10,
};
/// Pixels of a cell.
const CELL: Size = Size {
    width: 8,
    height: 16,
};

fn main() {
    let is_there = Path::new(PHOTOS).is_dir();
    let trials = vec![
        Trial::test("photos::characters_are_nearer_than_half_blocks", nearer)
            .with_ignored_flag(!is_there),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Measured over 79 photos: 19.8 dB with two pixels a cell, 21.4 with block elements, 21.7 with
/// sextants. Here they are the first 20 of them.
fn nearer() -> Result<(), Failed> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(PHOTOS)? {
        files.extend(Some(entry?.path()).filter(|path| path.extension() == Some("jpg".as_ref())));
    }
    files.sort();
    let (mut halves, mut blocks, mut sextants) = (0.0, 0.0, 0.0);
    files.truncate(20);
    for file in &files {
        let photo = image::open(file)?.thumbnail(320, 320).into_rgb8();
        let wanted = thumbnail(&photo, 160, 160);
        let two_a_cell = thumbnail(&photo, 20, 20);
        halves += psnr(&resize(&two_a_cell, 160, 160, FilterType::Nearest), &wanted);
        let drawn = |symbols| {
            let palette = Palette::Rgb24;
            Blocks::draw(&photo, CELLS, Look { symbols, palette }).image(CELL)
        };
        blocks += psnr(&drawn(Symbols::Blocks), &wanted);
        sextants += psnr(&drawn(Symbols::Sextants), &wanted);
    }
    if blocks > halves + 1.4 * 20.0 && sextants > blocks + 0.1 * 20.0 {
        return Ok(());
    }
    let means = [halves, blocks, sextants].map(|sum| sum / 20.0);
    Err(format!("two pixels a cell, blocks, sextants: {means:.2?} dB").into())
}

/// The ratio of the greatest possible to the actual squared error, in decibels.
fn psnr(drawn: &RgbImage, photo: &RgbImage) -> f64 {
    let channels = drawn.iter().zip(photo.iter());
    let squares = channels.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    let mean = squares.sum::<f64>() / f64::from(160 * 160 * 3);
    10.0 * (255.0 * 255.0 / mean).log10()
}
