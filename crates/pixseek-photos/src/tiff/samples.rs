//! Samples of a page to RGB.

use super::{Reader, refused};
use crate::Failure;
use crate::colour::{light_to_srgb, to_byte};
use crate::decoder::{corrupt, unsupported};
use image::{Rgb, Rgb32FImage, RgbImage};
use tiff::ColorType;
use tiff::decoder::DecodingResult;
use tiff::decoder::ifd::Value;
use tiff::tags::{SampleFormat, Tag};

/// The tag of the weights of red, green and blue in luma.
const WEIGHTS: Tag = Tag::Unknown(529);
/// The weights of ITU-R BT.601, which hold without the tag.
const BT_601: [f32; 3] = [0.299, 0.587, 0.114];

/// Bytes of a pixel of light.
const LIGHT: u64 = 3 * 4;

/// How a pixel is made of its first samples.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Grey,
    Rgb,
    Cmyk,
    /// Luma and chroma, with these weights of red, green and blue.
    YCbCr([f32; 3]),
}

/// Where the samples of a pixel are.
#[derive(Debug, Clone, Copy)]
struct Layout {
    kind: Kind,
    /// Samples from one pixel to the next.
    pixel: usize,
    /// Samples from one channel to the next: 1, or a whole plane.
    channel: usize,
}

/// Bytes of a pixel as it is unpacked.
pub(super) fn bytes_of_a_pixel(reader: &mut Reader<'_>) -> Result<u64, Failure> {
    let colour = reader.colortype().map_err(refused)?;
    kind(reader, colour)?;
    let bytes = u64::from(colour.bit_depth().div_ceil(8)) * u64::from(colour.num_samples());
    let light = if are_light(reader) { LIGHT } else { 0 };
    Ok(bytes.max(light))
}

/// Whether the samples are numbers of floating point, which are light.
pub(super) fn are_light(reader: &mut Reader<'_>) -> bool {
    let formats = reader.find_tag_unsigned_vec::<u16>(Tag::SampleFormat);
    let formats = formats.ok().flatten().unwrap_or_default();
    formats.first() == Some(&SampleFormat::IEEEFP.to_u16())
}

fn kind(reader: &mut Reader<'_>, colour: ColorType) -> Result<Kind, Failure> {
    Ok(match colour {
        // Grey with opacity, or with masks.
        ColorType::Gray(_) | ColorType::GrayA(_) | ColorType::Multiband { .. } => Kind::Grey,
        ColorType::RGB(_) | ColorType::RGBA(_) => Kind::Rgb,
        ColorType::CMYK(_) | ColorType::CMYKA(_) => Kind::Cmyk,
        ColorType::YCbCr(8) => Kind::YCbCr(weights(reader)),
        other => return Err(unsupported(&format!("TIFF with colours {other:?}"))),
    })
}

fn weights(reader: &mut Reader<'_>) -> [f32; 3] {
    let Ok(Some(Value::List(values))) = reader.find_tag(WEIGHTS) else {
        return BT_601;
    };
    #[expect(clippy::cast_precision_loss, reason = "weights have a few digits")]
    let weights = values.into_iter().map(|value| match value {
        Value::Rational(above, below) => above as f32 / below as f32,
        Value::Float(weight) => weight,
        _ => 0.0,
    });
    let weights: Vec<f32> = weights.collect();
    match weights.first_chunk() {
        // The comparison is false for what is no number.
        Some(weights) if weights.iter().all(|weight| *weight > 0.01 && *weight < 1.0) => *weights,
        _ => BT_601,
    }
}

