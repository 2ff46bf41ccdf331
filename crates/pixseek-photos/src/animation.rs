//! Animations: the first frame that shows something stands for all.

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{
    AnimationDecoder, DynamicImage, Frames, GenericImageView, ImageDecoder, ImageFormat,
    ImageResult, Limits, Pixel,
};
use std::io::Cursor;

/// Frames that are looked at. Films begin black for a second or two.
pub(crate) const MOST_FRAMES: usize = 64;

/// Bytes of a pixel for each of the copies that decoders of animations keep: the frame, the canvas,
/// the canvas before, and what is handed out.
pub(crate) const PIXEL: u64 = 4 * 4;

/// Whether a picture has one colour only, or is wholly transparent.
pub(crate) fn is_empty<V: GenericImageView<Pixel: Pixel<Subpixel = u8>>>(image: &V) -> bool {
    let mut pixels = image.pixels().map(|(_, _, pixel)| match pixel.to_rgba().0 {
        [.., 0] => [0; 4],
        visible => visible,
    });
    let first = pixels.next();
    pixels.all(|pixel| Some(pixel) == first)
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
    fn one_colour_is_empty() {
        let mut image = RgbaImage::from_pixel(3, 2, Rgba([9, 9, 9, 255]));
        assert!(is_empty(&image));
        image.put_pixel(2, 1, Rgba([9, 9, 10, 255]));
        assert!(!is_empty(&image));
        let transparent =
            RgbaImage::from_fn(3, 2, |x, _| Rgba([u8::try_from(x).unwrap(), 0, 0, 0]));
        assert!(is_empty(&transparent));
    }
}
