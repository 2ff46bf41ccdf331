//! Linear layers: weights in panels, rows in blocks.

use super::Products;
use super::pointwise::{activate, relu, to_half};
use super::simd::{BLOCK, Compact, Full, Half, Kernels, Line, PANEL, Tile, Work};
use crate::keys::Layout;
use crate::parameters::Parameters;
use crate::{Activation, ClipError};
use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;
use std::ops::Range;

/// A matrix and a bias, packed for products from the left.
pub(crate) struct Weights {
    kernels: Kernels,
    inputs: usize,
    outputs: usize,
    panels: Panels,
    bias: Vec<f32>,
}

/// For 32 columns after 32 columns, all inputs.
enum Panels {
    Full(Vec<Full>),
    Compact(Vec<Compact>),
    Half(Vec<Half>),
}

/// What becomes of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) enum After {
    /// It replaces what was there.
    Nothing,
    /// It replaces what was there, behind an activation.
    Activation(Activation),
    /// It replaces what was there, where it is above 0; else 0 does.
    Relu,
    /// It is added to what was there.
    Sum,
}

/// Who computes a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// The calling thread: others have rows of their own.
    One,
    /// All, some columns each.
    All,
}

/// Rows as the kernels read them.
enum Rows<'a> {
    Full(&'a [f32]),
    Half(Vec<u16>),
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Weights {
    /// The linear layer `name` of a model, with its bias.
    pub(crate) fn load(
        parameters: &Parameters,
        name: &str,
        kernels: Kernels,
    ) -> Result<Self, ClipError> {
        Self::load_scaled(parameters, name, &[], kernels)
    }

    /// The same with each output multiplied by its own factor; without factors, by 1.
    pub(crate) fn load_scaled(
        parameters: &Parameters,
        name: &str,
        scale: &[f32],
        kernels: Kernels,
    ) -> Result<Self, ClipError> {
        let key = format!("{name}.weight");
        let values = parameters.values(&key)?;
        let mut bias = parameters.values(&format!("{name}.bias"))?;
        for (bias, scale) in bias.iter_mut().zip(scale) {
            *bias *= scale;
        }
        let [first, second] = parameters.shape(&key)[..] else {
            unreachable!("the key table has linear layers of two axes");
        };
        let factor = |output: usize| scale.get(output).copied().unwrap_or(1.0);
        Ok(match parameters.layout(&key) {
            Layout::Transposed => Self::pack(kernels, [second, first], bias, |input, output| {
                values[output * second + input] * factor(output)
            }),
            Layout::Stored => Self::pack(kernels, [first, second], bias, |input, output| {
                values[input * second + output] * factor(output)
            }),
        })
    }

    /// Packs the values that `at` has for an input and an output.
    pub(crate) fn pack(
        kernels: Kernels,
        [inputs, outputs]: [usize; 2],
        bias: Vec<f32>,
        at: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let columns = outputs.div_ceil(PANEL);
        let value = |input: usize, output: usize| {
            if input < inputs && output < outputs {
                at(input, output)
            } else {
                0.0
            }
        };
        let halves = |panel: usize| [panel * PANEL, panel * PANEL + PANEL / 2];
        let compact = || {
            let mut lines = Vec::with_capacity(columns * inputs);
            for panel in 0..columns {
                for input in 0..inputs {
                    let row = std::array::from_fn(|column| value(input, panel * PANEL + column));
                    lines.push(exact_halves(&row)?);
                }
            }
            Some(Panels::Compact(lines))
        };
        let kept = kernels.is_compact().then(compact).flatten();
        let panels = kept.unwrap_or_else(|| match kernels.products() {
            Products::Full => {
                let mut lines = Vec::with_capacity(columns * inputs * 2);
                for panel in 0..columns {
                    for input in 0..inputs {
                        lines.extend(halves(panel).map(|first| {
                            Line(std::array::from_fn(|column| value(input, first + column)))
                        }));
                    }
                }
                Panels::Full(lines)
            }
            Products::Reduced => {
                let pairs = inputs.div_ceil(2);
                let mut lines = Vec::with_capacity(columns * pairs * 2);
                for panel in 0..columns {
                    for pair in 0..pairs {
                        lines.extend(halves(panel).map(|first| {
                            Line(std::array::from_fn(|place| {
                                to_half(value(2 * pair + place % 2, first + place / 2))
                            }))
                        }));
                    }
                }
                Panels::Half(lines)
            }
        });
        Self {
            kernels,
            inputs,
            outputs,
            panels,
            bias,
        }
    }

    /// `y = after(x . W + b)`.
    ///
    /// # Shapes
    ///
    /// `[R, inputs]` to `[R, outputs]`.
    pub(crate) fn apply(&self, x: &[f32], y: &mut Vec<f32>, after: After, threads: Threads) {
        y.resize(x.len() / self.inputs * self.outputs, 0.0);
        self.product(x, y, after, threads);
    }

    /// `y = y + x . W + b`.
    ///
    /// # Shapes
    ///
    /// `x` `[R, inputs]`, `y` `[R, outputs]`.
    pub(crate) fn add(&self, x: &[f32], y: &mut [f32], threads: Threads) {
        self.product(x, y, After::Sum, threads);
    }

    fn product(&self, x: &[f32], y: &mut [f32], after: After, threads: Threads) {
        let rows = match self.panels {
            Panels::Full(_) | Panels::Compact(_) => Rows::Full(x),
            Panels::Half(_) => Rows::Half(self.halves(x)),
        };
        let columns = self.outputs.div_ceil(PANEL);
        let count = x.len() / self.inputs;
        let mut tile = [[0.0; PANEL]; BLOCK];
        match threads {
            Threads::One => {
                for panel in 0..columns {
                    for first in (0..count).step_by(BLOCK) {
                        let block = first..count.min(first + BLOCK);
                        self.tile(&rows, block.clone(), panel, &mut tile);
                        self.finish(&mut tile, block, panel, y, after);
                    }
                }
            }
            Threads::All => {
                let each = columns.div_ceil(4 * rayon::current_num_threads()).max(1);
                let groups: Vec<usize> = (0..columns).step_by(each).collect();
                let made: Vec<Vec<Tile>> = groups
                    .par_iter()
                    .map(|group| {
                        let panels = *group..columns.min(group + each);
                        let blocks = panels.flat_map(|panel| {
                            (0..count).step_by(BLOCK).map(move |first| (panel, first))
                        });
                        let product = |(panel, first): (usize, usize)| {
                            let mut tile = [[0.0; PANEL]; BLOCK];
                            self.tile(&rows, first..count.min(first + BLOCK), panel, &mut tile);
                            tile
                        };
                        blocks.map(product).collect()
                    })
                    .collect();
                let mut made = made.into_iter().flatten();
                for panel in 0..columns {
                    for first in (0..count).step_by(BLOCK) {
                        let Some(mut tile) = made.next() else { return };
                        self.finish(&mut tile, first..count.min(first + BLOCK), panel, y, after);
                    }
                }
            }
        }
    }

    fn halves(&self, x: &[f32]) -> Vec<u16> {
        let stride = self.inputs.next_multiple_of(2);
        let mut halves = vec![0; x.len() / self.inputs * stride];
        self.kernels.run(Halves {
            values: x,
            inputs: self.inputs,
            rounded: &mut halves,
            stride,
        });
        halves
    }

    fn tile(&self, rows: &Rows<'_>, block: Range<usize>, panel: usize, tile: &mut Tile) {
        match (&self.panels, rows) {
            (Panels::Full(panels), Rows::Full(rows)) => {
                let length = 2 * self.inputs;
                let panel = &panels[panel * length..(panel + 1) * length];
                let rows = &rows[block.start * self.inputs..block.end * self.inputs];
                self.kernels
                    .full(rows, self.inputs, block.len(), panel, tile);
            }
            (Panels::Compact(panels), Rows::Full(rows)) => {
                let panel = &panels[panel * self.inputs..(panel + 1) * self.inputs];
                let rows = &rows[block.start * self.inputs..block.end * self.inputs];
                self.kernels
                    .compact_panel(rows, self.inputs, block.len(), panel, tile);
            }
            (Panels::Half(panels), Rows::Half(rows)) => {
                let stride = self.inputs.next_multiple_of(2);
                let panel = &panels[panel * stride..(panel + 1) * stride];
                let rows = &rows[block.start * stride..block.end * stride];
                self.kernels.half(rows, stride, block.len(), panel, tile);
            }
            _ => unreachable!("rows are made for their panels"),
        }
    }

    fn finish(
        &self,
        tile: &mut Tile,
        block: Range<usize>,
        panel: usize,
        y: &mut [f32],
        after: After,
    ) {
        let columns = panel * PANEL..self.outputs.min((panel + 1) * PANEL);
        self.kernels.run(Finish {
            tile: &mut tile[..block.len()],
            bias: self.bias.get(columns.clone()).unwrap_or_default(),
            after,
            y: &mut y[block.start * self.outputs..block.end * self.outputs],
            outputs: self.outputs,
            columns,
        });
    }
}

/// A row of a panel in f16, if nothing is lost by it.
fn exact_halves(row: &[f32; PANEL]) -> Option<Compact> {
    let (mut halves, mut again) = ([f16::ZERO; PANEL], [0.0; PANEL]);
    halves.convert_from_f32_slice(row);
    halves.convert_to_f32_slice(&mut again);
    let is_exact = again
        .iter()
        .zip(row)
        .all(|(again, value)| again.to_bits() == value.to_bits());
    is_exact.then(|| Line(halves.map(f16::to_bits)))
}

/// Rows to bf16.
struct Halves<'a> {
    values: &'a [f32],
    inputs: usize,
    rounded: &'a mut [u16],
    stride: usize,
}

