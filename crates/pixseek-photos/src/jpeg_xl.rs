//! JPEG XL by `jxl`, the decoder of browsers.
//!
//! The decoder turns pictures upright by the header of JPEG XL; EXIF's orientation is not applied.

use crate::animation::{MOST_FRAMES, is_empty};
use crate::colour::{Nclx, code_points_to_srgb, profile_to_srgb};
use crate::decoder::{Decoded, Decoder, RGB, Wanted, believable, corrupt, unsupported};
use crate::notes::Collected;
use crate::{Failure, FailureKind};
use brotli_decompressor::Decompressor;
use exif::Exif;
use heifer_isobmff::BoxIter;
use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use jxl::api::{
    AlphaMode, Event, JxlColorEncoding, JxlColorProfile, JxlColorType, JxlDataFormat, JxlDecoder,
    JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat, JxlPrimaries, JxlTransferFunction,
    JxlWhitePoint, ProfileLevel,
};
use jxl::error::Error;
use std::borrow::Cow;
use std::io::Read;

/// A JPEG XL whose header has been read.
pub(crate) struct JpegXl<'a> {
    bytes: &'a [u8],
    width: usize,
    height: usize,
    /// Channels beside colour: opacity, depth and others.
    extra: usize,
}

/// Bytes for a pixel: three are handed out. The decoder works on groups of pixels and took less than one
/// for each of 12 million; frames that others refer to take more.
const PIXEL: u64 = 8;
/// Bytes for a pixel of a further channel: opacity is decoded beside colour and taken apart.
const EXTRA: u64 = 6;
/// How many times the samples of the picture a frame may have: frames reach over the edge.
const FRAME: usize = 4;
/// Bytes of EXIF or XMP that are unpacked at most.
const LONGEST_NOTES: u64 = 4 << 20;

impl<'a> JpegXl<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let mut decoder = JxlDecoder::new(options(None));
        let mut rest = bytes;
        let event = decoder.process(&mut rest, None, None);
        let (Event::BasicInfo, Some(info)) = (event.map_err(refused)?, decoder.basic_info()) else {
            return Err(corrupt("it ends in its header"));
        };
        Ok(Self {
            bytes,
            width: info.size.0,
            height: info.size.1,
            extra: info.extra_channels.len(),
        })
    }

    /// The first frame that shows something, in sRGB.
    fn frame(&self) -> Result<RgbImage, Failure> {
        let samples = self.width * self.height * (3 + self.extra) * FRAME;
        let mut decoder = JxlDecoder::new(options(Some(samples)));
        let mut rest = self.bytes;
        let header = decoder.process(&mut rest, None, None).map_err(refused)?;
        if header != Event::BasicInfo {
            return Err(corrupt("it ends in its header"));
        }
        let colour = colour_type(&decoder)?;
        let format = JxlPixelFormat {
            color_type: colour,
            color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
            extra_channel_format: vec![None; self.extra],
        };
        decoder.set_pixel_format(format).map_err(refused)?;
        let profile = decoder.output_color_profile().cloned();
        let row = self.width * colour.samples_per_pixel();
        let mut shown = None;
        for _ in 0..MOST_FRAMES {
            let mut pixels = vec![0; row * self.height];
            let is_last = loop {
                let mut buffers = [JxlOutputBuffer::new(&mut pixels, self.height, row)];
                match decoder
                    .process(&mut rest, Some(&mut buffers), None)
                    .map_err(refused)?
                {
                    Event::FrameComplete { has_more_frames } => {
                        break !has_more_frames;
                    }
                    Event::NeedMoreInput { .. } => return Err(corrupt("it is cut off")),
                    Event::Complete => return shown.ok_or_else(|| corrupt("no frame in it")),
                    Event::BasicInfo | Event::FrameHeader => {}
                }
            };
            let frame = self.finished(pixels, colour, profile.as_ref())?;
            let is_shown = is_last || !is_empty(&frame);
            shown = shown.filter(|_| !is_shown).or(Some(frame));
            if is_shown {
                break;
            }
        }
        shown.ok_or_else(|| corrupt("no frame in it"))
    }

    /// Makes sRGB of a frame's pixels, on white.
    fn finished(
        &self,
        pixels: Vec<u8>,
        colour: JxlColorType,
        profile: Option<&JxlColorProfile>,
    ) -> Result<RgbImage, Failure> {
        let side = |side| u32::try_from(side).unwrap_or(0);
        let (width, height) = (side(self.width), side(self.height));
        let changed = || corrupt("its size changes on the way");
        let (rgb, opacity): (Vec<u8>, Option<Vec<u8>>) = match colour {
            JxlColorType::Grayscale => (pixels.iter().flat_map(|grey| [*grey; 3]).collect(), None),
            JxlColorType::GrayscaleAlpha => {
                let pixels = pixels.as_chunks().0;
                let rgb = pixels.iter().flat_map(|[grey, _]| [*grey; 3]).collect();
                (
                    rgb,
                    Some(pixels.iter().map(|[_, opacity]| *opacity).collect()),
                )
            }
            JxlColorType::Rgba => {
                let image = RgbaImage::from_raw(width, height, pixels).ok_or_else(changed)?;
                let opacity = image.pixels().map(|pixel| pixel[3]).collect();
                (
                    DynamicImage::ImageRgba8(image).into_rgb8().into_raw(),
                    Some(opacity),
                )
            }
            _ => (pixels, None),
        };
        let mut image = RgbImage::from_raw(width, height, rgb).ok_or_else(changed)?;
        match profile {
            Some(JxlColorProfile::Simple(encoding)) => match code_points(encoding) {
                Some(nclx) => code_points_to_srgb(nclx, &mut image),
                None => {
                    if let Ok(Some(icc)) = encoding.maybe_create_profile() {
                        profile_to_srgb(&icc, &mut image);
                    }
                }
            },
            Some(JxlColorProfile::Icc(icc)) => profile_to_srgb(icc, &mut image),
            None => {}
        }
        for (Rgb(pixel), opacity) in image.pixels_mut().zip(opacity.iter().flatten()) {
            let opacity = u32::from(*opacity);
            for channel in pixel {
                let sum = u32::from(*channel) * opacity + 255 * (255 - opacity);
                *channel = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
            }
        }
        Ok(image)
    }

    /// The content of a box of this type, unpacked.
    fn part(&self, kind: [u8; 4]) -> Option<Cow<'a, [u8]>> {
        for part in BoxIter::new(self.bytes).map_while(Result::ok) {
            if part.header.box_type.0 == kind {
                return Some(Cow::Borrowed(part.content));
            }
            let packed = part.content.strip_prefix(&kind);
            if &part.header.box_type.0 == b"brob"
                && let Some(packed) = packed
            {
                let mut unpacked = Vec::new();
                let reader = Decompressor::new(packed, 4096);
                reader.take(LONGEST_NOTES).read_to_end(&mut unpacked).ok()?;
                return Some(Cow::Owned(unpacked));
            }
        }
        None
    }
}

