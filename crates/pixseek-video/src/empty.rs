//! Pictures that show nothing: films begin and end with them.

use image::RgbImage;

/// Pixels that are looked at, about.
const PIXELS: usize = 10_000;

/// The variance of brightness below which a picture is of one colour. Coded black has less than 1, and
/// a night without a light about 10.
const LEAST_VARIANCE: f64 = 4.0;

/// Whether a picture is of one colour.
#[must_use]
pub fn is_empty(image: &RgbImage) -> bool {
    let pixels = image.as_raw().as_chunks::<3>().0;
    // Odd, so that it does not run down one column.
    let step = (pixels.len() / PIXELS) | 1;
    let mut count = 0.0;
    let mut sum = 0.0;
    let mut squares = 0.0;
    for [red, green, blue] in pixels.iter().step_by(step) {
        let luma = 0.299 * f64::from(*red) + 0.587 * f64::from(*green) + 0.114 * f64::from(*blue);
        count += 1.0;
        sum += luma;
        squares += luma * luma;
    }
    if count == 0.0 {
        return true;
    }
    let mean = sum / count;
    squares / count - mean * mean < LEAST_VARIANCE
}
