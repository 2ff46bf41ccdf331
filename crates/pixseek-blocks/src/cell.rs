//! One cell of a picture, and the character that is nearest to it.

use crate::samples::add;
use crate::symbols::{Lattice, Shape};
use crate::{Block, Channels, Palette};
use ratatui::style::Color;

/// How finely a cell is sampled: halves and eighths across, eighths and thirds down.
pub const COLUMNS: usize = 8;
pub const ROWS: usize = 24;
#[expect(clippy::cast_precision_loss, reason = "a small number")]
const SAMPLES: f32 = (COLUMNS * ROWS) as f32;
/// Sums of squared errors that differ by less are equal: sums of numbers of 24 bits are not exact.
const EQUAL: f32 = 1.0;

/// A part of a picture, of one cell.
pub struct Cell {
    mean: Channels,
    /// The sums of the samples' differences from the mean in each part of each lattice.
    parts: [[Channels; 8]; Lattice::ALL.len()],
}

impl Cell {
    /// Takes rows of samples. What is behind the last row or column is not part of the cell.
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

    /// The shape and colours with the least sum of squared errors.
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
            // What two colours save against one, the cell's mean, if each is the mean of its side.
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
            // The palette's colours are not these means: their distance is an error of each sample.
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

    /// The sum of the samples' differences from the mean inside of a shape, and how many samples
    /// that are. Outside of it the sum is the opposite.
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

/// One of `samples`; of none, nothing.
fn share(samples: f32) -> f32 {
    if samples > 0.0 { 1.0 / samples } else { 0.0 }
}
