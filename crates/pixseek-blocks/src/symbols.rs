//! Characters that fill parts of a cell, and their shapes.

use crate::Palette;
use ratatui::symbols::pixel::{OCTANTS, QUADRANTS, SEXTANTS};

/// The characters that a terminal can draw. Each set contains those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbols {
    /// Halves: `▀▌`. They are in every font, also in that of the Linux console.
    Halves,
    /// All block elements: quadrants, `▘▞`, and eighths, `▂▊`. They are in every font of a
    /// graphical terminal.
    Blocks,
    /// Sextants, `🬗🬞`, of Unicode 13: few fonts have them, but many terminals draw them themselves.
    Sextants,
    /// Octants, `𜴳𜶪`, of Unicode 16: in 2026 only a few terminals draw them.
    Octants,
}

/// A way to divide a cell into equal parts, numbered from left to right, then down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lattice {
    /// Two columns, four rows.
    Octants,
    /// Two columns, three rows.
    Sextants,
    /// Eight rows.
    Rows,
    /// Eight columns.
    Columns,
}

impl Lattice {
    pub const ALL: [Self; 4] = [Self::Octants, Self::Sextants, Self::Rows, Self::Columns];

    pub const fn columns_and_rows(self) -> (usize, usize) {
        match self {
            Self::Octants => (2, 4),
            Self::Sextants => (2, 3),
            Self::Rows => (1, 8),
            Self::Columns => (8, 1),
        }
    }
}

/// A character, and the parts of a cell that it fills.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub symbol: char,
    pub lattice: Lattice,
    /// One bit per part of the lattice; the lowest bit is the first part.
    pub mask: u8,
}

impl Symbols {
    /// Returns the shapes to choose from. Simple ones come first, because the first of several
    /// equal matches wins. A shape and its complement are the same choice with the colours
    /// exchanged, so one of them is left out unless the palette has fewer colours for backgrounds.
    pub(crate) fn shapes(self, palette: Palette) -> Vec<Shape> {
        let whole = |symbol, mask| Shape {
            symbol,
            lattice: Lattice::Octants,
            mask,
        };
        let mut shapes = vec![whole(' ', 0), whole('▀', 0x0f), whole('▌', 0x55)];
        shapes.extend([whole('█', 0xff), whole('▄', 0xf0), whole('▐', 0xaa)]);
        if self >= Self::Blocks {
            shapes.extend((1..15).map(quadrants));
            shapes.extend(eighths());
        }
        if self >= Self::Sextants {
            shapes.extend((1..63).map(|mask| Shape {
                symbol: SEXTANTS[usize::from(mask)],
                lattice: Lattice::Sextants,
                mask,
            }));
        }
        if self >= Self::Octants {
            shapes.extend((1..255).map(|mask| whole(OCTANTS[usize::from(mask)], mask)));
        }
        if !palette.has_fewer_backgrounds() {
            // Exactly one of a shape and its complement has the first part. Keep all eighths: no
            // characters exist for their complements.
            shapes.retain(|shape| match shape.lattice {
                Lattice::Octants | Lattice::Sextants => {
                    shape.mask == 0 || shape.mask & 1 == 1 && shape.symbol != '█'
                }
                Lattice::Rows | Lattice::Columns => true,
            });
        }
        shapes
    }
}

/// Returns the shape of a mask of two columns and two rows. Each quadrant is two octants.
fn quadrants(mask: u8) -> Shape {
    let octants = [0x05, 0x0a, 0x50, 0xa0];
    let parts = (0..4).filter(|part| mask >> part & 1 == 1);
    Shape {
        symbol: QUADRANTS[usize::from(mask)],
        lattice: Lattice::Octants,
        mask: parts.map(|part| octants[part]).sum(),
    }
}

/// Returns the eighths that grow from the lower edge, then those from the left edge.
fn eighths() -> impl Iterator<Item = Shape> {
    let lower = ('▁'..='▇').zip(1..).map(|(symbol, eighths)| Shape {
        symbol,
        lattice: Lattice::Rows,
        mask: !(0xff >> eighths),
    });
    let left = ('▉'..='▏').zip(1..).map(|(symbol, eighths)| Shape {
        symbol,
        lattice: Lattice::Columns,
        mask: 0xff >> eighths,
    });
    lower.chain(left)
}

impl Shape {
    pub fn of(symbol: char) -> Option<Self> {
        let shapes = Symbols::Octants.shapes(Palette::Ansi16);
        shapes.into_iter().find(|shape| shape.symbol == symbol)
    }

    /// Whether the shape covers a point. Each coordinate is a fraction (numerator, denominator) of
    /// the cell's width or height.
    pub fn covers(self, x: (u32, u32), y: (u32, u32)) -> bool {
        let (columns, rows) = self.lattice.columns_and_rows();
        let part = |(over, under): (u32, u32), parts: usize| over as usize * parts / under as usize;
        self.mask >> (part(y, rows) * columns + part(x, columns)) & 1 == 1
    }
}