/// Decodes the page that the reader is at.
pub(super) fn rgb(reader: &mut Reader<'_>) -> Result<RgbImage, Failure> {
    let (width, height) = reader.dimensions().map_err(refused)?;
    let colour = reader.colortype().map_err(refused)?;
    let kind = kind(reader, colour)?;
    let mut samples = DecodingResult::U8(Vec::new());
    let read = reader.read_image_to_buffer(&mut samples).map_err(refused)?;
    let length = samples.as_buffer(0).byte_len();
    if length < read.complete_len {
        return Err(corrupt("a plane of it is missing"));
    }
    let pixels = width as usize * height as usize;
    let layout = if read.planes > 1 {
        Layout {
            kind,
            pixel: 1,
            channel: pixels,
        }
    } else {
        Layout {
            kind,
            pixel: colour.num_samples().into(),
            channel: 1,
        }
    };
    let rgb = match samples {
        DecodingResult::U8(samples) if colour.bit_depth() < 8 => {
            let grey = unpacked(&samples, colour, width as usize)?;
            layout.rgb(&grey, pixels, |sample| sample)
        }
        DecodingResult::U8(samples) if matches!(kind, Kind::Rgb) && layout.pixel == 3 => {
            Some(samples)
        }
        DecodingResult::U8(samples) => layout.rgb(&samples, pixels, |sample| sample),
        DecodingResult::U16(samples) => layout.rgb(&samples, pixels, narrowed),
        DecodingResult::F32(samples) => {
            return layout.light(&samples, [width, height], |sample| sample);
        }
        _ => return Err(unsupported("TIFF with numbers of this kind")),
    };
    rgb.and_then(|rgb| RgbImage::from_raw(width, height, rgb))
        .ok_or_else(|| corrupt("its size changes on the way"))
}

/// Grey of 1, 2 or 4 bits as bytes.
fn unpacked(packed: &[u8], colour: ColorType, width: usize) -> Result<Vec<u8>, Failure> {
    let (ColorType::Gray(bits @ (1 | 2 | 4)), true) = (colour, width > 0) else {
        return Err(unsupported(&format!("TIFF with colours {colour:?}")));
    };
    let bits = usize::from(bits);
    let most = (1_u8 << bits) - 1;
    let rows = packed.chunks_exact((width * bits).div_ceil(8));
    let samples = rows.flat_map(|row| {
        (0..width).map(move |x| {
            let first = x * bits;
            let sample = row[first / 8] >> (8 - bits - first % 8) & most;
            sample * (255 / most)
        })
    });
    Ok(samples.collect())
}

impl Layout {
    /// The colours of all pixels; `None` if samples are missing.
    fn rgb<T: Copy>(self, samples: &[T], pixels: usize, byte: impl Fn(T) -> u8) -> Option<Vec<u8>> {
        let mut rgb = Vec::with_capacity(pixels.checked_mul(3)?);
        for pixel in 0..pixels {
            let at = |channel: usize| {
                let sample = samples.get(pixel * self.pixel + channel * self.channel);
                sample.map(|sample| byte(*sample))
            };
            rgb.extend(match self.kind {
                Kind::Grey => [at(0)?; 3],
                Kind::Rgb => [at(0)?, at(1)?, at(2)?],
                Kind::Cmyk => ink([at(0)?, at(1)?, at(2)?, at(3)?]),
                Kind::YCbCr(weights) => colour_of([at(0)?, at(1)?, at(2)?], weights),
            });
        }
        Some(rgb)
    }

    fn light<T: Copy>(
        self,
        samples: &[T],
        [width, height]: [u32; 2],
        light: impl Fn(T) -> f32,
    ) -> Result<RgbImage, Failure> {
        let channels = match self.kind {
            Kind::Grey => [0; 3],
            Kind::Rgb => [0, 1, 2],
            Kind::Cmyk | Kind::YCbCr(_) => {
                return Err(unsupported("TIFF with numbers of this kind"));
            }
        };
        let picture = Rgb32FImage::from_fn(width, height, |x, y| {
            let pixel = y as usize * width as usize + x as usize;
            Rgb(channels.map(|channel| {
                let sample = samples.get(pixel * self.pixel + channel * self.channel);
                sample.map_or(0.0, |sample| light(*sample))
            }))
        });
        Ok(light_to_srgb(&picture))
    }
}

/// 16 bits as 8.
fn narrowed(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) + 128) / 257).unwrap_or(u8::MAX)
}

/// Cyan, magenta, yellow and black as on ideal paper, without a profile.
fn ink([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| {
        let light = u32::from(255 - ink) * u32::from(255 - black);
        u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
    })
}

/// Luma and chroma of the full range to RGB, as TIFF 6.0 says in section 21.
fn colour_of([luma, blue, red]: [u8; 3], weights: [f32; 3]) -> [u8; 3] {
    let luma = f32::from(luma);
    let difference = |chroma: u8, weight: f32| (f32::from(chroma) - 128.0) * (2.0 - 2.0 * weight);
    let red = luma + difference(red, weights[0]);
    let blue = luma + difference(blue, weights[2]);
    let green = (luma - weights[0] * red - weights[2] * blue) / weights[1];
    [red, green, blue].map(|channel| to_byte(channel / 255.0))
}
