//! Colour by the code points of ITU-T H.273, as HEIF, AVIF and their codecs write them.

use super::high_range::compressed;

/// What the numbers of a picture mean. 2 stands for what is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nclx {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
    /// Whether samples use all values; otherwise black is 16 and white 235, at 8 bits.
    pub is_full: bool,
}

impl Nclx {
    /// The same with the colours of sRGB.
    pub(crate) fn without_colours(self) -> Self {
        Self {
            primaries: 1,
            transfer: 13,
            ..self
        }
    }
}

/// Entries of the table that makes linear light of samples.
const SAMPLES: usize = 1024;
/// Entries of the table that makes sRGB of linear light.
pub(super) const LIGHT: usize = 4096;

/// Luminance of white in pictures of a standard range, in cd/m² (ITU-R BT.2408).
const WHITE: f32 = 203.0;
/// Luminance of HLG's peak on a reference display, in cd/m² (ITU-R BT.2100).
const HLG_PEAK: f32 = 1000.0;
/// Converts samples of RGB to sRGB: linear light, other primaries, and sRGB's curve again.
pub(crate) struct Conversion {
    light: Vec<f32>,
    srgb: Vec<f32>,
    matrix: [[f32; 3]; 3],
    is_high_range: bool,
}

impl Conversion {
    /// `None` for what is sRGB, or so near to it that viewers make no difference.
    pub(crate) fn of(nclx: Nclx) -> Option<Self> {
        let matrix = matrix(nclx.primaries);
        let curve = curve(nclx.transfer);
        if matrix.is_none() && curve.is_none() {
            return None;
        }
        let curve = curve.unwrap_or(srgb_to_light);
        Some(Self {
            light: table(SAMPLES, curve),
            srgb: table(LIGHT, encoded),
            matrix: matrix.unwrap_or([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            is_high_range: matches!(nclx.transfer, 16 | 18),
        })
    }

    /// Converts a row of samples between 0 and 1, its red, green and blue apart.
    pub(crate) fn row(&self, channels: &mut [Vec<f32>; 3]) {
        for sample in channels.iter_mut().flatten() {
            *sample = look_up(&self.light, *sample);
        }
        let [first, second, third] = self.matrix;
        let dot = |weights: [f32; 3], [red, green, blue]: [f32; 3]| {
            (weights[0] * red + weights[1] * green + weights[2] * blue).max(0.0)
        };
        let [red, green, blue] = channels;
        for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
            let light = [*red, *green, *blue];
            let mut light = [dot(first, light), dot(second, light), dot(third, light)];
            if self.is_high_range {
                light = compressed(light);
            }
            [*red, *green, *blue] = light;
        }
        for sample in channels.iter_mut().flatten() {
            *sample = look_up(&self.srgb, *sample);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a table has a few thousand entries"
)]
pub(super) fn table(count: usize, value: impl Fn(f32) -> f32) -> Vec<f32> {
    let last = (count - 1) as f32;
    (0..count).map(|at| value(at as f32 / last)).collect()
}

/// The entry of a table for a value between 0 and 1.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a table has a few thousand entries, and the cast stops at 0"
)]
pub(super) fn look_up(table: &[f32], value: f32) -> f32 {
    let last = table.len() - 1;
    table[((value * last as f32 + 0.5) as usize).min(last)]
}

/// Linear RGB of these primaries to that of sRGB; `None` where they are the same or nearly so.
fn matrix(primaries: u16) -> Option<[[f32; 3]; 3]> {
    match primaries {
        // BT.2020.
        9 => Some([
            [1.660_491, -0.587_641, -0.072_85],
            [-0.124_55, 1.132_9, -0.008_349],
            [-0.018_151, -0.100_579, 1.118_73],
        ]),
        // P3 with the white of cinemas or of screens.
        11 | 12 => Some([
            [1.224_94, -0.224_94, 0.0],
            [-0.042_057, 1.042_057, 0.0],
            [-0.019_638, -0.078_636, 1.098_274],
        ]),
        _ => None,
    }
}

