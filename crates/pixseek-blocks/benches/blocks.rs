//! How near photos in characters are to the photos, and what drawing one takes:
//! `cargo bench --bench blocks -- DIR`.
//!
//! Two grids are compared: 8 x 16 pixels a cell, about what a terminal shows, and 2 x 6, the
//! finest one that half blocks and sextants share.

#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    reason = "a program that prints measurements"
)]

use image::RgbImage;
use image::imageops::{FilterType, resize, thumbnail};
use pixseek_blocks::{Blocks, Look, Palette, Symbols};
use ratatui::layout::Size;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

const CELLS: Size = Size {
    width: 20,
    height: 10,
};
const GRIDS: [Size; 2] = [
    Size {
        width: 8,
        height: 16,
    },
    Size {
        width: 2,
        height: 6,
    },
];
/// At most this many photos are drawn.
const MOST: usize = 100;
/// The longer side of the pictures, as the interface keeps them.
const SIDE: u32 = 320;
const TIMES: usize = 9;

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.find(|folder| folder.is_dir()) else {
        eprintln!("blocks: skipped, no folder is named: cargo bench --bench blocks -- DIR");
        return;
    };
    let photos = photos(&folder);
    println!(
        "{} photos, {} x {} cells",
        photos.len(),
        CELLS.width,
        CELLS.height
    );
    println!(
        "{:<24}{:>10}{:>10}",
        "PSNR in dB, pixels a cell", "8 x 16", "2 x 6"
    );
    report("two pixels a cell", &photos, |photo, grid| {
        let halves = thumbnail(photo, CELLS.width.into(), u32::from(CELLS.height) * 2);
        let (width, height) = pixels(grid);
        resize(&halves, width, height, FilterType::Nearest)
    });
    println!();
    for palette in [Palette::Rgb24, Palette::Indexed256, Palette::Ansi16] {
        for symbols in [
            Symbols::Halves,
            Symbols::Blocks,
            Symbols::Sextants,
            Symbols::Octants,
        ] {
            let look = Look { symbols, palette };
            report(
                &format!("{palette:?}, {symbols:?}"),
                &photos,
                |photo, grid| Blocks::draw(photo, CELLS, look).image(grid),
            );
            println!("{:>12.2} ms", median_ms(&photos, look));
        }
    }
}

fn photos(folder: &Path) -> Vec<RgbImage> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let photos = files.iter().filter_map(|file| image::open(file).ok());
    let small = photos.map(|photo| photo.thumbnail(SIDE, SIDE).into_rgb8());
    small.take(MOST).collect()
}

fn pixels(grid: Size) -> (u32, u32) {
    let side = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
    (
        side(CELLS.width, grid.width),
        side(CELLS.height, grid.height),
    )
}

/// Prints the mean over the photos of the PSNR on each grid.
fn report(what: &str, photos: &[RgbImage], draw: impl Fn(&RgbImage, Size) -> RgbImage) {
    print!("{what:<25}");
    for grid in GRIDS {
        let (width, height) = pixels(grid);
        let ratios = photos
            .iter()
            .map(|photo| psnr(&draw(photo, grid), &thumbnail(photo, width, height)));
        print!("{:>10.2}", ratios.sum::<f64>() / photos.len() as f64);
    }
}

/// The ratio of the greatest possible to the actual squared error, in decibels.
fn psnr(drawn: &RgbImage, photo: &RgbImage) -> f64 {
    let channels = drawn.iter().zip(photo.iter());
    let squares = channels.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    let mean = squares.sum::<f64>() / photo.len() as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

/// The median over the photos of the shortest time that drawing one takes, in milliseconds.
fn median_ms(photos: &[RgbImage], look: Look) -> f64 {
    let shortest = |photo: &RgbImage| {
        let times = (0..TIMES).map(|_| {
            let start = Instant::now();
            black_box(Blocks::draw(black_box(photo), CELLS, look));
            start.elapsed().as_secs_f64() * 1e3
        });
        times.fold(f64::INFINITY, f64::min)
    };
    let mut times: Vec<f64> = photos.iter().map(shortest).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
