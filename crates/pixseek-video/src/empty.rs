//! Pictures that show nothing: films begin and end with them.

use image::RgbImage;
use pixseek_record::is_blank;

/// Whether a picture shows nothing: it has one colour, but for noise.
#[must_use]
pub fn is_empty(image: &RgbImage) -> bool {
    let pixels = image.as_raw().as_chunks::<3>().0;
    is_blank(pixels.len(), pixels.iter().copied())
}
