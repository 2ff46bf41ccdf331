//! Resamples pictures to the grid of the cells by averaging areas. A sharper filter is no choice:
//! the samples of a cell must add up to its part of the picture, or the errors of its shapes are
//! wrong.

use crate::Channels;
use image::RgbImage;

/// Divides a picture into columns and rows, and returns the average of each part.
pub fn averages(picture: &RgbImage, columns: usize, rows: usize) -> Vec<Channels> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (pixels, _) = picture.as_raw().as_chunks::<3>();
    let across = overlaps(width, columns);
    let mut averages = vec![[0.0; 3]; columns * rows];
    let mut line = vec![[0.0; 3]; columns];
    let mut line_of = None;
    for down in overlaps(height, rows) {
        if line_of != Some(down.pixel) {
            line_of = Some(down.pixel);
            line.fill([0.0; 3]);
            let pixels = &pixels[down.pixel * width..][..width];
            for overlap in &across {
                let pixel = pixels[overlap.pixel].map(f32::from);
                add(&mut line[overlap.part], pixel, overlap.share);
            }
        }
        let row = averages[down.part * columns..].iter_mut();
        for (average, &sum) in row.zip(&line) {
            add(average, sum, down.share);
        }
    }
    averages
}

pub fn add(sum: &mut Channels, more: Channels, times: f32) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more * times;
    }
}

/// The overlap of one pixel with one part of a line: the whole pixel or a share of it.
struct Overlap {
    pixel: usize,
    part: usize,
    /// The share of the part that the pixel fills, from 0 to 1.
    share: f32,
}

/// Divides a line of `pixels` pixels into `parts` equal parts.
fn overlaps(pixels: usize, parts: usize) -> Vec<Overlap> {
    // Scale the line to `pixels * parts` units: a pixel covers `parts` of them, a part covers
    // `pixels`.
    let end = pixels * parts;
    let mut overlaps = Vec::with_capacity(pixels + parts);
    let mut at = 0;
    while at < end {
        let (pixel, part) = (at / parts, at / pixels);
        let next = ((pixel + 1) * parts).min((part + 1) * pixels);
        #[expect(
            clippy::cast_precision_loss,
            reason = "sides of pictures are exact in f32"
        )]
        let share = (next - at) as f32 / pixels as f32;
        overlaps.push(Overlap { pixel, part, share });
        at = next;
    }
    overlaps
}
