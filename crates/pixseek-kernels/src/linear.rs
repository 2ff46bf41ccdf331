//! Linear layers: a product of rows with packed weights, and what follows it.

use crate::panels::{Packing, Panels};
use crate::pointwise::{Activation, activate, relu};
use crate::simd::{BLOCK, Kernel, Kernels, PANEL, Tile};
use crate::weights::{Matrix, Order, Weights, vector};
use rayon::prelude::*;
use std::fmt;
use std::ops::Range;

/// `x · W + b`, with packed weights.
pub(crate) struct Linear {
    kernels: Kernels,
    inputs: usize,
    outputs: usize,
    panels: Panels,
    /// Zeros in a layer without one, and behind the last output.
    bias: Vec<[f32; PANEL]>,
}

/// What is done with the product before it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Epilogue {
    /// It is stored as it is.
    Store,
    /// An activation is applied to it.
    Activate(Activation),
    /// Negative values become 0.
    Relu,
    /// It is added to what the output holds.
    Add,
}

/// How a product is spread over threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// The calling thread computes all of it: other threads have rows of their own.
    One,
    /// All threads of the pool compute some of its columns.
    All,
}

impl fmt::Debug for Linear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Linear")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Linear {
    /// Reads `name.weight` and `name.bias`.
    pub(crate) fn load<W: Weights>(
        weights: &W,
        name: &str,
        shape: [usize; 2],
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let matrix = Matrix::take(weights, &format!("{name}.weight"), shape)?;
        let bias = vector(weights, &format!("{name}.bias"), shape[1])?;
        Ok(Self::of_matrix(&matrix, &bias, packing))
    }

    /// Reads `name.weight` of a layer without a bias.
    pub(crate) fn load_without_bias<W: Weights>(
        weights: &W,
        name: &str,
        shape: [usize; 2],
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let matrix = Matrix::take(weights, &format!("{name}.weight"), shape)?;
        Ok(Self::of_matrix(&matrix, &[], packing))
    }

    /// Packs a matrix and a bias; an empty bias is none.
    pub(crate) fn of_matrix(matrix: &Matrix, bias: &[f32], packing: Packing) -> Self {
        let (values, shape) = (matrix.values(), matrix.shape());
        let [inputs, outputs] = shape;
        // Two closures, so that the order is not looked up for each weight.
        match matrix.order() {
            Order::InputsFirst => Self::pack(shape, bias, packing, |input, output| {
                values[input * outputs + output]
            }),
            Order::OutputsFirst => Self::pack(shape, bias, packing, |input, output| {
                values[output * inputs + input]
            }),
        }
    }

    /// Packs the weights that `at` returns for an input and an output.
    pub(crate) fn pack(
        [inputs, outputs]: [usize; 2],
        bias: &[f32],
        packing: Packing,
        at: impl Fn(usize, usize) -> f32,
    ) -> Self {
        Self {
            kernels: packing.kernels,
            inputs,
            outputs,
            panels: Panels::pack(packing, [inputs, outputs], at),
            bias: in_panels(bias, outputs.div_ceil(PANEL)),
        }
    }

    /// `y = epilogue(x · W + b)`.
    ///
    /// # Shapes
    ///
    /// `[R, inputs]` to `[R, outputs]`.
    pub(crate) fn apply(&self, x: &[f32], y: &mut Vec<f32>, epilogue: Epilogue, threads: Threads) {
        y.resize(x.len() / self.inputs * self.outputs, 0.0);
        self.apply_to(x, y, epilogue, threads);
    }

    /// `y = y + x · W + b`.
    ///
    /// # Shapes
    ///
    /// `x` `[R, inputs]`, `y` `[R, outputs]`.
    pub(crate) fn add(&self, x: &[f32], y: &mut [f32], threads: Threads) {
        self.apply_to(x, y, Epilogue::Add, threads);
    }

    /// The same as [`Linear::apply`] into a slice of as many rows as `x` has.
    pub(crate) fn apply_to(&self, x: &[f32], y: &mut [f32], epilogue: Epilogue, threads: Threads) {
        let rows = self.panels.rows(x);
        let panels = self.outputs.div_ceil(PANEL);
        let count = x.len() / self.inputs;
        let blocks = || {
            (0..count)
                .step_by(BLOCK)
                .map(|first| first..count.min(first + BLOCK))
        };
        match threads {
            Threads::One => {
                let mut tile = [[0.0; PANEL]; BLOCK];
                for panel in 0..panels {
                    for block in blocks() {
                        self.panels.multiply(&rows, block.clone(), panel, &mut tile);
                        self.store(&mut tile, block, panel, y, epilogue);
                    }
                }
            }
            Threads::All => {
                let each = panels.div_ceil(4 * rayon::current_num_threads()).max(1);
                let groups: Vec<usize> = (0..panels).step_by(each).collect();
                let tiles: Vec<Vec<Tile>> = groups
                    .par_iter()
                    .map(|group| {
                        let panels = *group..panels.min(group + each);
                        let parts =
                            panels.flat_map(|panel| blocks().map(move |block| (panel, block)));
                        let product = |(panel, block)| {
                            let mut tile = [[0.0; PANEL]; BLOCK];
                            self.panels.multiply(&rows, block, panel, &mut tile);
                            tile
                        };
                        parts.map(product).collect()
                    })
                    .collect();
                let parts = (0..panels).flat_map(|panel| blocks().map(move |block| (panel, block)));
                for (mut tile, (panel, block)) in tiles.into_iter().flatten().zip(parts) {
                    self.store(&mut tile, block, panel, y, epilogue);
                }
            }
        }
    }

    fn store(
        &self,
        tile: &mut Tile,
        block: Range<usize>,
        panel: usize,
        y: &mut [f32],
        epilogue: Epilogue,
    ) {
        self.kernels.run(Store {
            tile: &mut tile[..block.len()],
            bias: &self.bias[panel],
            epilogue,
            y: &mut y[block.start * self.outputs..block.end * self.outputs],
            outputs: self.outputs,
            columns: panel * PANEL..self.outputs.min((panel + 1) * PANEL),
        });
    }
}

