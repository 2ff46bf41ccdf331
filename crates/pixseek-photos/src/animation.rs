//! Animations: the first frame that shows something stands for all.

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{
    AnimationDecoder, DynamicImage, Frames, GenericImageView, ImageDecoder, ImageFormat,
    ImageResult, Limits, Pixel,
};
use pixseek_record::is_blank;
use std::io::Cursor;

/// Frames that are looked at. Films begin black for a second or two.
pub(crate) const MOST_FRAMES: usize = 64;

/// Bytes of a pixel for each of the copies that decoders of animations keep: the frame, the canvas,
/// the canvas before, and what is handed out.
pub(crate) const PIXEL: u64 = 4 * 4;

/// What transparent pixels count as: grey, so that black and white drawings stand out.
const TRANSPARENT: [u8; 3] = [128; 3];

/// Whether a frame shows nothing, by the rule for key frames of films.
pub(crate) fn is_empty<V: GenericImageView<Pixel: Pixel<Subpixel = u8>>>(frame: &V) -> bool {
    let (width, height) = frame.dimensions();
    let visible = frame.pixels().map(|(_, _, pixel)| match pixel.to_rgba().0 {
        [.., 0] => TRANSPARENT,
        [red, green, blue, _] => [red, green, blue],
    });
    let pixels = u64::from(width) * u64::from(height);
    is_blank(usize::try_from(pixels).unwrap_or(usize::MAX), visible)
}

/// The first frame of an animation that is not empty; `None` for other files, and if no frame is.
pub(crate) fn first_frame(
    bytes: &[u8],
    format: ImageFormat,
    limits: &Limits,
) -> ImageResult<Option<DynamicImage>> {
    let content = Cursor::new(bytes);
    let frames: Frames<'_> = match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(content)?;
            decoder.set_limits(limits.clone())?;
            decoder.into_frames()
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(content, limits.clone())?;
            if !decoder.is_apng()? {
                return Ok(None);
            }
            decoder.apng()?.into_frames()
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(content)?;
            decoder.set_limits(limits.clone())?;
            if !decoder.has_animation() {
                return Ok(None);
            }
            decoder.into_frames()
        }
        _ => return Ok(None),
    };
    for frame in frames.take(MOST_FRAMES) {
        let frame = frame?.into_buffer();
        if !is_empty(&frame) {
            return Ok(Some(DynamicImage::ImageRgba8(frame)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::is_empty;
    use image::{Rgba, RgbaImage};

    #[test]
    fn frames_that_show_nothing_are_empty() {
        let check = |expected: bool, pixel: &dyn Fn(u32, u32) -> [u8; 4]| {
            let image = RgbaImage::from_fn(30, 20, |x, y| Rgba(pixel(x, y)));
            assert_eq!(is_empty(&image), expected);
        };
        let byte = |number: u32| u8::try_from(number).unwrap();
        check(true, &|_, _| [9, 9, 9, 255]);
        // Black with noise.
        check(true, &|x, y| {
            let noise = byte((x * 7 + y * 13) % 11);
            [noise, noise, noise, 255]
        });
        check(true, &|x, _| [byte(x), 0, 0, 0]);
        check(false, &|x, _| [byte(x * 8), 0, 0, 255]);
        // Black on nothing.
        check(false, &|x, _| [0, 0, 0, if x < 3 { 255 } else { 0 }]);
    }
}
