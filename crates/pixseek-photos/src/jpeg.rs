//! Decodes JPEGs strictly: a file that is cut off or damaged is a failure, not a half-grey picture.
//!
//! zune-jpeg decodes whole pictures. pixseek-jpeg decodes large pictures at a part of their size, which
//! is enough for a model.

use crate::Failure;
use crate::colour::Profile;
use crate::decoder::{Decoded, Decoder, RGB, Wanted, corrupt, exif_in, unsupported};
use crate::motion::has_motion;
use crate::notes::Collected;
use crate::reduce::SPARE;
use exif::Exif;
use image::{DynamicImage, RgbImage};
use pixseek_jpeg::{Coding, Frame, Scale};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

/// Returns the smallest scale at which the shortest side has [`SPARE`] times `least` pixels, or `None`
/// if only the whole picture is large enough.
pub(crate) fn scale_for(frame: &Frame, least: u32) -> Option<Scale> {
    let (width, height) = frame.size();
    let short = u32::try_from(width.min(height)).ok()?;
    let wanted = f64::from(least) * SPARE;
    Scale::ALL
        .into_iter()
        .find(|scale| f64::from(short) * scale.factor() >= wanted)
}

/// A JPEG whose header has been read.
pub(crate) struct Jpeg<'a> {
    bytes: &'a [u8],
    decoder: JpegDecoder<ZCursor<&'a [u8]>>,
    width: u16,
    height: u16,
    coding: Option<Coding>,
}

/// Bytes of zune-jpeg's coefficients of a progressive picture, for each pixel at most.
const COEFFICIENTS: u64 = 8;

impl<'a> Jpeg<'a> {
    /// Reads the header, and refuses the codings that the decoder does not support by the frame's
    /// header: the decoder's own errors do not distinguish a rare coding from damage.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let coding = Coding::of(bytes);
        if let Some(Coding::Rare(name)) = coding {
            return Err(unsupported(name));
        }
        // Reads headers leniently, because stray bytes between segments do no harm. The limits on sides
        // are those of the format; the caller checks the number of pixels.
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX));
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(|error| refused(&error))?;
        let short = |side: usize| u16::try_from(side).ok();
        let dimensions = decoder.dimensions();
        let (width, height) = dimensions
            .and_then(|(width, height)| Some((short(width)?, short(height)?)))
            .ok_or_else(|| corrupt("no picture in it"))?;
        Ok(Self {
            bytes,
            decoder,
            width,
            height,
            coding,
        })
    }

    /// Bytes that [`Jpeg::rgb`] takes at most.
    fn memory(&self) -> u64 {
        let pixel = match self.coding {
            Some(Coding::Sequential) => 0,
            _ => COEFFICIENTS,
        };
        let grey = u64::from(self.is_grey());
        u64::from(self.width) * u64::from(self.height) * (RGB + grey + pixel)
    }

    /// Decodes a large picture at a part of its size; `None` if that cannot be done, so that the full
    /// decoder decides.
    fn reduced(&self, wanted: &Wanted<'_>) -> Option<Decoded> {
        let frame = Frame::read(self.bytes)?;
        let scale = scale_for(&frame, wanted.side)?;
        let pixels = frame.pixels(scale);
        let memory = frame.memory(scale) + wanted.turned(pixels, RGB);
        let memory = wanted.budget.picture(memory);
        Some(Decoded {
            image: DynamicImage::ImageRgb8(unless_it_panics(|| frame.decode(scale))?),
            scale: scale.factor(),
            profile: None,
            memory,
        })
    }

    /// Decodes to interleaved RGB.
    fn rgb(mut self) -> Result<Vec<u8>, Failure> {
        let is_grey = self.is_grey();
        let output = if is_grey {
            ColorSpace::Luma
        } else {
            ColorSpace::RGB
        };
        let options = self
            .decoder
            .options()
            .set_strict_mode(true)
            .jpeg_set_out_colorspace(output);
        self.decoder.set_options(options);
        let mut pixels = self.decoder.decode().map_err(|error| refused(&error))?;
        let count = usize::from(self.width) * usize::from(self.height);
        if is_grey {
            let mut rgb = Vec::with_capacity(count * 3);
            rgb.extend(pixels.into_iter().flat_map(|grey| [grey; 3]));
            pixels = rgb;
        }
        if pixels.len() == count * 3 {
            Ok(pixels)
        } else {
            Err(corrupt("its colours are of an unknown kind"))
        }
    }

    fn is_grey(&self) -> bool {
        self.decoder.input_colorspace() == Some(ColorSpace::Luma)
    }
}

impl Decoder for Jpeg<'_> {
    fn size(&self) -> [u32; 2] {
        [self.width.into(), self.height.into()]
    }

    fn exif(&self) -> Option<Exif> {
        exif_in(self.bytes)
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        let xmp = self.decoder.xmp().map(Vec::as_slice);
        let iptc = self.decoder.iptc().map(Vec::as_slice);
        Collected {
            has_motion: has_motion(xmp, self.bytes),
            ..Collected::collect(xmp, iptc, exif)
        }
    }

    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let profile = self.decoder.icc_profile();
        let profile = profile.as_deref().and_then(Profile::read);
        if let Some(reduced) = self.reduced(wanted) {
            return Ok(Decoded { profile, ..reduced });
        }
        let [width, height] = self.size();
        let pixels = u64::from(width) * u64::from(height);
        let memory = self.memory() + wanted.turned(pixels, RGB);
        let memory = wanted.budget.picture(memory);
        let image = RgbImage::from_raw(width, height, self.rgb()?)
            .ok_or_else(|| corrupt("its size changes on the way"))?;
        Ok(Decoded {
            image: DynamicImage::ImageRgb8(image),
            scale: 1.0,
            profile,
            memory,
        })
    }
}

/// Decodes a JPEG inside of another file, whose header says that it has this size.
pub(crate) fn whole(bytes: &[u8], [width, height]: [u32; 2]) -> Result<RgbImage, Failure> {
    let jpeg = Jpeg::open(bytes)?;
    if jpeg.size() != [width, height] {
        return Err(corrupt("a JPEG in it has another size"));
    }
    RgbImage::from_raw(width, height, jpeg.rgb()?)
        .ok_or_else(|| corrupt("its size changes on the way"))
}

/// Runs a fast decoder. A panic of it counts as `None`, so that the full decoder decides.
fn unless_it_panics<T>(fast: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(fast)).unwrap_or(None)
}

fn refused(error: &DecodeErrors) -> Failure {
    match error {
        DecodeErrors::Unsupported(_) => unsupported("this kind of JPEG"),
        DecodeErrors::Format(reason) => corrupt(reason.as_str()),
        DecodeErrors::FormatStatic(reason) => corrupt(*reason),
        other => corrupt(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_fast_decoder_leaves_the_file_to_the_full_one() {
        assert_eq!(unless_it_panics(|| Some(1)), Some(1));
        let panics =
            || -> Option<u8> { panic!("as a decoder does on a file that it does not foresee") };
        assert_eq!(unless_it_panics(panics), None);
    }

    #[test]
    fn the_scale_leaves_pixels_to_spare() {
        // 144 x 96 pixels: a half has 48 on its short side, a quarter 24.
        let frame = Frame::read(include_bytes!("decode/samples/4x1.jpg")).unwrap();
        let check = |least, scale| assert_eq!(scale_for(&frame, least), scale, "{least}");
        check(8, Some(Scale::Eighth));
        check(9, Some(Scale::Quarter));
        check(16, Some(Scale::Quarter));
        check(32, Some(Scale::Half));
        check(33, None);
    }
}
