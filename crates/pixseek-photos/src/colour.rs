//! Colours of other spaces to sRGB, which is what models and screens expect.
//!
//! A file names its space by an ICC profile, or by code points of ITU-T H.273. What is written in a wider
//! space and shown as if it were sRGB looks pale.

mod code_points;
mod high_range;
#[cfg(test)]
mod tests;

pub(crate) use code_points::{Conversion, Nclx};
pub(crate) use high_range::light_to_srgb;

use moxcms::{
    ColorProfile, DataColorSpace, Layout, ParsingOptions, Transform8BitExecutor, TransformOptions,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Pixels that are converted at a time.
const PIECE: usize = 4096;

/// Values of a channel that a profile is tried with.
const TRIED: [u8; 6] = [0, 51, 102, 153, 204, 255];
/// By how much a profile must change one of the tried colours in a channel. The variants of sRGB differ
/// by rounding, and by how black they show black.
const VISIBLE: u8 = 3;
/// Numbers in the tables of a profile at most. Those of screens and cameras have a tenth of it.
const LONGEST_TABLE: usize = 1_000_000;

/// Profiles that are kept, and the bytes of the longest of them. A library has a few, and to prepare one
/// takes a fiftieth of the time that a reduced JPEG takes.
const MOST_KEPT: usize = 16;
const LONGEST_KEPT: usize = 64 << 10;

/// Profiles that were read lately, the last one at the end.
static KEPT: Mutex<VecDeque<(Vec<u8>, Option<Profile>)>> = Mutex::new(VecDeque::new());

/// The space of an ICC profile that is not sRGB.
#[derive(Clone)]
pub(crate) struct Profile {
    to_srgb: Arc<Transform8BitExecutor>,
}

impl Profile {
    /// Reads a profile. `None` if it is that of sRGB, cannot be read, or is not one of RGB: viewers
    /// leave the pixels as they are, too.
    pub(crate) fn read(icc: &[u8]) -> Option<Self> {
        let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept().iter().find(|(known, _)| known == icc) {
            return known.clone();
        }
        let profile = Self::prepare(icc);
        if icc.len() <= LONGEST_KEPT {
            let mut kept = kept();
            // Another thread may have read it meanwhile.
            kept.retain(|(known, _)| known != icc);
            if kept.len() >= MOST_KEPT {
                kept.pop_front();
            }
            kept.push_back((icc.to_vec(), profile.clone()));
        }
        profile
    }

    fn prepare(icc: &[u8]) -> Option<Self> {
        let options = ParsingOptions {
            max_allowed_clut_size: LONGEST_TABLE,
            ..ParsingOptions::default()
        };
        let profile = ColorProfile::new_from_slice_with_options(icc, options).ok()?;
        if profile.color_space != DataColorSpace::Rgb {
            return None;
        }
        let srgb = ColorProfile::new_srgb();
        let options = TransformOptions::default();
        let to_srgb = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options);
        let profile = Self {
            to_srgb: to_srgb.ok()?,
        };
        profile.is_visible().then_some(profile)
    }

    fn is_visible(&self) -> bool {
        let each = |red| TRIED.map(|green| TRIED.map(|blue| [red, green, blue]));
        let tried = TRIED.map(each);
        let tried = tried.as_flattened().as_flattened().as_flattened();
        let mut converted = tried.to_vec();
        self.convert(&mut converted);
        let mut channels = tried.iter().zip(&converted);
        channels.any(|(before, after)| before.abs_diff(*after) >= VISIBLE)
    }

    /// Converts interleaved RGB to sRGB.
    pub(crate) fn convert(&self, rgb: &mut [u8]) {
        let mut converted = [0; PIECE * 3];
        for piece in rgb.chunks_mut(PIECE * 3) {
            let converted = &mut converted[..piece.len()];
            if self.to_srgb.transform(piece, converted).is_ok() {
                piece.copy_from_slice(converted);
            }
        }
    }
}

/// Converts interleaved RGB from the space of an ICC profile to sRGB, if that is another.
pub(crate) fn profile_to_srgb(icc: &[u8], rgb: &mut [u8]) {
    if let Some(profile) = Profile::read(icc) {
        profile.convert(rgb);
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
