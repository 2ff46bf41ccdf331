//! Functions of single values and of rows: norms, activations, exponentials, rounding. They are
//! plain loops; the caller runs them compiled for its processor.

use crate::simd::{Kernel, Kernels};
use crate::weights::{Weights, vector};

/// The nonlinearity between a block's two linear layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x * sigmoid(1.702 x)`: OpenAI's weights.
    QuickGelu,
    /// The exact, erf-based GELU: LAION's and DataComp's weights.
    Gelu,
    /// GELU through a hyperbolic tangent: SigLIP's weights.
    GeluTanh,
}

/// A layer norm.
#[derive(Debug)]
pub(crate) struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl Norm {
    /// Reads `name.weight` and `name.bias`.
    pub(crate) fn load<W: Weights>(
        weights: &W,
        name: &str,
        width: usize,
        eps: f64,
    ) -> Result<Self, W::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "an epsilon in f32")]
        let eps = eps as f32;
        Ok(Self {
            weight: vector(weights, &format!("{name}.weight"), width)?,
            bias: vector(weights, &format!("{name}.bias"), width)?,
            eps,
        })
    }

    /// Values of a row.
    pub(crate) fn width(&self) -> usize {
        self.weight.len()
    }

    /// Norms each row of `x` into `y`.
    ///
    /// # Shapes
    ///
    /// `[R, W]` to `[R, W]`.
    pub(crate) fn apply(&self, kernels: Kernels, x: &[f32], y: &mut Vec<f32>) {
        y.resize(x.len(), 0.0);
        self.apply_to(kernels, x, y);
    }

    /// The same into a slice of as many rows.
    pub(crate) fn apply_to(&self, kernels: Kernels, x: &[f32], y: &mut [f32]) {
        kernels.run(Normalize { norm: self, x, y });
    }
}

struct Normalize<'a> {
    norm: &'a Norm,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Normalize<'_> {
    #[inline(always)]
    fn run(self) {
        let Norm { weight, bias, eps } = self.norm;
        let width = weight.len();
        #[expect(clippy::cast_precision_loss, reason = "a width is a few thousand")]
        let count = width as f32;
        for (row, normed) in self
            .x
            .chunks_exact(width)
            .zip(self.y.chunks_exact_mut(width))
        {
            let mean = sum_of(row, |value| value) / count;
            let variance = sum_of(row, |value| (value - mean) * (value - mean)) / count;
            let scale = 1.0 / (variance + eps).sqrt();
            let factors = weight.iter().zip(bias);
            for ((value, normed), (weight, bias)) in row.iter().zip(normed).zip(factors) {
                *normed = (value - mean) * scale * weight + bias;
            }
        }
    }
}

/// Replaces negative values by 0.
#[inline(always)]
pub(crate) fn relu(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}

/// Values that a processor handles at one time.
const LANES: usize = 16;

/// Adds what `of` returns for each value, in 16 lanes.
#[inline(always)]
pub(crate) fn sum_of(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (groups, rest) = values.as_chunks::<LANES>();
    for group in groups {
        for (lane, value) in lanes.iter_mut().zip(group) {
            *lane += of(*value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += of(*value);
    }
    lanes.iter().sum()
}

/// The sum of the products of two vectors, in 16 lanes.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (lefts, left) = left.as_chunks::<LANES>();
    let (rights, right) = right.as_chunks::<LANES>();
    for (left, right) in lefts.iter().zip(rights) {
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += left * right;
        }
    }
    for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
        *lane += left * right;
    }
    lanes.iter().sum()
}

/// The least and the largest value, in 16 lanes; what is not a number is skipped.
#[inline(always)]
pub(crate) fn extremes(values: &[f32]) -> [f32; 2] {
    let (mut least, mut largest) = ([f32::MAX; LANES], [f32::MIN; LANES]);
    let (groups, rest) = values.as_chunks::<LANES>();
    for group in groups {
        for ((least, largest), value) in least.iter_mut().zip(&mut largest).zip(group) {
            *least = if *value < *least { *value } else { *least };
            *largest = if *value > *largest { *value } else { *largest };
        }
    }
    for ((least, largest), value) in least.iter_mut().zip(&mut largest).zip(rest) {
        *least = if *value < *least { *value } else { *least };
        *largest = if *value > *largest { *value } else { *largest };
    }
    // Halves are compared, because lane after lane is a chain of 16 comparisons.
    let mut count = LANES;
    while count > 1 {
        count /= 2;
        for lane in 0..count {
            least[lane] = least[lane].min(least[lane + count]);
            largest[lane] = largest[lane].max(largest[lane + count]);
        }
    }
    [least[0], largest[0]]
}

/// Turns scores into weights that are positive and sum to 1.
#[inline(always)]
pub(crate) fn softmax(scores: &mut [f32], scale: f32) {
    let [_, largest] = extremes(scores);
    for score in scores.iter_mut() {
        *score = exp((*score - largest) * scale);
    }
    let share = 1.0 / sum_of(scores, |score| score);
    for score in scores {
        *score *= share;
    }
}

/// Applies an activation to each value.
#[inline(always)]
pub(crate) fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        // 1.702 is OpenAI's constant (CLIP/clip/model.py).
        Activation::QuickGelu => {
            for value in values {
                *value /= 1.0 + exp(-1.702 * *value);
            }
        }
        Activation::Gelu => {
            for value in values {
                *value *= 0.5 * (1.0 + erf(*value * std::f32::consts::FRAC_1_SQRT_2));
            }
        }
        // x * (1 + tanh(y)) / 2 = x / (1 + exp(-2 y))
        Activation::GeluTanh => {
            for value in values {
                let cube = *value * *value * *value;
                let inner = 0.797_884_6 * (*value + 0.044_715 * cube);
                *value /= 1.0 + exp(-2.0 * inner);
            }
        }
    }
}

/// `e` to the power of `x`, within two units of the last place and without a branch (Cephes'
/// `expf`).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // 1.5 * 2^23: a sum with it has the nearest whole number in its last bits.
    const WHOLE: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, WHOLE);
    let power = shifted - WHOLE;
    let rest = power.mul_add(2.121_944_4e-4, power.mul_add(-0.693_359_4, x));
    let mut series: f32 = 1.987_569_2e-4;
    for factor in [
        1.398_2e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        series = series.mul_add(rest, factor);
    }
    let value = series.mul_add(rest * rest, rest) + 1.0;
    value * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// The error function, within 1.5e-7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let mut series: f32 = 1.061_405_4;
    for factor in [-1.453_152, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        series = series.mul_add(t, factor);
    }
    (1.0 - series * t * exp(-size * size)).copysign(x)
}

/// Rounds to the nearest bf16, ties to even, and returns its bits.
#[inline(always)]
pub(crate) fn to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    (bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}
