//! A decoded frame of luma and chroma to rows of RGB.

use crate::colour::{Conversion, Nclx, to_byte};

/// A frame as a codec returns it.
pub(super) struct Frame<'a> {
    pub width: usize,
    pub height: usize,
    /// Width and height of the planes of chroma; `None` if the frame is grey.
    pub chroma: Option<[usize; 2]>,
    /// Bits of a sample.
    pub depth: u8,
    /// What the samples mean.
    pub nclx: Nclx,
    pub planes: &'a dyn Planes,
}

/// The samples of a frame.
pub(super) trait Planes {
    /// Writes the first samples of a row. Planes are luma and two of chroma; rows are within the plane.
    fn row(&self, plane: usize, y: usize, samples: &mut [f32]);
}

/// How much of each normalised plane a channel has.
type Weights = [f32; 3];

/// What brings samples to 0..1 for luma, and to -0.5..0.5 for chroma.
#[derive(Clone, Copy)]
struct Scale {
    zero: f32,
    factor: f32,
}

impl Frame<'_> {
    /// Converts the first `width` pixels of the first `height` rows, and hands each row to `put` with
    /// its number.
    pub(super) fn rgb_rows(&self, width: usize, height: usize, mut put: impl FnMut(usize, &[u8])) {
        let conversion = Conversion::of(self.nclx);
        let [luma, chroma] = self.scales();
        let weights = self.weights();
        let mut planes = [0; 3].map(|_| vec![0.0; width]);
        let mut channels = [0; 3].map(|_| vec![0.0; width]);
        let mut pixels = vec![0; width * 3];
        for y in 0..height {
            self.read(y, &mut planes);
            for (channel, [of_luma, of_blue, of_red]) in channels.iter_mut().zip(weights) {
                let (first, rest) = (&planes[0], planes[1].iter().zip(&planes[2]));
                for (value, (luma_sample, (blue, red))) in
                    channel.iter_mut().zip(first.iter().zip(rest))
                {
                    *value = of_luma * luma.of(*luma_sample)
                        + of_blue * chroma.of(*blue)
                        + of_red * chroma.of(*red);
                }
            }
            if let Some(conversion) = &conversion {
                conversion.row(&mut channels);
            }
            let [red, green, blue] = &channels;
            let samples = red.iter().zip(green).zip(blue);
            for (pixel, ((red, green), blue)) in pixels.chunks_exact_mut(3).zip(samples) {
                pixel.copy_from_slice(&[to_byte(*red), to_byte(*green), to_byte(*blue)]);
            }
            put(y, &pixels);
        }
    }

    /// Reads a row of all planes, chroma interpolated.
    fn read(&self, y: usize, planes: &mut [Vec<f32>; 3]) {
        let width = planes[0].len();
        self.planes.row(0, y, &mut planes[0]);
        let Some([chroma_width, chroma_height]) = self.chroma else {
            return;
        };
        let columns = if chroma_width == self.width {
            width
        } else {
            width.div_ceil(2)
        };
        let mut near = vec![0.0; columns];
        let mut far = vec![0.0; columns];
        for (plane, wide) in planes.iter_mut().enumerate().skip(1) {
            if chroma_height == self.height {
                self.planes.row(plane, y, &mut near);
            } else {
                // A sample of chroma lies in the middle of the four of luma that share it.
                let at = (y / 2).min(chroma_height - 1);
                let beside = if y.is_multiple_of(2) {
                    at.saturating_sub(1)
                } else {
                    at + 1
                };
                self.planes.row(plane, at, &mut near);
                self.planes
                    .row(plane, beside.min(chroma_height - 1), &mut far);
                for (near, far) in near.iter_mut().zip(&far) {
                    *near = 0.75 * *near + 0.25 * far;
                }
            }
            if chroma_width == self.width {
                wide.copy_from_slice(&near);
            } else {
                widen(&near, wide);
            }
        }
    }

    /// The scales of luma and of chroma.
    fn scales(&self) -> [Scale; 2] {
        let steps = f32::from(1_u16 << (self.depth - 8));
        let most = f32::from(u16::MAX >> (16 - self.depth));
        let scale = |zero, range: f32| Scale {
            zero,
            factor: 1.0 / range,
        };
        let Nclx {
            matrix, is_full, ..
        } = self.nclx;
        let luma = if is_full {
            scale(0.0, most)
        } else {
            scale(16.0 * steps, 219.0 * steps)
        };
        let chroma = match (matrix, is_full) {
            // Green, blue and red are all scaled as luma.
            (0, _) => luma,
            (_, true) => scale(128.0 * steps, most),
            (_, false) => scale(128.0 * steps, 224.0 * steps),
        };
        [luma, chroma]
    }

    /// The weights of red, green and blue.
    fn weights(&self) -> [Weights; 3] {
        let (red, blue) = match self.nclx.matrix {
            _ if self.chroma.is_none() => return [[1.0, 0.0, 0.0]; 3],
            // The planes are green, blue, red.
            0 => return [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            // YCgCo.
            8 => return [[1.0, -1.0, 1.0], [1.0, 1.0, 0.0], [1.0, -1.0, -1.0]],
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            // BT.601, also where nothing is said.
            _ => (0.299, 0.114),
        };
        let green = 1.0 - red - blue;
        let (from_blue, from_red) = (2.0 * (1.0 - blue), 2.0 * (1.0 - red));
        [
            [1.0, 0.0, from_red],
            [1.0, -from_blue * blue / green, -from_red * red / green],
            [1.0, from_blue, 0.0],
        ]
    }
}