/// A sample to linear light, of which white has 1; `None` for curves that screens show as sRGB's.
fn curve(transfer: u16) -> Option<fn(f32) -> f32> {
    match transfer {
        4 => Some(|sample| sample.powf(2.2)),
        5 => Some(|sample| sample.powf(2.8)),
        8 => Some(|sample| sample),
        16 => Some(perceptual_quantizer),
        18 => Some(hybrid_log_gamma),
        _ => None,
    }
}

fn srgb_to_light(sample: f32) -> f32 {
    if sample <= 0.04045 {
        sample / 12.92
    } else {
        ((sample + 0.055) / 1.055).powf(2.4)
    }
}

pub(super) fn encoded(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// SMPTE ST 2084.
fn perceptual_quantizer(sample: f32) -> f32 {
    let power = sample.powf(1.0 / 78.843_75);
    let light = (power - 0.835_937_5).max(0.0) / (18.851_562 - 18.687_5 * power);
    light.powf(1.0 / 0.159_301_76) * 10_000.0 / WHITE
}

/// The inverse of HLG's curve, and the gamma of its reference display for each channel alone.
fn hybrid_log_gamma(sample: f32) -> f32 {
    let scene = if sample <= 0.5 {
        sample * sample / 3.0
    } else {
        (((sample - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0
    };
    scene.powf(1.2) * HLG_PEAK / WHITE
}

#[cfg(test)]
mod tests {
    use super::{Conversion, Nclx};
    use crate::colour::to_byte;

    fn conversion(primaries: u16, transfer: u16) -> Option<Conversion> {
        Conversion::of(Nclx {
            primaries,
            transfer,
            matrix: 6,
            is_full: true,
        })
    }

    fn converted(conversion: &Conversion, samples: [f32; 3]) -> [u8; 3] {
        let mut channels = samples.map(|sample| vec![sample]);
        conversion.row(&mut channels);
        channels.map(|channel| to_byte(channel[0]))
    }

    #[test]
    fn srgb_is_left_as_it_is() {
        for (primaries, transfer) in [(1, 13), (2, 2), (1, 1), (6, 6)] {
            assert!(conversion(primaries, transfer).is_none());
        }
    }

    /// The expected values follow from the primaries and sRGB's curve, computed with numpy in double
    /// precision; tables of samples and light cost a step at most.
    #[test]
    fn wide_colours_become_what_srgb_has_for_them() {
        let check = |primaries, samples: [u8; 3], expected: [u8; 3]| {
            let samples = samples.map(|sample| f32::from(sample) / 255.0);
            let converted = converted(&conversion(primaries, 13).unwrap(), samples);
            for (found, expected) in converted.into_iter().zip(expected) {
                assert!(found.abs_diff(expected) <= 1, "{primaries}: {converted:?}");
            }
        };
        for primaries in [9, 12] {
            check(primaries, [0, 0, 0], [0, 0, 0]);
            check(primaries, [128, 128, 128], [128, 128, 128]);
            check(primaries, [255, 255, 255], [255, 255, 255]);
        }
        check(12, [200, 100, 50], [215, 93, 31]);
        check(12, [255, 0, 0], [255, 0, 0]);
    }

    #[test]
    fn high_ranges_keep_their_greys_and_compress_their_lights() {
        // A grey of 18 % and white of 203 cd/m² in PQ, and the brightest sample.
        let pq = conversion(9, 16).unwrap();
        let grey = |conversion: &Conversion, sample: f32| {
            let [red, green, blue] = converted(conversion, [sample; 3]);
            assert!(red.abs_diff(green) <= 1 && green.abs_diff(blue) <= 1);
            green
        };
        assert!(grey(&pq, 0.411).abs_diff(118) <= 4, "{}", grey(&pq, 0.411));
        let white = grey(&pq, 0.581);
        assert!((225..250).contains(&white), "{white}");
        assert!(grey(&pq, 1.0) > 250);
        let hlg = conversion(9, 18).unwrap();
        let white = grey(&hlg, 0.75);
        assert!((225..250).contains(&white), "{white}");
    }
}
