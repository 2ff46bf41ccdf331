//! A matrix packed for products: 32 columns after 32 columns, each with all inputs, in one of
//! four kinds of numbers.
//!
//! Another kind of number is one more variant of [`Numbers`], [`Lines`] and [`Rows`]: how it is
//! packed, how rows are rounded for it, and which product multiplies it.

use crate::pointwise::to_bf16;
use crate::quantized::{QuantizedPanels, QuantizedRows};
use crate::simd::{Bf16Line, CacheLine, F16Line, F32Line, Kernel, Kernels, PANEL, Products, Tile};
use half::f16;
use half::slice::HalfFloatSliceExt;
use std::ops::Range;

/// The numbers in which weights are kept and multiplied. Sums are f32 in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    F32,
    /// f16 if every weight is exact in it, else f32. The product widens the weights to f32:
    /// results are the same, and half as much memory is read, which is what a product of few rows
    /// waits for.
    F16IfExact,
    Bf16,
    /// int8 if sums of so many products fit into 32 bits, else f32.
    Int8,
}

/// Which kernels multiply a matrix, and in which numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packing {
    pub kernels: Kernels,
    numbers: Numbers,
}

impl Packing {
    /// In f32, whatever the numbers of large products: for what is small beside the blocks.
    pub(crate) fn full(kernels: Kernels) -> Self {
        Self {
            kernels,
            numbers: Numbers::F32,
        }
    }

    /// For products of many rows.
    pub(crate) fn many_rows(kernels: Kernels) -> Self {
        let numbers = match kernels.products() {
            Products::F32 => Numbers::F32,
            Products::Bf16 => Numbers::Bf16,
            Products::Int8 => Numbers::Int8,
        };
        Self { kernels, numbers }
    }

    /// For products of few rows, which wait for the weights: bf16 is as large as f16 and saves
    /// nothing.
    pub(crate) fn few_rows(kernels: Kernels) -> Self {
        let numbers = match kernels.products() {
            Products::Int8 => Numbers::Int8,
            Products::F32 | Products::Bf16 if kernels.has_f16_panels() => Numbers::F16IfExact,
            Products::F32 | Products::Bf16 => Numbers::F32,
        };
        Self { kernels, numbers }
    }
}

/// A packed matrix.
pub(crate) struct Panels {
    kernels: Kernels,
    inputs: usize,
    lines: Lines,
}

enum Lines {
    F32(Vec<F32Line>),
    F16(Vec<F16Line>),
    Bf16(Vec<Bf16Line>),
    Int8(QuantizedPanels),
}

/// Rows in the numbers that the panels are multiplied with.
pub(crate) enum Rows<'a> {
    F32(&'a [f32]),
    Bf16(Vec<u16>),
    Int8(QuantizedRows),
}

impl Panels {
    /// Packs `inputs` x `outputs` weights that `at` returns for an input and an output.
    pub(crate) fn pack(
        packing: Packing,
        [inputs, outputs]: [usize; 2],
        at: impl Fn(usize, usize) -> f32,
    ) -> Self {
        // Zeros fill up the last panel.
        let weight = |input: usize, output: usize| {
            if input < inputs && output < outputs {
                at(input, output)
            } else {
                0.0
            }
        };
        let panels = outputs.div_ceil(PANEL);
        let lines = match packing.numbers {
            Numbers::F32 => Lines::F32(pack_f32(panels, inputs, weight)),
            Numbers::F16IfExact => match pack_f16(panels, inputs, weight) {
                Some(lines) => Lines::F16(lines),
                None => Lines::F32(pack_f32(panels, inputs, weight)),
            },
            Numbers::Bf16 => Lines::Bf16(pack_bf16(panels, inputs, weight)),
            Numbers::Int8 if inputs > QuantizedPanels::MOST_INPUTS => {
                Lines::F32(pack_f32(panels, inputs, weight))
            }
            Numbers::Int8 => Lines::Int8(QuantizedPanels::pack(panels, inputs, weight)),
        };
        Self {
            kernels: packing.kernels,
            inputs,
            lines,
        }
    }