impl Scale {
    fn of(self, sample: f32) -> f32 {
        (sample - self.zero) * self.factor
    }
}

/// Interpolates samples to twice as many, or one less.
fn widen(samples: &[f32], wide: &mut [f32]) {
    let Some((first, last)) = samples.first().zip(samples.last()) else {
        return;
    };
    let before = std::iter::once(first).chain(samples);
    let after = samples.iter().skip(1).chain(std::iter::once(last));
    for (((pair, sample), before), after) in wide.chunks_mut(2).zip(samples).zip(before).zip(after)
    {
        pair[0] = 0.75 * sample + 0.25 * before;
        if let Some(second) = pair.get_mut(1) {
            *second = 0.75 * sample + 0.25 * after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Planes, widen};
    use crate::colour::Nclx;

    /// Planes of one value each.
    struct Flat([f32; 3]);

    impl Planes for Flat {
        fn row(&self, plane: usize, _: usize, samples: &mut [f32]) {
            samples.fill(self.0[plane]);
        }
    }

    /// The expected values are those of ITU-T H.273's equations.
    #[test]
    fn samples_of_every_matrix_and_range_become_rgb() {
        let check = |planes: [f32; 3], depth, matrix, is_full, expected: [u8; 3]| {
            let frame = Frame {
                width: 2,
                height: 2,
                chroma: Some([1, 1]),
                depth,
                nclx: Nclx {
                    primaries: 1,
                    transfer: 13,
                    matrix,
                    is_full,
                },
                planes: &Flat(planes),
            };
            frame.rgb_rows(2, 2, |_, row| {
                assert_eq!(
                    row,
                    [expected, expected].concat(),
                    "{planes:?} {matrix} {is_full}"
                );
            });
        };
        // Red, white and a blue.
        check([76.0, 85.0, 255.0], 8, 6, true, [254, 0, 0]);
        check([235.0, 128.0, 128.0], 8, 1, false, [255, 255, 255]);
        check([940.0, 512.0, 512.0], 10, 9, false, [255, 255, 255]);
        check([63.0, 102.0, 240.0], 8, 1, false, [255, 1, 0]);
        check([32.0, 240.0, 118.0], 8, 1, false, [1, 0, 255]);
        check([10.0, 20.0, 30.0], 8, 0, true, [30, 10, 20]);
        check([255.0, 128.0, 128.0], 8, 8, true, [255, 255, 255]);
        check([4095.0, 2048.0, 2048.0], 12, 2, true, [255, 255, 255]);
    }

    #[test]
    fn chroma_is_interpolated_between_its_samples() {
        let mut wide = [0.0; 5];
        widen(&[0.0, 4.0, 8.0], &mut wide);
        assert_eq!(
            wide.map(f32::to_bits),
            [0.0_f32, 1.0, 3.0, 5.0, 7.0].map(f32::to_bits)
        );
    }
}
