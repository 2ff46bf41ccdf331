//! Weights and rows in int8, and what their products stand for.
//!
//! A weight is `scale * q`, with a scale for each output. A value of a row is `least + scale * q`,
//! with both for each row: `q` is unsigned, so that what a GELU leaves, which is hardly negative,
//! uses all 255 steps. The sum of the products of both `q` is exact; what the row's `least` adds
//! is the same for all rows but for that factor, and computed when the weights are packed.
//!
//! The scale of an output is the smallest with which no two neighbouring weights are together
//! larger than [`LARGEST_PAIR`]. A scale for the largest weight alone would be a little finer, and
//! would need other weights for AVX2 than for VNNI. Seven bits a weight, the usual remedy, would
//! be coarser by half.

use crate::pointwise::{extremes, sum_of};
use crate::simd::{
    CacheLine, Int8Columns, Int8Line, Int8Range, Int8Rows, Kernel, Kernels, LARGEST_PAIR, PANEL,
    Tile,
};
use std::ops::Range;

/// Inputs whose weights lie side by side.
pub(crate) const FOUR: usize = 4;

/// Steps between the least and the largest value of a row.
const STEPS: f32 = 255.0;

/// Packed weights in int8.
pub(crate) struct QuantizedPanels {
    lines: Vec<Int8Line>,
    /// For each panel.
    columns: Vec<Int8Columns>,
}

/// Rows in int8.
pub(crate) struct QuantizedRows {
    /// Each row is filled up to a multiple of four.
    values: Vec<u8>,
    ranges: Vec<Int8Range>,
}

impl QuantizedPanels {
    /// The most inputs whose products fit into 32 bits: two are at most `255 * LARGEST_PAIR`.
    pub(crate) const MOST_INPUTS: usize = i32::MAX as usize / (255 * LARGEST_PAIR as usize) * 2;

    /// Packs weights for `panels` panels; `weight` is 0 behind the last input and output.
    ///
    /// # Panics
    ///
    /// When sums of so many inputs do not fit into 32 bits.
    pub(crate) fn pack(panels: usize, inputs: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        assert!(
            inputs <= Self::MOST_INPUTS,
            "a product in int8 of {inputs} inputs"
        );
        let fours = inputs.div_ceil(FOUR);
        let mut lines = Vec::with_capacity(2 * panels * fours);
        let mut columns = Vec::with_capacity(panels);
        for panel in 0..panels {
            let first = panel * PANEL;
            let scales: [f32; PANEL] = std::array::from_fn(|column| {
                scale_of((0..inputs).map(|input| weight(input, first + column)))
            });
            let factors = scales.map(|scale| if scale > 0.0 { 1.0 / scale } else { 0.0 });
            let mut sums = [0i32; PANEL];
            for four in 0..fours {
                for half in [0, PANEL / 2] {
                    lines.push(CacheLine(std::array::from_fn(|place| {
                        let (input, column) = (FOUR * four + place % FOUR, half + place / FOUR);
                        let weight = weight(input, first + column) * factors[column];
                        let rounded = round(weight).cast_signed();
                        sums[column] += i32::from(rounded);
                        rounded
                    })));
                }
            }
            columns.push(Int8Columns {
                scales,
                #[expect(clippy::cast_precision_loss, reason = "a correction in f32")]
                sums: std::array::from_fn(|column| sums[column] as f32 * scales[column]),
            });
        }
        Self { lines, columns }
    }

    /// Rounds rows of `inputs` values.
    pub(crate) fn rows(kernels: Kernels, x: &[f32], inputs: usize) -> QuantizedRows {
        let stride = inputs.next_multiple_of(FOUR);
        let count = x.len() / inputs;
        let mut rows = QuantizedRows {
            values: Vec::with_capacity(count * stride),
            ranges: Vec::with_capacity(count),
        };
        kernels.run(Quantize {
            x,
            inputs,
            rows: &mut rows,
        });
        rows
    }

    /// Multiplies a block of rows of `inputs` values with one panel.
    pub(crate) fn multiply(
        &self,
        kernels: Kernels,
        inputs: usize,
        rows: &QuantizedRows,
        block: Range<usize>,
        panel: usize,
        tile: &mut Tile,
    ) {
        let stride = inputs.next_multiple_of(FOUR);
        let length = stride / 2;
        let lines = &self.lines[panel * length..(panel + 1) * length];
        let rows = Int8Rows {
            values: &rows.values[block.start * stride..],
            stride,
            ranges: &rows.ranges[block],
        };
        kernels.multiply_int8(rows, lines, &self.columns[panel], tile);
    }
}

/// The smallest scale of an output with which no two neighbouring weights are together larger than
/// [`LARGEST_PAIR`] after rounding, which may add one half to each. It is not a number where a
/// weight is not finite, so that the output is none either, as in f32.
fn scale_of(mut weights: impl Iterator<Item = f32>) -> f32 {
    let (mut largest, mut spoilt) = (0.0f32, 0.0);
    while let Some(weight) = weights.next() {
        let pair = weight.abs() + weights.next().map_or(0.0, f32::abs);
        largest = largest.max(pair);
        spoilt += 0.0 * pair;
    }
    let scale = largest / f32::from(LARGEST_PAIR - 1);
    // A subnormal scale has no reciprocal.
    spoilt + if scale.is_normal() { scale } else { 0.0 }
}

/// The nearest whole number of a value between -128 and 255, in eight bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the last eight bits")]
fn round(value: f32) -> u8 {
    // 1.5 * 2^23: a sum with it has the nearest whole number in its last bits.
    (value + 12_582_912.0).to_bits() as u8
}

/// Rounds rows to 256 steps between their least and their largest value.
struct Quantize<'a> {
    x: &'a [f32],
    inputs: usize,
    rows: &'a mut QuantizedRows,
}

impl Kernel for Quantize<'_> {
    #[inline(always)]
    fn run(self) {
        let QuantizedRows { values, ranges } = self.rows;
        let stride = self.inputs.next_multiple_of(FOUR);
        for (number, row) in self.x.chunks_exact(self.inputs).enumerate() {
            let [least, largest] = extremes(row);
            let scale = (largest - least) / STEPS;
            let factor = if scale.is_normal() { 1.0 / scale } else { 0.0 };
            // Not a number where a value of the row is not finite: then no output of it is.
            let scale = scale + sum_of(row, |value| 0.0 * value);
            ranges.push(Int8Range { least, scale });
            values.extend(row.iter().map(|value| round((value - least) * factor)));
            values.resize((number + 1) * stride, 0);
        }
    }
}