impl Decoder for JpegXl<'_> {
    fn size(&self) -> [u32; 2] {
        [self.width, self.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX))
    }

    fn turns_by_exif(&self) -> bool {
        false
    }

    fn exif(&self) -> Option<Exif> {
        let written = self.part(*b"Exif")?;
        let (offset, rest) = written.split_first_chunk()?;
        let offset = usize::try_from(u32::from_be_bytes(*offset)).ok()?;
        let tiff = rest.get(offset..)?.to_vec();
        exif::Reader::new().read_raw(tiff).ok()
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        Collected::collect(self.part(*b"xml ").as_deref(), None, exif)
    }

    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let pixels = self.width as u64 * self.height as u64;
        believable(pixels.saturating_mul(RGB), self.bytes.len())?;
        let pixel = PIXEL + EXTRA * self.extra as u64;
        let memory = wanted.budget.picture(pixels.saturating_mul(pixel));
        Ok(Decoded {
            image: DynamicImage::ImageRgb8(self.frame()?),
            scale: 1.0,
            profile: None,
            memory,
        })
    }
}

fn options(samples: Option<usize>) -> JxlDecoderOptions {
    let mut options = JxlDecoderOptions::default();
    options.alpha_mode = AlphaMode::Unpremultiplied;
    options.max_profile_level = ProfileLevel::Main10;
    options.sample_limit = samples;
    options
}

/// The kind of pixels to ask for: with opacity if the picture has it.
fn colour_type(decoder: &JxlDecoder) -> Result<JxlColorType, Failure> {
    let is_cmyk = |profile: &JxlColorProfile| profile.is_cmyk();
    if decoder.embedded_color_profile().is_some_and(is_cmyk) {
        return Err(unsupported("JPEG XL in colours of printers"));
    }
    let is_grey = decoder
        .current_pixel_format()
        .is_some_and(|format| format.color_type.is_grayscale());
    let info = decoder.basic_info();
    let has_opacity = info.is_some_and(|info| {
        let mut extra = info.extra_channels.iter();
        extra.any(|channel| matches!(channel.ec_type, jxl::api::ExtraChannel::Alpha))
    });
    Ok(match (is_grey, has_opacity) {
        (true, false) => JxlColorType::Grayscale,
        (true, true) => JxlColorType::GrayscaleAlpha,
        (false, false) => JxlColorType::Rgb,
        (false, true) => JxlColorType::Rgba,
    })
}

/// The code points of colours that have some; the others are described by a profile.
fn code_points(encoding: &JxlColorEncoding) -> Option<Nclx> {
    let (primaries, curve) = match encoding {
        JxlColorEncoding::RgbColorSpace {
            white_point: JxlWhitePoint::D65,
            primaries,
            transfer_function,
            ..
        } => (primaries, transfer_function),
        JxlColorEncoding::GrayscaleColorSpace {
            transfer_function, ..
        } => (&JxlPrimaries::SRGB, transfer_function),
        _ => return None,
    };
    Some(Nclx {
        primaries: match primaries {
            JxlPrimaries::SRGB => 1,
            JxlPrimaries::BT2100 => 9,
            JxlPrimaries::P3 => 12,
            JxlPrimaries::Chromaticities { .. } => return None,
        },
        transfer: match curve {
            JxlTransferFunction::SRGB | JxlTransferFunction::BT709 => 13,
            JxlTransferFunction::Linear => 8,
            JxlTransferFunction::PQ => 16,
            JxlTransferFunction::HLG => 18,
            JxlTransferFunction::DCI | JxlTransferFunction::Gamma(_) => return None,
        },
        matrix: 0,
        is_full: true,
    })
}

/// Turns an error of `jxl` into a failure: what is too large or rare is not damaged.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(error: Error) -> Failure {
    let kind = match error {
        Error::OutOfMemory(_)
        | Error::ImageOutOfMemory(..)
        | Error::ImageSizeTooLarge(..)
        | Error::ImageDimensionTooLarge(_)
        | Error::LevelLimitExceeded { .. } => FailureKind::TooLarge,
        _ => FailureKind::Corrupt,
    };
    Failure::new(kind, error.to_string())
}
