//! AV1 by `re_rav1d`.

use super::frame::{Frame, Planes};
use super::item::Coded;
use crate::Failure;
use crate::colour::Nclx;
use crate::decoder::corrupt;
use re_rav1d::{
    Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Plane, Settings, pixel,
};

/// How often the decoder may ask for the same data before it counts as stuck.
const MOST_ROUNDS: u32 = 64;

/// Planes of one picture, with samples of one or two bytes.
struct Samples {
    planes: Vec<Plane>,
    /// Bytes from a row to the next, of luma and of chroma.
    strides: [usize; 2],
    is_wide: bool,
}

impl Planes for Samples {
    fn row(&self, plane: usize, y: usize, samples: &mut [f32]) {
        let row = &self.planes[plane][y * self.strides[plane.min(1)]..];
        if self.is_wide {
            for (sample, stored) in samples.iter_mut().zip(row.as_chunks().0) {
                *sample = f32::from(u16::from_ne_bytes(*stored));
            }
        } else {
            for (sample, stored) in samples.iter_mut().zip(row) {
                *sample = f32::from(*stored);
            }
        }
    }
}

/// Decodes a picture and hands the frame to `then`.
pub(super) fn decode(
    coded: &Coded<'_>,
    then: &mut dyn FnMut(&mut Frame<'_>),
) -> Result<(), Failure> {
    let stream = coded.file.item_data(coded.id);
    let stream = stream.map_err(|error| corrupt(error.to_string()))?;
    // The decoder prints a line about it.
    if stream.is_empty() {
        return Err(corrupt("AV1: its picture has no bytes"));
    }
    let picture = picture(stream.into_owned(), coded.pixels)
        .map_err(|error| corrupt(format!("AV1: {error}")))?;
    let components: &[PlanarImageComponent] = match picture.pixel_layout() {
        PixelLayout::I400 => &[PlanarImageComponent::Y],
        _ => &[
            PlanarImageComponent::Y,
            PlanarImageComponent::U,
            PlanarImageComponent::V,
        ],
    };
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let depth = picture.bits_per_component().map_or(8, |bits| bits.0);
    let stride = |component| picture.stride(component) as usize;
    let samples = Samples {
        strides: [
            stride(PlanarImageComponent::Y),
            components.get(1).map_or(0, |component| stride(*component)),
        ],
        planes: components
            .iter()
            .map(|component| picture.plane(*component))
            .collect(),
        is_wide: depth > 8,
    };
    then(&mut Frame {
        width,
        height,
        chroma: match picture.pixel_layout() {
            PixelLayout::I400 => None,
            PixelLayout::I420 => Some([width.div_ceil(2), height.div_ceil(2)]),
            PixelLayout::I422 => Some([width.div_ceil(2), height]),
            PixelLayout::I444 => Some([width, height]),
        },
        depth: u8::try_from(depth).map_err(|_| corrupt("AV1 of an unknown depth"))?,
        nclx: coded.nclx.unwrap_or_else(|| written(&picture)),
        planes: &samples,
    });
    Ok(())
}

/// Decodes the first frame that is shown.
fn picture(stream: Vec<u8>, pixels: u64) -> Result<Picture, Error> {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    // Of pictures in layers only the best is shown.
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(pixels).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings)?;
    let mut sent = decoder.send_data(stream, None, None, None);
    for _ in 0..MOST_ROUNDS {
        match decoder.get_picture() {
            Err(Error::Again) if matches!(sent, Err(Error::Again)) => {}
            result => return result,
        }
        sent = decoder.send_pending_data();
    }
    Err(Error::Again)
}

/// What the sequence's header says of colours.
fn written(picture: &Picture) -> Nclx {
    Nclx {
        primaries: match picture.color_primaries() {
            pixel::ColorPrimaries::BT2020 => 9,
            pixel::ColorPrimaries::P3DCI => 11,
            pixel::ColorPrimaries::P3Display => 12,
            _ => 1,
        },
        transfer: match picture.transfer_characteristic() {
            pixel::TransferCharacteristic::BT470M => 4,
            pixel::TransferCharacteristic::BT470BG => 5,
            pixel::TransferCharacteristic::Linear => 8,
            pixel::TransferCharacteristic::PerceptualQuantizer => 16,
            pixel::TransferCharacteristic::HybridLogGamma => 18,
            _ => 13,
        },
        matrix: match picture.matrix_coefficients() {
            pixel::MatrixCoefficients::Identity => 0,
            pixel::MatrixCoefficients::BT709 => 1,
            pixel::MatrixCoefficients::BT470M => 4,
            pixel::MatrixCoefficients::ST240M => 7,
            pixel::MatrixCoefficients::YCgCo => 8,
            pixel::MatrixCoefficients::BT2020NonConstantLuminance => 9,
            _ => 6,
        },
        is_full: picture.color_range() == pixel::YUVRange::Full,
    }
}
