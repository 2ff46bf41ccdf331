//! Pillow's antialiased bicubic resampling, to the bit.
//!
//! `Image.resize(.., BICUBIC)` works in two passes over 8-bit pixels with 22-bit fixed-point
//! coefficients (Pillow, `src/libImaging/Resample.c`). CLIP's training pixels were made by
//! it, so it is repeated here exactly, horizontal pass first, as in every Pillow before 13
//! (which chooses the cheaper order, and so differs by up to 25 of 255 on tall noise). `fast_image_resize` was tried on paper and left: its
//! coefficients have other precision, so its pixels may differ by one, and it does not
//! compute a window of an enlarged image, which a 1 x 3000 strip needs to stay small.

use crate::Rgb;

/// `32 - 8 - 2` in Pillow: 8 bits of pixel, 2 of headroom for the lobes of the kernel.
const PRECISION_BITS: u32 = 22;

/// The bicubic kernel reaches this far, in input pixels at scale 1.
const SUPPORT: f64 = 2.0;

const CHANNELS: usize = 3;

/// One axis of a resize: `input` pixels become `output` pixels, of which `length` are
/// computed, from `start` on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub input: usize,
    /// The part of the input that is resized, in pixels: less than all where the last pixel
    /// stands for less than the others.
    pub extent: f64,
    pub output: usize,
    pub start: usize,
    pub length: usize,
}

/// The weights of one output pixel and the first input pixel that they apply to.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Resizes `image` along both axes and returns the window, interleaved, row by row.
///
/// # Shapes
///
/// `[H, W, 3]` bytes to `[vertical.length, horizontal.length, 3]` bytes.
pub(crate) fn bicubic(image: Rgb<'_>, horizontal: Axis, vertical: Axis) -> Vec<u8> {
    let columns = taps(horizontal);
    let rows = taps(vertical);
    let first_row = rows.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end_row = rows
        .iter()
        .map(|taps| taps.first + taps.weights.len())
        .max()
        .unwrap_or(0);

    // Horizontal pass, only over the input rows that the vertical pass will read.
    let stride = image.width() * CHANNELS;
    let mut narrow = Vec::with_capacity((end_row - first_row) * columns.len() * CHANNELS);
    for row in image.data()[first_row * stride..end_row * stride].chunks_exact(stride) {
        for taps in &columns {
            let pixels = row[taps.first * CHANNELS..].as_chunks::<CHANNELS>().0;
            let mut sum = [1 << (PRECISION_BITS - 1); CHANNELS];
            for (weight, pixel) in taps.weights.iter().zip(pixels) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += weight * i32::from(*value);
                }
            }
            narrow.extend(sum.map(clip));
        }
    }

    let stride = columns.len() * CHANNELS;
    let mut window = Vec::with_capacity(rows.len() * stride);
    let mut sums = vec![0; stride];
    for taps in &rows {
        sums.fill(1 << (PRECISION_BITS - 1));
        let input = narrow[(taps.first - first_row) * stride..].chunks_exact(stride);
        for (weight, row) in taps.weights.iter().zip(input) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * i32::from(*value);
            }
        }
        window.extend(sums.iter().map(|sum| clip(*sum)));
    }
    window
}

/// Pillow's `normalize_coeffs_8bpc`, for the window only.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a weight is far below 2^9, which 22 bits leave room for"
)]
fn taps(axis: Axis) -> Vec<Taps> {
    let fixed = |weight: f64| (weight * f64::from(1 << PRECISION_BITS)).round() as i32;
    weights(axis)
        .into_iter()
        .map(|(first, weights)| Taps {
            first,
            weights: weights.into_iter().map(fixed).collect(),
        })
        .collect()
}

/// For each output of an axis the first input that it takes from, and the weights from there
/// on: Pillow's `precompute_coeffs`, which torch's antialiased `interpolate` follows.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are far below 2^52 and positions are clamped to the image; the casts truncate as C's do"
)]
pub(crate) fn weights(axis: Axis) -> Vec<(usize, Vec<f64>)> {
    let outputs = axis.start..axis.start + axis.length;
    let scale = axis.extent / axis.output as f64;
    #[expect(clippy::float_cmp, reason = "a size that does not change is exact")]
    if scale == 1.0 {
        // Pillow skips this pass; one exact tap does the same.
        return outputs.map(|first| (first, vec![1.0])).collect();
    }
    let filter_scale = scale.max(1.0);
    let support = SUPPORT * filter_scale;
    outputs
        .map(|output| {
            let center = (output as f64 + 0.5) * scale;
            let first = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(axis.input);
            let mut weights: Vec<f64> = (first..end)
                .map(|input| kernel((input as f64 - center + 0.5) * (1.0 / filter_scale)))
                .collect();
            let total: f64 = weights.iter().sum();
            if total != 0.0 {
                for weight in &mut weights {
                    *weight /= total;
                }
            }
            (first, weights)
        })
        .collect()
}

/// Keys' cubic with a = -0.5.
fn kernel(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn clip(sum: i32) -> u8 {
    u8::try_from((sum >> PRECISION_BITS).clamp(0, 255)).unwrap_or(u8::MAX)
}
