//! Colours of other spaces to sRGB, which is what models and screens expect.
//!
//! A file names its space by an ICC profile, or by code points of ITU-T H.273. What is written in a wider
//! space and shown as if it were sRGB looks pale.

mod code_points;
mod high_range;

pub(crate) use code_points::{Conversion, Nclx};
pub(crate) use high_range::light_to_srgb;

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Pixels that are converted at a time.
const PIECE: usize = 4096;

/// Converts interleaved RGB from the space of an ICC profile to sRGB. Pixels stay as they are if the
/// profile cannot be read or is not one of RGB, as viewers do.
pub(crate) fn profile_to_srgb(icc: &[u8], rgb: &mut [u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(icc) else {
        return;
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let transform = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options);
    let Ok(transform) = transform else {
        return;
    };
    let mut converted = [0; PIECE * 3];
    for piece in rgb.chunks_mut(PIECE * 3) {
        let converted = &mut converted[..piece.len()];
        if transform.transform(piece, converted).is_ok() {
            piece.copy_from_slice(converted);
        }
    }
}

/// A value between 0 and 1 as a byte.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast stops at 0 and 255"
)]
pub(crate) fn to_byte(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}

/// Converts interleaved RGB from the space of code points to sRGB.
pub(crate) fn code_points_to_srgb(nclx: Nclx, rgb: &mut [u8]) {
    let Some(conversion) = Conversion::of(nclx) else {
        return;
    };
    let mut channels = [0; 3].map(|_| vec![0.0; PIECE]);
    for piece in rgb.as_chunks_mut::<3>().0.chunks_mut(PIECE) {
        for (number, channel) in channels.iter_mut().enumerate() {
            channel.resize(piece.len(), 0.0);
            for (value, pixel) in channel.iter_mut().zip(piece.iter()) {
                *value = f32::from(pixel[number]) / 255.0;
            }
        }
        conversion.row(&mut channels);
        for (number, channel) in channels.iter().enumerate() {
            for (value, pixel) in channel.iter().zip(piece.iter_mut()) {
                pixel[number] = to_byte(*value);
            }
        }
    }
}