    /// Rounds rows to what the panels are multiplied with.
    ///
    /// # Shapes
    ///
    /// `x`: `[R, inputs]`.
    pub(crate) fn rows<'a>(&self, x: &'a [f32]) -> Rows<'a> {
        match self.lines {
            Lines::F32(_) | Lines::F16(_) => Rows::F32(x),
            Lines::Bf16(_) => {
                let stride = self.inputs.next_multiple_of(2);
                let mut rounded = vec![0; x.len() / self.inputs * stride];
                self.kernels.run(Round {
                    values: x,
                    inputs: self.inputs,
                    rounded: &mut rounded,
                    stride,
                });
                Rows::Bf16(rounded)
            }
            Lines::Int8(_) => Rows::Int8(QuantizedPanels::rows(self.kernels, x, self.inputs)),
        }
    }

    /// Multiplies a block of rows with one panel.
    pub(crate) fn multiply(
        &self,
        rows: &Rows<'_>,
        block: Range<usize>,
        panel: usize,
        tile: &mut Tile,
    ) {
        let (kernels, inputs) = (self.kernels, self.inputs);
        let of = |length: usize| panel * length..(panel + 1) * length;
        match (&self.lines, rows) {
            (Lines::F32(lines), Rows::F32(rows)) => {
                let (rows, panel) = (&rows[block.start * inputs..], &lines[of(2 * inputs)]);
                kernels.multiply_f32(rows, inputs, block.len(), panel, tile);
            }
            (Lines::F16(lines), Rows::F32(rows)) => {
                let (rows, panel) = (&rows[block.start * inputs..], &lines[of(inputs)]);
                kernels.multiply_f16(rows, inputs, block.len(), panel, tile);
            }
            (Lines::Bf16(lines), Rows::Bf16(rows)) => {
                let stride = inputs.next_multiple_of(2);
                let (rows, panel) = (&rows[block.start * stride..], &lines[of(stride)]);
                kernels.multiply_bf16(rows, stride, block.len(), panel, tile);
            }
            (Lines::Int8(lines), Rows::Int8(rows)) => {
                lines.multiply(kernels, inputs, rows, block, panel, tile);
            }
            _ => unreachable!("`Panels::rows` makes rows for these panels"),
        }
    }
}

fn pack_f32(panels: usize, inputs: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<F32Line> {
    let mut lines = Vec::with_capacity(2 * panels * inputs);
    for panel in 0..panels {
        for input in 0..inputs {
            lines.extend(halves(panel).map(|first| {
                CacheLine(std::array::from_fn(|column| weight(input, first + column)))
            }));
        }
    }
    lines
}

/// `None` if a weight is not exact in f16.
fn pack_f16(
    panels: usize,
    inputs: usize,
    weight: impl Fn(usize, usize) -> f32,
) -> Option<Vec<F16Line>> {
    let mut lines = Vec::with_capacity(panels * inputs);
    for panel in 0..panels {
        for input in 0..inputs {
            let row = std::array::from_fn(|column| weight(input, panel * PANEL + column));
            lines.push(exact_f16(&row)?);
        }
    }
    Some(lines)
}

fn pack_bf16(panels: usize, inputs: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<Bf16Line> {
    let pairs = inputs.div_ceil(2);
    let mut lines = Vec::with_capacity(2 * panels * pairs);
    for panel in 0..panels {
        for pair in 0..pairs {
            lines.extend(halves(panel).map(|first| {
                CacheLine(std::array::from_fn(|place| {
                    to_bf16(weight(2 * pair + place % 2, first + place / 2))
                }))
            }));
        }
    }
    lines
}

/// The first columns of a panel's halves.
fn halves(panel: usize) -> [usize; 2] {
    [panel * PANEL, panel * PANEL + PANEL / 2]
}

/// A row of a panel in f16, if that changes no weight.
fn exact_f16(row: &[f32; PANEL]) -> Option<F16Line> {
    let (mut rounded, mut widened) = ([f16::ZERO; PANEL], [0.0; PANEL]);
    rounded.convert_from_f32_slice(row);
    rounded.convert_to_f32_slice(&mut widened);
    let is_exact = widened
        .iter()
        .zip(row)
        .all(|(widened, value)| widened.to_bits() == value.to_bits());
    is_exact.then(|| CacheLine(rounded.map(f16::to_bits)))
}

/// Rounds rows to bf16, each filled up to an even length.
struct Round<'a> {
    values: &'a [f32],
    inputs: usize,
    rounded: &'a mut [u16],
    stride: usize,
}

impl Kernel for Round<'_> {
    #[inline(always)]
    fn run(self) {
        let rows = self.values.chunks_exact(self.inputs);
        for (rounded, row) in self.rounded.chunks_exact_mut(self.stride).zip(rows) {
            for (rounded, value) in rounded.iter_mut().zip(row) {
                *rounded = to_bf16(*value);
            }
        }
    }
}
