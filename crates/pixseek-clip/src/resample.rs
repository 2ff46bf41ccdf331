//! Pillow's antialiased bicubic resampling, to the bit, in memory that depends on the output.
//!
//! `Image.resize(.., BICUBIC)` works in two passes over 8-bit pixels with 22-bit fixed-point
//! coefficients (Pillow, `src/libImaging/Resample.c`). CLIP's training pixels were made by it, so
//! it is repeated here exactly, horizontal pass first, as in every Pillow before 13 (which chooses
//! the cheaper order, and so differs by up to 25 of 255 on tall noise).
//!
//! Pillow keeps the picture between the passes, and the weights of all output pixels. A strip of 1
//! x 20,000,000 pixels that is squashed to 224 x 224 makes that 13 GB and 1 GB. Here each row is
//! resized horizontally and added to its output rows at once, and weights are dropped after their
//! last use; integer sums do not depend on the order. `fast_image_resize` was rejected: its
//! coefficients have another precision, so its pixels may differ by one, and it does not compute a
//! window of an enlarged image, which a 1 x 3000 strip needs to stay small.

use crate::Rgb;
use std::collections::VecDeque;
use std::ops::Range;

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

/// The most weights of columns that are kept at one time, 4 MB. A photo needs a tenth of that.
const MOST_WEIGHTS: usize = 1 << 20;

/// Resizes `image` along both axes and returns the window, interleaved, row by row.
///
/// # Shapes
///
/// `[H, W, 3]` bytes to `[vertical.length, horizontal.length, 3]` bytes.
pub(crate) fn bicubic(image: Rgb<'_>, horizontal: Axis, vertical: Axis) -> Vec<u8> {
    let together = (MOST_WEIGHTS / horizontal.widest()).clamp(1, horizontal.length.max(1));
    if together >= horizontal.length {
        return window(image, horizontal, vertical);
    }
    // A picture this wide has few rows, so its columns are resized part by part.
    let mut whole = vec![0; vertical.length * horizontal.length * CHANNELS];
    for first in (0..horizontal.length).step_by(together) {
        let part = Axis {
            start: horizontal.start + first,
            length: together.min(horizontal.length - first),
            ..horizontal
        };
        let columns = first * CHANNELS..(first + part.length) * CHANNELS;
        let rows = window(image, part, vertical);
        let rows = rows.chunks_exact(columns.len());
        for (whole, row) in whole
            .chunks_exact_mut(horizontal.length * CHANNELS)
            .zip(rows)
        {
            whole[columns.clone()].copy_from_slice(row);
        }
    }
    whole
}

/// The same with the weights of all columns at once.
fn window(image: Rgb<'_>, horizontal: Axis, vertical: Axis) -> Vec<u8> {
    let columns: Vec<Taps> = horizontal.outputs().map(|at| horizontal.taps(at)).collect();
    let stride = columns.len() * CHANNELS;
    let mut narrow = vec![0; stride];
    let mut sums = vec![1 << (PRECISION_BITS - 1); vertical.length * stride];
    // Output rows whose sums are not complete. The first and the last input row of an output row
    // both grow with the output row.
    let mut waiting = vertical.outputs().enumerate().peekable();
    let mut open: VecDeque<(usize, Taps)> = VecDeque::new();
    for (at, row) in vertical.inputs().zip(image.rows(vertical.inputs())) {
        while open.front().is_some_and(|(_, taps)| taps.end() <= at) {
            open.pop_front();
        }
        while let Some((place, output)) =
            waiting.next_if(|(_, output)| vertical.span(*output).start <= at)
        {
            open.push_back((place, vertical.taps(output)));
        }
        for (pixel, taps) in narrow
            .as_chunks_mut::<CHANNELS>()
            .0
            .iter_mut()
            .zip(&columns)
        {
            let pixels = row[taps.first * CHANNELS..].as_chunks::<CHANNELS>().0;
            let mut sum = [1 << (PRECISION_BITS - 1); CHANNELS];
            for (weight, pixel) in taps.weights.iter().zip(pixels) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum = add(*sum, *weight, *value);
                }
            }
            *pixel = sum.map(clip);
        }
        for (place, taps) in &open {
            let Some(weight) = taps.weights.get(at - taps.first) else {
                continue;
            };
            let sums = &mut sums[place * stride..(place + 1) * stride];
            for (sum, value) in sums.iter_mut().zip(&narrow) {
                *sum = add(*sum, *weight, *value);
            }
        }
    }
    sums.into_iter().map(clip).collect()
}

/// Adds with wrapping, as Pillow does: a strip that is made more than four million times shorter
/// has weights of 0 and 1, and more ones than a sum can hold.
#[inline]
fn add(sum: i32, weight: i32, value: u8) -> i32 {
    sum.wrapping_add(weight.wrapping_mul(i32::from(value)))
}

