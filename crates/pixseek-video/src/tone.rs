//! Wide and bright colours as those of a screen: BT.2020 and P3 to sRGB, and high dynamic range to what
//! a screen of 203 cd/m² shows.
//!
//! Highlights are compressed and not cut: what is darker than 0.7 of white keeps its brightness, and the
//! rest is bent so that 1000 cd/m² are just below white. Hues stay, because all three colours are
//! multiplied by the same number.

use crate::colour::{Colour, PRIMARIES_2020, PRIMARIES_P3, TRANSFER_HLG, TRANSFER_PQ};

/// The way from a film's colours to sRGB.
pub(crate) struct ToSrgb {
    /// Light, with 1 for a white sheet of paper, by the film's numbers.
    light: Vec<f32>,
    transfer: Transfer,
    primaries: [[f32; 3]; 3],
    /// sRGB's numbers by light.
    numbers: Vec<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Pq,
    Hlg,
    /// The gamma of films of ordinary range.
    Ordinary,
}

/// Entries of the tables: more than numbers of 10 bits.
const ENTRIES: u16 = 4096;

/// The light of a white sheet of paper in films of high dynamic range, in cd/m² (BT.2408).
const PAPER: f32 = 203.0;
/// The light of the screen that hybrid log-gamma is mastered on.
const HLG_SCREEN: f32 = 1000.0;
/// Below this part of white, light is kept as it is.
const KNEE: f32 = 0.7;

const UNCHANGED: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Red, green and blue of BT.2020 as those of BT.709 (BT.2087).
const FROM_2020: [[f32; 3]; 3] = [
    [1.6605, -0.5876, -0.0728],
    [-0.1246, 1.1329, -0.0083],
    [-0.0182, -0.1006, 1.1187],
];

/// Red, green and blue of P3 as those of BT.709.
const FROM_P3: [[f32; 3]; 3] = [
    [1.2249, -0.2249, 0.0],
    [-0.0420, 1.0420, 0.0],
    [-0.0197, -0.0786, 1.0983],
];

impl ToSrgb {
    /// Returns the way from these colours, or nothing if they are taken as they are.
    pub(crate) fn of(colour: Colour) -> Option<Self> {
        let transfer = match colour.transfer {
            TRANSFER_PQ => Transfer::Pq,
            TRANSFER_HLG => Transfer::Hlg,
            _ => Transfer::Ordinary,
        };
        let primaries = match colour.primaries {
            PRIMARIES_2020 => FROM_2020,
            PRIMARIES_P3 => FROM_P3,
            _ if transfer == Transfer::Ordinary => return None,
            _ => UNCHANGED,
        };
        let table = |value: &dyn Fn(f32) -> f32| {
            let last = f32::from(ENTRIES - 1);
            (0..ENTRIES)
                .map(|entry| value(f32::from(entry) / last))
                .collect()
        };
        Some(Self {
            light: table(&|number| transfer.light(number)),
            transfer,
            primaries,
            numbers: table(&srgb),
        })
    }

    pub(crate) fn convert(&self, pixel: [f32; 3]) -> [f32; 3] {
        let mut light = pixel.map(|number| at(&self.light, number));
        if self.transfer == Transfer::Hlg {
            // The screen's gamma of 1.2 is of luma, so that hues stay.
            let luma = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2];
            let screen = luma.powf(0.2) * HLG_SCREEN / PAPER;
            light = light.map(|light| light * screen);
        }
        if self.transfer != Transfer::Ordinary {
            let brightest = light.into_iter().fold(0.0, f32::max);
            if brightest > KNEE {
                let bent = bent(brightest) / brightest;
                light = light.map(|light| light * bent);
            }
        }
        self.primaries.map(|row| {
            let light: f32 = row
                .iter()
                .zip(light)
                .map(|(weight, light)| weight * light)
                .sum();
            at(&self.numbers, light)
        })
    }
}