impl Work for Halves<'_> {
    #[inline(always)]
    fn work(self) {
        let rows = self.values.chunks_exact(self.inputs);
        for (rounded, row) in self.rounded.chunks_exact_mut(self.stride).zip(rows) {
            for (half, value) in rounded.iter_mut().zip(row) {
                *half = to_half(*value);
            }
        }
    }
}

/// A tile's way to its place.
struct Finish<'a> {
    tile: &'a mut [[f32; PANEL]],
    /// Of the tile's columns; empty without.
    bias: &'a [f32],
    after: After,
    /// The tile's rows, whole.
    y: &'a mut [f32],
    outputs: usize,
    columns: Range<usize>,
}

impl Work for Finish<'_> {
    #[inline(always)]
    fn work(self) {
        for row in self.tile.iter_mut() {
            for (value, bias) in row.iter_mut().zip(self.bias) {
                *value += bias;
            }
        }
        match self.after {
            After::Activation(activation) => activate(activation, self.tile.as_flattened_mut()),
            After::Relu => relu(self.tile.as_flattened_mut()),
            After::Nothing | After::Sum => {}
        }
        for (values, y) in self.tile.iter().zip(self.y.chunks_exact_mut(self.outputs)) {
            let y = &mut y[self.columns.clone()];
            if let After::Sum = self.after {
                for (y, value) in y.iter_mut().zip(values) {
                    *y += value;
                }
            } else {
                y.copy_from_slice(&values[..y.len()]);
            }
        }
    }
}
