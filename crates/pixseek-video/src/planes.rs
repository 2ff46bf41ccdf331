//! A decoded picture as decoders have it, luma and two differences of colour, and its way to RGB.
//!
//! The picture is made smaller before it is converted, by averaging squares of luma and of colour:
//! for half of the size this needs no interpolation of the colours at all.

use crate::colour::{Colour, LumaWeights};
use crate::tone::ToSrgb;
use image::RgbImage;
use pixseek_record::{Failure, FailureKind};
use std::borrow::Cow;

/// A picture in planes.
pub(crate) struct Planes {
    pub luma: Plane,
    /// The differences of blue and red to luma; `None` for grey pictures.
    pub chroma: Option<[Plane; 2]>,
    /// Bits of a number: 8 to 16.
    pub depth: u8,
    pub colour: Colour,
}

/// Numbers in rows.
#[derive(Clone)]
pub(crate) struct Plane {
    pub width: usize,
    pub height: usize,
    pub numbers: Vec<u16>,
}

/// How the numbers of a picture become red, green and blue between 0 and 1.
struct Conversion {
    black: f32,
    luma: f32,
    middle: f32,
    red: f32,
    green: [f32; 2],
    blue: f32,
}

/// The largest factor by which a picture is made smaller.
const LARGEST_FACTOR: usize = 8;

impl Planes {
    /// Converts the picture, at a half, a quarter or an eighth of its size if its shorter side then
    /// still has `side` pixels.
    pub(crate) fn to_rgb(&self, side: u32) -> Result<RgbImage, Failure> {
        self.check()?;
        let (width, height) = (self.luma.width, self.luma.height);
        let weights = self.colour.luma_weights([width, height]).ok_or_else(|| {
            let reason = format!("a film with the colour matrix {}", self.colour.matrix);
            Failure::new(FailureKind::Unsupported, reason)
        })?;
        let factor = factor(width.min(height), side);
        let conversion = Conversion::new(self.colour.is_full_range, self.depth, weights);
        let to_srgb = ToSrgb::of(self.colour);
        let luma = self.luma.reduced(factor, factor);
        let chroma = self.chroma.as_ref().map(|planes| {
            planes.each_ref().map(|plane| {
                let across = width.div_ceil(plane.width);
                let down = height.div_ceil(plane.height);
                plane.reduced((factor / across).max(1), (factor / down).max(1))
            })
        });
        let mut bytes = Vec::with_capacity(luma.width * luma.height * 3);
        let mut differences = [vec![0.0; luma.width], vec![0.0; luma.width]];
        for (y, row) in luma.numbers.chunks_exact(luma.width).enumerate() {
            match &chroma {
                Some(chroma) => {
                    for (plane, out) in chroma.iter().zip(&mut differences) {
                        plane.row_for(y, &luma, out);
                    }
                }
                None => differences
                    .iter_mut()
                    .for_each(|row| row.fill(conversion.middle)),
            }
            let [blues, reds] = &differences;
            for ((luma, blue), red) in row.iter().zip(blues).zip(reds) {
                let mut pixel = conversion.rgb(f32::from(*luma), *blue, *red);
                if let Some(to_srgb) = &to_srgb {
                    pixel = to_srgb.convert(pixel);
                }
                bytes.extend(pixel.map(byte));
            }
        }
        let [width, height] = [luma.width, luma.height].map(|side| u32::try_from(side).ok());
        width
            .zip(height)
            .and_then(|(width, height)| RgbImage::from_raw(width, height, bytes))
            .ok_or_else(|| damaged("its size changes on the way"))
    }

    /// Planes whose size does not fit their numbers, or each other, would be read outside of them.
    fn check(&self) -> Result<(), Failure> {
        let is_whole = |plane: &Plane| {
            let numbers = plane.width.checked_mul(plane.height);
            numbers == Some(plane.numbers.len()) && !plane.numbers.is_empty()
        };
        let is_part = |plane: &Plane| {
            let luma = &self.luma;
            let fits = |whole: usize, part: usize| part == whole || part == whole.div_ceil(2);
            is_whole(plane) && fits(luma.width, plane.width) && fits(luma.height, plane.height)
        };
        let are_right = is_whole(&self.luma)
            && self.chroma.iter().flatten().all(is_part)
            && (8..=16).contains(&self.depth);
        if are_right {
            Ok(())
        } else {
            Err(damaged("its decoder's picture is incomplete"))
        }
    }
}

