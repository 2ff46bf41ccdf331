//! Chooses the character and the colours that are nearest to one cell of a picture.

use crate::samples::add;
use crate::symbols::{Lattice, Shape};
use crate::{Block, Channels, Palette};
use ratatui::style::Color;

/// The samples of a cell: 8 across divide into halves and eighths, 24 down into eighths and thirds.
pub const COLUMNS: usize = 8;
pub const ROWS: usize = 24;
#[expect(clippy::cast_precision_loss, reason = "a small number")]
const SAMPLES: f32 = (COLUMNS * ROWS) as f32;
/// Treats sums of squared errors as equal below this difference, because `f32` rounds such sums.
const EQUAL: f32 = 1.0;

/// The samples of one cell, summed for each part of each lattice.
pub struct Cell {
    mean: Channels,
    /// The sum of the samples' differences from the mean, for each part of each lattice.
    parts: [[Channels; 8]; Lattice::ALL.len()],
}

impl Cell {
    /// Sums the first `ROWS` rows and `COLUMNS` columns of samples; the rest belongs to other
    /// cells.
    pub fn new<'a>(rows: impl Iterator<Item = &'a [Channels]> + Clone) -> Self {
        let rows = rows.take(ROWS).map(|row| &row[..COLUMNS]);
        let mut mean = [0.0; 3];
        for &sample in rows.clone().flatten() {
            add(&mut mean, sample, 1.0 / SAMPLES);
        }
        let mut parts = [[[0.0; 3]; 8]; Lattice::ALL.len()];
        for (y, row) in rows.enumerate() {
            for (x, &sample) in row.iter().enumerate() {
                for (parts, lattice) in parts.iter_mut().zip(Lattice::ALL) {
                    let (columns, rows) = lattice.columns_and_rows();
                    let part = &mut parts[y * rows / ROWS * columns + x * columns / COLUMNS];
                    add(part, sample, 1.0);
                }
            }
        }
        for (parts, lattice) in parts.iter_mut().zip(Lattice::ALL) {
            for part in parts {
                add(part, mean, -samples_of_part(lattice));
            }
        }
        Self { mean, parts }
    }

    /// Returns the shape and colours with the least sum of squared errors.
    pub fn nearest(&self, shapes: &[Shape], palette: Palette) -> Block {
        let mut nearest = Block {
            symbol: ' ',
            foreground: Color::Reset,
            background: Color::Reset,
        };
        let mut least = f32::INFINITY;
        for &shape in shapes {
            let (difference, inside) = self.difference(shape);
            let outside = SAMPLES - inside;
            // Two colours, each the mean of its side, have this much less error than the cell's
            // mean.
            let squares: f32 = difference.iter().map(|channel| channel * channel).sum();
            let saved = squares * (share(inside) + share(outside));
            if -saved >= least - EQUAL {
                continue;
            }
            let mut error = -saved;
            let mut block = Block {
                symbol: shape.symbol,
                foreground: Color::Reset,
                background: Color::Reset,
            };
            // The palette may lack these means: each sample then adds the squared distance to its
            // error.
            if inside > 0.0 {
                let (colour, distance) = palette.foreground(self.mean_with(difference, inside));
                block.foreground = colour;
                error += inside * distance;
            }
            if outside > 0.0 {
                let (colour, distance) = palette.background(self.mean_with(difference, -outside));
                block.background = colour;
                error += outside * distance;
            }
            if error < least - EQUAL {
                (nearest, least) = (block, error);
            }
        }
        nearest
    }

    /// Returns the sum of the samples' differences from the mean inside a shape, and the number of
    /// these samples. The sum outside is its negative.
    fn difference(&self, shape: Shape) -> (Channels, f32) {
        let mut sum = [0.0; 3];
        let mut count = 0.0;
        for (at, &part) in self.parts[shape.lattice as usize].iter().enumerate() {
            if shape.mask >> at & 1 == 1 {
                add(&mut sum, part, 1.0);
                count += samples_of_part(shape.lattice);
            }
        }
        (sum, count)
    }

    fn mean_with(&self, difference: Channels, samples: f32) -> Channels {
        let mut mean = self.mean;
        add(&mut mean, difference, 1.0 / samples);
        mean
    }
}

fn samples_of_part(lattice: Lattice) -> f32 {
    match lattice {
        Lattice::Sextants => SAMPLES / 6.0,
        Lattice::Octants | Lattice::Rows | Lattice::Columns => SAMPLES / 8.0,
    }
}

/// Returns `1 / samples`, or 0 for an empty side.
fn share(samples: f32) -> f32 {
    if samples > 0.0 { 1.0 / samples } else { 0.0 }
}