impl Taps {
    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are far below 2^52 and positions are clamped to the image; the casts truncate as C's do"
)]
impl Axis {
    fn outputs(&self) -> Range<usize> {
        self.start..self.start + self.length
    }

    /// The inputs that contribute to any output.
    fn inputs(&self) -> Range<usize> {
        let outputs = self.outputs();
        match outputs.end.checked_sub(1) {
            Some(last) if last >= outputs.start => {
                self.span(outputs.start).start..self.span(last).end
            }
            _ => 0..0,
        }
    }

    /// Input pixels for each output pixel.
    fn scale(&self) -> f64 {
        self.extent / self.output as f64
    }

    /// Pillow skips a pass that changes no size.
    #[expect(clippy::float_cmp, reason = "a size that does not change is exact")]
    fn is_skipped(&self) -> bool {
        self.scale() == 1.0
    }

    /// The largest number of inputs that contribute to one output.
    fn widest(&self) -> usize {
        (2.0 * SUPPORT * self.scale().max(1.0)) as usize + 1
    }

    fn center(&self, output: usize) -> f64 {
        (output as f64 + 0.5) * self.scale()
    }

    /// The inputs that contribute to one output.
    fn span(&self, output: usize) -> Range<usize> {
        if self.is_skipped() {
            return output..output + 1;
        }
        let center = self.center(output);
        let support = SUPPORT * self.scale().max(1.0);
        let first = (center - support + 0.5).max(0.0) as usize;
        first..((center + support + 0.5) as usize).min(self.input)
    }

    /// The weights of an output's inputs: Pillow's `precompute_coeffs`, which torch's antialiased
    /// `interpolate` follows.
    fn weights(&self, output: usize) -> Vec<f64> {
        if self.is_skipped() {
            // A single weight of 1 has the effect of no pass.
            return vec![1.0];
        }
        let center = self.center(output);
        let filter_scale = self.scale().max(1.0);
        let mut weights: Vec<f64> = self
            .span(output)
            .map(|input| kernel((input as f64 - center + 0.5) * (1.0 / filter_scale)))
            .collect();
        let total: f64 = weights.iter().sum();
        if total != 0.0 {
            for weight in &mut weights {
                *weight /= total;
            }
        }
        weights
    }

    /// Pillow's `normalize_coeffs_8bpc`: a weight is far below 2^9, which 22 bits leave room for.
    fn taps(&self, output: usize) -> Taps {
        let fixed = |weight: f64| (weight * f64::from(1 << PRECISION_BITS)).round() as i32;
        Taps {
            first: self.span(output).start,
            weights: self.weights(output).into_iter().map(fixed).collect(),
        }
    }
}

/// For each output of an axis, the first input that contributes to it, and the weights from there
/// on.
pub(crate) fn weights(axis: Axis) -> Vec<(usize, Vec<f64>)> {
    let outputs = axis.outputs();
    outputs
        .map(|output| (axis.span(output).start, axis.weights(output)))
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

#[cfg(test)]
mod tests {
    use super::{Axis, MOST_WEIGHTS, bicubic, window};
    use crate::Rgb;

    /// One strip is so wide that its columns are resized part by part; the other is so high that
    /// most of its rows are dropped before the last is read.
    #[test]
    fn parts_of_a_strip_are_those_of_the_whole() {
        const LENGTH: usize = 700_000;
        let data: Vec<u8> = (0..2 * LENGTH * 3)
            .map(|at| u8::try_from(at / 7_001 * 37 % 256).unwrap())
            .collect();
        let axis = |input: usize, output: usize| Axis {
            input,
            extent: f64::from(u32::try_from(input).unwrap()),
            output,
            start: 0,
            length: output,
        };
        let (length, side) = (u32::try_from(LENGTH).unwrap(), 2);
        let (long, short) = (axis(LENGTH, 8), axis(2, 8));
        assert!(long.widest() * long.length > MOST_WEIGHTS);
        let wide = Rgb::new(length, side, &data).unwrap();
        assert_eq!(bicubic(wide, long, short), window(wide, long, short));
        // The transposed picture gives the same but for rounding between the passes.
        let turned: Vec<u8> = (0..LENGTH)
            .flat_map(|x| [x, LENGTH + x])
            .flat_map(|at| data[3 * at..3 * at + 3].iter().copied())
            .collect();
        let tall = Rgb::new(side, length, &turned).unwrap();
        let (wide, tall) = (bicubic(wide, long, short), bicubic(tall, short, long));
        for row in 0..8 {
            for column in 0..8 {
                for channel in 0..3 {
                    let one = wide[3 * (8 * row + column) + channel];
                    let other = tall[3 * (8 * column + row) + channel];
                    assert!(one.abs_diff(other) <= 1, "{row}, {column}: {one}, {other}");
                }
            }
        }
    }
}