impl Plane {
    pub(crate) fn of_bytes(width: u32, height: u32, bytes: &[u8]) -> Self {
        Self::of(
            width,
            height,
            bytes.iter().map(|byte| u16::from(*byte)).collect(),
        )
    }

    pub(crate) fn of(width: u32, height: u32, numbers: Vec<u16>) -> Self {
        Self {
            width: width as usize,
            height: height as usize,
            numbers,
        }
    }

    /// The means of rectangles; those at the right and lower edge may be smaller.
    fn reduced(&self, across: usize, down: usize) -> Cow<'_, Self> {
        if across == 1 && down == 1 {
            return Cow::Borrowed(self);
        }
        let width = self.width.div_ceil(across);
        let mut numbers = Vec::with_capacity(width * self.height.div_ceil(down));
        for rows in self.numbers.chunks(self.width * down) {
            let height = rows.len() / self.width;
            let mut sums = vec![0_u32; width];
            for row in rows.chunks_exact(self.width) {
                for (sum, part) in sums.iter_mut().zip(row.chunks(across)) {
                    *sum += part.iter().map(|number| u32::from(*number)).sum::<u32>();
                }
            }
            for (x, sum) in sums.into_iter().enumerate() {
                let area = (self.width - x * across).min(across) * height;
                let area = u32::try_from(area).unwrap_or(1);
                numbers.push(u16::try_from((sum + area / 2) / area).unwrap_or(u16::MAX));
            }
        }
        Cow::Owned(Self {
            width,
            height: self.height.div_ceil(down),
            numbers,
        })
    }

    /// The numbers for a row of luma. Between them they are interpolated: MPEG-4 pictures have a
    /// difference of colour at every second column of luma, and between two rows.
    fn row_for(&self, y: usize, luma: &Self, out: &mut [f32]) {
        let row = |y: usize| {
            let y = y.min(self.height - 1);
            &self.numbers[y * self.width..][..self.width]
        };
        let halved_down = self.height != luma.height;
        let halved_across = self.width != luma.width;
        let (near, far) = if !halved_down {
            (row(y), row(y))
        } else if y.is_multiple_of(2) {
            (row(y / 2), row((y / 2).saturating_sub(1)))
        } else {
            (row(y / 2), row(y / 2 + 1))
        };
        let mix = |x: usize| f32::from(near[x]) * 0.75 + f32::from(far[x]) * 0.25;
        if halved_across {
            let last = self.width - 1;
            let mut left = mix(0);
            for (x, pair) in out.chunks_mut(2).enumerate() {
                let right = mix((x + 1).min(last));
                pair[0] = left;
                if let Some(second) = pair.get_mut(1) {
                    *second = f32::midpoint(left, right);
                }
                left = right;
            }
        } else {
            for (x, out) in out.iter_mut().enumerate() {
                *out = mix(x);
            }
        }
    }
}

impl Conversion {
    fn new(is_full_range: bool, depth: u8, weights: LumaWeights) -> Self {
        let step = f32::from(1_u16 << (depth - 8));
        let most = 256.0 * step - 1.0;
        let (black, luma, chroma) = if is_full_range {
            (0.0, most, most)
        } else {
            (16.0 * step, 219.0 * step, 224.0 * step)
        };
        let LumaWeights { red, blue } = weights;
        let green = 1.0 - red - blue;
        let of_red = 2.0 * (1.0 - red);
        let of_blue = 2.0 * (1.0 - blue);
        Self {
            black,
            luma: 1.0 / luma,
            middle: 128.0 * step,
            red: of_red / chroma,
            green: [
                of_blue * blue / green / chroma,
                of_red * red / green / chroma,
            ],
            blue: of_blue / chroma,
        }
    }

    fn rgb(&self, luma: f32, blue: f32, red: f32) -> [f32; 3] {
        let luma = (luma - self.black) * self.luma;
        let blue = blue - self.middle;
        let red = red - self.middle;
        [
            luma + self.red * red,
            luma - self.green[0] * blue - self.green[1] * red,
            luma + self.blue * blue,
        ]
    }
}

/// The largest power of two by which a side may be divided.
fn factor(shorter: usize, side: u32) -> usize {
    let mut factor = 1;
    while factor < LARGEST_FACTOR && shorter / (factor * 2) >= (side as usize).max(1) {
        factor *= 2;
    }
    factor
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 255"
)]
fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

fn damaged(reason: &str) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}
