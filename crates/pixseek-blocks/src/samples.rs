//! Pictures on a grid of another size, as the averages of areas: what a cell's shapes are compared
//! with must add up to the picture, which no sharper filter does.

use crate::Channels;
use image::RgbImage;

/// The averages of the parts of a picture, which is divided into columns and rows.
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

/// A pixel that lies in a part of a line of pixels, wholly or with a share of it.
struct Overlap {
    pixel: usize,
    part: usize,
    /// How much of the part it fills, from 0 to 1.
    share: f32,
}

/// Divides a line of pixels into equal parts.
fn overlaps(pixels: usize, parts: usize) -> Vec<Overlap> {
    // In units of which a pixel has as many as there are parts, and a part as many as there are
    // pixels.
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
