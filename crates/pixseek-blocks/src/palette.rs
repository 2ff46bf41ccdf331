//! The colours that terminals show.

use crate::Channels;
use ratatui::style::Color;

/// The colours that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// All 24-bit colours.
    Rgb24,
    /// 256 colours: a cube of 216 and 24 greys. The first 16 are unused, because each terminal
    /// gives them other values.
    Indexed256,
    /// 16 colours for characters; backgrounds use the first 8, as the Linux console does. Assumes
    /// that console's values.
    Ansi16,
}

/// The 16 colours of the Linux console.
const ANSI: [[u8; 3]; 16] = [
    [0, 0, 0],
    [170, 0, 0],
    [0, 170, 0],
    [170, 85, 0],
    [0, 0, 170],
    [170, 0, 170],
    [0, 170, 170],
    [170, 170, 170],
    [85, 85, 85],
    [255, 85, 85],
    [85, 255, 85],
    [255, 255, 85],
    [85, 85, 255],
    [255, 85, 255],
    [85, 255, 255],
    [255, 255, 255],
];
/// The values of a channel in the colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// The indices of the cube's first colour and of the first grey.
const FIRST_OF_CUBE: u8 = 16;
const FIRST_GREY: u8 = 232;

impl Palette {
    /// Whether a background has fewer colours to choose from than a character.
    pub(crate) fn has_fewer_backgrounds(self) -> bool {
        self == Self::Ansi16
    }

    /// Returns the nearest colour for a character, and the squared distance to it.
    pub(crate) fn foreground(self, wanted: Channels) -> (Color, f32) {
        self.nearest(wanted, 16)
    }

    /// Returns the nearest colour for a background, and the squared distance to it.
    pub(crate) fn background(self, wanted: Channels) -> (Color, f32) {
        self.nearest(wanted, 8)
    }

    /// Returns the nearest colour, and the squared distance to it. Only a palette of 16 colours is
    /// limited to the first `choices`.
    fn nearest(self, wanted: Channels, choices: u8) -> (Color, f32) {
        match self {
            Self::Rgb24 => {
                let [r, g, b] = wanted.map(|channel| whole(channel + 0.5));
                (Color::Rgb(r, g, b), distance(wanted, [r, g, b]))
            }
            Self::Indexed256 => {
                // Each interval of the cube starts halfway between its value and the one below.
                let [r, g, b] = wanted.map(|channel| match channel {
                    ..47.5 => 0,
                    channel => whole((channel - 35.0) / 40.0).max(1),
                });
                let grey = whole((wanted.iter().sum::<f32>() / 3.0 - 3.0) / 10.0).min(23);
                let indices = [FIRST_OF_CUBE + 36 * r + 6 * g + b, FIRST_GREY + grey];
                least(wanted, indices.into_iter())
            }
            Self::Ansi16 => least(wanted, 0..choices),
        }
    }
}

/// Returns the nearest of the indexed colours, and the squared distance to it.
fn least(wanted: Channels, indices: impl Iterator<Item = u8>) -> (Color, f32) {
    let colours = indices.map(Color::Indexed);
    let measured = colours.map(|colour| (colour, distance(wanted, value(colour))));
    let nearest = measured.reduce(|least, next| if next.1 < least.1 { next } else { least });
    nearest.unwrap_or((Color::Reset, f32::INFINITY))
}

fn distance(wanted: Channels, shown: [u8; 3]) -> f32 {
    let channels = wanted.into_iter().zip(shown);
    let squares = channels.map(|(wanted, shown)| (wanted - f32::from(shown)).powi(2));
    squares.sum()
}

/// Truncates a number from 0 to 255. Slightly negative numbers become 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both are wanted"
)]
fn whole(number: f32) -> u8 {
    number as u8
}

/// Returns red, green and blue of a colour that a palette contains.
pub fn value(colour: Color) -> [u8; 3] {
    match colour {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(grey @ FIRST_GREY..) => [8 + 10 * (grey - FIRST_GREY); 3],
        Color::Indexed(index @ FIRST_OF_CUBE..) => {
            let at = index - FIRST_OF_CUBE;
            [at / 36, at / 6 % 6, at % 6].map(|step| CUBE[usize::from(step)])
        }
        Color::Indexed(index) => ANSI[usize::from(index)],
        _ => [0; 3],
    }
}