/// Values as `panels` rows of a panel's columns, filled up with zeros.
fn in_panels(values: &[f32], panels: usize) -> Vec<[f32; PANEL]> {
    let mut rows = vec![[0.0; PANEL]; panels];
    for (place, value) in rows.as_flattened_mut().iter_mut().zip(values) {
        *place = *value;
    }
    rows
}

/// Adds the bias to a tile, applies the epilogue and stores it.
struct Store<'a> {
    tile: &'a mut [[f32; PANEL]],
    /// The bias of the tile's columns.
    bias: &'a [f32; PANEL],
    epilogue: Epilogue,
    /// Whole rows, as many as the tile has.
    y: &'a mut [f32],
    outputs: usize,
    columns: Range<usize>,
}

impl Kernel for Store<'_> {
    #[inline(always)]
    fn run(self) {
        let tile = self.tile;
        let mut addends: Tile = [*self.bias; BLOCK];
        let addends = &mut addends[..tile.len()];
        add(tile, addends);
        match self.epilogue {
            Epilogue::Activate(activation) => activate(activation, tile.as_flattened_mut()),
            Epilogue::Relu => relu(tile.as_flattened_mut()),
            Epilogue::Store => {}
            Epilogue::Add => {
                let rows = self.y.chunks_exact(self.outputs);
                for (addend, y) in addends.iter_mut().zip(rows) {
                    let y = &y[self.columns.clone()];
                    match y.as_array::<PANEL>() {
                        Some(y) => *addend = *y,
                        None => addend[..y.len()].copy_from_slice(y),
                    }
                }
                add(tile, addends);
            }
        }
        for (values, y) in tile.iter().zip(self.y.chunks_exact_mut(self.outputs)) {
            let y = &mut y[self.columns.clone()];
            // All panels but the last are whole, and a copy of constant length needs no call.
            match y.as_mut_array::<PANEL>() {
                Some(y) => *y = *values,
                None => y.copy_from_slice(&values[..y.len()]),
            }
        }
    }
}

/// Adds tiles as one long row each: of a loop over rows of constant length the compiler makes
/// one over columns, whose values do not lie side by side.
#[inline(always)]
fn add(tile: &mut [[f32; PANEL]], addends: &[[f32; PANEL]]) {
    let values = tile.as_flattened_mut().iter_mut();
    for (value, addend) in values.zip(addends.as_flattened()) {
        *value += addend;
    }
}