impl Transfer {
    /// Light by a number between 0 and 1.
    fn light(self, number: f32) -> f32 {
        match self {
            Self::Pq => {
                // ST 2084
                let power = number.powf(1.0 / 78.843_75);
                let top = (power - 0.835_937_5).max(0.0);
                let light = (top / (18.851_563 - 18.687_5 * power)).powf(1.0 / 0.159_301_76);
                light * 10_000.0 / PAPER
            }
            Self::Hlg if number <= 0.5 => number * number / 3.0,
            Self::Hlg => (((number - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0,
            // BT.1886's 2.4 is for dark rooms.
            Self::Ordinary => number.powf(2.2),
        }
    }
}

/// Light above the knee, bent below 1.
fn bent(light: f32) -> f32 {
    let above = light - KNEE;
    let room = 1.0 - KNEE;
    KNEE + room * above / (above + room)
}

fn srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// The entry of a table for a number between 0 and 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 4095"
)]
fn at(table: &[f32], number: f32) -> f32 {
    let entry = number.clamp(0.0, 1.0) * f32::from(ENTRIES - 1) + 0.5;
    table.get(entry as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{ToSrgb, Transfer};
    use crate::colour::{Colour, PRIMARIES_2020, PRIMARIES_P3, TRANSFER_HLG, TRANSFER_PQ};

    fn colour(primaries: u8, transfer: u8) -> Colour {
        Colour {
            primaries,
            transfer,
            ..Colour::default()
        }
    }

    #[test]
    fn transfer_functions_are_those_of_the_standards() {
        // BT.2408, table 1: paper is 58 % of PQ and 75 % of HLG, both 203 cd/m²; BT.2100 for the rest.
        let check = |transfer: Transfer, number: f32, expected: f32| {
            let light = transfer.light(number);
            assert!(
                (light - expected).abs() < 0.01,
                "{transfer:?} {number}: {light}"
            );
        };
        check(Transfer::Pq, 0.0, 0.0);
        check(Transfer::Pq, 0.5807, 1.0);
        check(Transfer::Pq, 1.0, 10_000.0 / 203.0);
        check(Transfer::Hlg, 0.5, 1.0 / 12.0);
        check(Transfer::Hlg, 0.75, 0.265);
        check(Transfer::Hlg, 1.0, 1.0);
    }

    #[test]
    fn greys_stay_grey_and_brighter_ones_brighter() {
        for transfer in [TRANSFER_PQ, TRANSFER_HLG] {
            let to_srgb = ToSrgb::of(colour(PRIMARIES_2020, transfer)).unwrap();
            let paper = if transfer == TRANSFER_PQ { 0.58 } else { 0.75 };
            let mut last = -1.0;
            for step in 0_u16..=50 {
                let number = f32::from(step) / 50.0;
                let [red, green, blue] = to_srgb.convert([number; 3]);
                assert!((red - green).abs() < 0.01 && (green - blue).abs() < 0.01);
                assert!(green >= last);
                last = green;
            }
            let [_, paper, _] = to_srgb.convert([paper; 3]);
            assert!((0.85..0.97).contains(&paper), "{paper}");
            assert!((0.98..=1.0).contains(&last), "{last}");
        }
    }

    #[test]
    fn wide_colours_become_those_of_srgb() {
        assert!(ToSrgb::of(colour(1, 1)).is_none());
        let check = |primaries: u8, film: [f32; 3], expected: [f32; 3]| {
            let shown = ToSrgb::of(colour(primaries, 1)).unwrap().convert(film);
            for (shown, expected) in shown.iter().zip(expected) {
                assert!((shown - expected).abs() < 0.02, "{film:?}: {shown:?}");
            }
        };
        check(PRIMARIES_P3, [1.0; 3], [1.0; 3]);
        check(PRIMARIES_2020, [1.0; 3], [1.0; 3]);
        // P3's green is outside of sRGB.
        check(PRIMARIES_P3, [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]);
        check(PRIMARIES_2020, [0.5, 0.4, 0.3], [0.564, 0.386, 0.276]);
    }
}
