//! The colours of terminals.

use crate::Channels;
use ratatui::style::Color;

/// The colours that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// All colours of 24 bits.
    Rgb24,
    /// 256: a cube of 216 and 24 greys. The first 16 are left out, because each terminal has its own.
    Indexed256,
    /// 16, behind the characters only the first 8 of them, as on the Linux console. Terminals have
    /// their own; those of the Linux console are assumed.
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
/// The steps of the cube's sides.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// The first colour of the cube, and the first grey.
const FIRST_OF_CUBE: u8 = 16;
const FIRST_GREY: u8 = 232;

impl Palette {
    /// Whether fewer colours can stand behind a character than in it.
    pub(crate) fn has_fewer_backgrounds(self) -> bool {
        self == Self::Ansi16
    }

    /// The nearest colour for a character, and the squared distance to it.
    pub(crate) fn foreground(self, wanted: Channels) -> (Color, f32) {
        self.nearest(wanted, 16)
    }

    /// The nearest colour behind a character, and the squared distance to it.
    pub(crate) fn background(self, wanted: Channels) -> (Color, f32) {
        self.nearest(wanted, 8)
    }

    /// With 16 colours, the nearest of the first `choices`.
    fn nearest(self, wanted: Channels, choices: u8) -> (Color, f32) {
        match self {
            Self::Rgb24 => {
                let [r, g, b] = wanted.map(|channel| whole(channel + 0.5));
                (Color::Rgb(r, g, b), distance(wanted, [r, g, b]))
            }
            Self::Indexed256 => {
                // A step begins in the middle between its value and that of the step before.
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

/// The nearest of these colours, and the squared distance to it.
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

/// The whole part of a number from 0 to 255; a little below is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both are wanted"
)]
fn whole(number: f32) -> u8 {
    number as u8
}

/// Red, green and blue of a colour that a palette has.
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
