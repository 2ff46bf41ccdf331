//! Pictures drawn with characters, for terminals without graphics.
//!
//! Each cell shows one character in two colours: of all characters that the terminal's font has,
//! the one whose shape, with the best colours of the terminal's palette, has the least sum of
//! squared errors against its part of the picture. chafa does the same, but is a C library under
//! the LGPL. Of the crates in Rust alone, viuer and ratatui-image draw half blocks, and blockish
//! prints 24-bit colours only. Dithering was measured and left out: seen from afar it brings 256
//! colours 0.8 dB nearer to a photo, but the stripes that it draws between cells catch the eye.
//!
//! `cargo bench --bench blocks -- DIR` measures how near. For 79 photos of 20 x 10 cells in 24-bit
//! colours (2026-11-26), as PSNR in dB with 8 x 16 and with 2 x 6 pixels a cell:
//!
//! | | 8 x 16 | 2 x 6 |
//! |---|---|---|
//! | two pixels a cell | 19.8 | 22.5 |
//! | [`Symbols::Halves`] | 20.2 | 23.3 |
//! | [`Symbols::Blocks`] | 21.4 | 24.5 |
//! | [`Symbols::Sextants`] | 21.7 | 25.1 |
//! | [`Symbols::Octants`] | 21.8 | 25.4 |

mod cell;
mod palette;
mod samples;
mod symbols;
#[cfg(test)]
mod tests;

pub use palette::Palette;
pub use symbols::Symbols;

use cell::{COLUMNS, Cell, ROWS};
use image::{Rgb, RgbImage};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Color;
use ratatui::widgets::Widget;
use symbols::Shape;

/// A colour as red, green and blue, each from 0 to 255, or a sum of such colours.
type Channels = [f32; 3];

/// The characters and colours that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The characters of its font.
    pub symbols: Symbols,
    /// Its colours.
    pub palette: Palette,
}

/// One cell: a character in two colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The character.
    pub symbol: char,
    /// The colour of the pixels inside the character's shape.
    pub foreground: Color,
    /// The colour of the pixels outside it.
    pub background: Color,
}

/// A picture in characters. It fills its cells to their edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    size: Size,
    /// From left to right, then down.
    cells: Vec<Block>,
}

impl Blocks {
    /// Draws a picture, stretched to `size` cells. To avoid distortion, crop the picture to the
    /// shape of these cells first.
    #[must_use]
    pub fn draw(picture: &RgbImage, size: Size, look: Look) -> Self {
        let (width, height) = (usize::from(size.width), usize::from(size.height));
        let samples = samples::averages(picture, width * COLUMNS, height * ROWS);
        let shapes = look.symbols.shapes(look.palette);
        let cells = (0..width * height).map(|at| {
            let (x, y) = (at % width * COLUMNS, at / width * ROWS);
            let rows = samples.chunks_exact(width * COLUMNS).skip(y);
            Cell::new(rows.map(|row| &row[x..])).nearest(&shapes, look.palette)
        });
        Self {
            size,
            cells: cells.collect(),
        }
    }

    /// Returns the size in cells.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Returns the cells, from left to right, then down.
    #[must_use]
    pub fn cells(&self) -> &[Block] {
        &self.cells
    }

    /// Paints the picture with `cell` pixels per cell, as a terminal does that draws these
    /// characters itself. Tests and benchmarks measure errors with it.
    #[must_use]
    pub fn image(&self, cell: Size) -> RgbImage {
        let (width, height) = (u32::from(cell.width), u32::from(cell.height));
        let shapes: Vec<Option<Shape>> = self.cells.iter().map(|at| Shape::of(at.symbol)).collect();
        let columns = u32::from(self.size.width);
        RgbImage::from_fn(
            columns * width,
            u32::from(self.size.height) * height,
            |x, y| {
                let at = (y / height * columns + x / width) as usize;
                let is_inside = shapes[at].is_some_and(|shape| {
                    // The centre of a pixel decides whether the shape covers it.
                    shape.covers(
                        (2 * (x % width) + 1, 2 * width),
                        (2 * (y % height) + 1, 2 * height),
                    )
                });
                let block = self.cells[at];
                let colour = if is_inside {
                    block.foreground
                } else {
                    block.background
                };
                Rgb(palette::value(colour))
            },
        )
    }
}

impl Widget for &Blocks {
    /// Draws the cells into the area, and cuts off those outside of it.
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let rows = self.cells.chunks_exact(usize::from(self.size.width.max(1)));
        for (row, y) in rows.zip(area.top()..area.bottom()) {
            for (block, x) in row.iter().zip(area.left()..area.right()) {
                if let Some(cell) = buffer.cell_mut(Position::new(x, y)) {
                    cell.set_char(block.symbol)
                        .set_fg(block.foreground)
                        .set_bg(block.background);
                }
            }
        }
    }
}
