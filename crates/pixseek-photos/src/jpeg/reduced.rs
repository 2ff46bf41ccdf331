//! A baseline JPEG at a half, a quarter or an eighth of its size.
//!
//! A model looks at a few hundred pixels, and a camera writes thousands. The low frequencies of
//! each 8 x 8 block *are* the block at a smaller size (what libjpeg calls DCT scaling), so only
//! they are transformed; of the others just the length is read, which is most of what a full
//! decoder spends its time on. What is out of the ordinary (progressive, arithmetic, four
//! colours, several scans) or damaged in any way is left to the full decoder, by returning
//! nothing: its verdict and its words count.

use super::header::{Component, Frame};
use super::huffman::{Bits, Table, unstuffed};
use super::inverse::Inverse;
use image::RgbImage;

/// Pixels of the reduced picture for each that is wanted, along a side; what is above 1 makes
/// edges as sharp as those of the whole picture. Least cosine of the embedded model's vectors to
/// those of whole pictures, over those of 2,202 real photos that are reduced
/// (`cargo run --release --example reduced`): 0.981 with 1 (80 of 2,104 below 0.995), 0.981 with
/// 1.25 (4 of 1,074), 0.9967 with 1.5 (none of 1,011), 0.9986 with 2 (none of 186).
const SPARE: f64 = 1.5;

/// A picture at a part of its size.
pub(crate) struct Reduced {
    pub image: RgbImage,
    /// Its pixels for each of the whole's, along a side.
    pub scale: f64,
}

/// A picture that can be decoded at a part of its size.
pub(crate) struct Plan<'a> {
    frame: Frame<'a>,
    eighths: usize,
    scale: f64,
}

/// Plans to decode `bytes` so that the shortest side has at least `least` pixels and some to
/// spare; `None` where only the whole picture is large enough, or where the full decoder is
/// needed.
pub(crate) fn plan(bytes: &[u8], least: u32) -> Option<Plan<'_>> {
    let frame = Frame::read(bytes)?;
    let short = frame.width.min(frame.height);
    let wanted = f64::from(least) * SPARE;
    #[expect(clippy::cast_precision_loss, reason = "a JPEG's sides are below 2^16")]
    let (eighths, scale) = [(1, 0.125), (2, 0.25), (4, 0.5)]
        .into_iter()
        .find(|(_, scale)| short as f64 * scale >= wanted)?;
    Some(Plan {
        frame,
        eighths,
        scale,
    })
}

impl Plan<'_> {
    /// Decodes the picture; `None` when it is damaged.
    pub(crate) fn decode(&self) -> Option<Reduced> {
        let mut planes: Vec<Plane> = self
            .frame
            .components
            .iter()
            .map(|component| Plane::new(&self.frame, component, self.eighths))
            .collect();
        decode(&self.frame, &mut planes)?;
        let image = paint(&self.frame, &planes, self.eighths)?;
        let scale = self.scale;
        Some(Reduced { image, scale })
    }

    /// Pixels of the reduced picture, with those of blocks that reach over its edges.
    pub(crate) fn pixels(&self) -> u64 {
        let units = self.frame.units_across * self.frame.units_down;
        let unit = self.frame.pixels_of_a_unit() * self.eighths * self.eighths / 64;
        (units * unit) as u64
    }

    /// Bytes that decoding takes: of the scan, of three planes and of the picture.
    pub(crate) fn memory(&self) -> u64 {
        self.frame.scan.len() as u64 + self.pixels() * 6
    }
}

/// A component's reduced samples, and how to come by them.
struct Plane {
    samples: Vec<u8>,
    width: usize,
    inverse: Inverse,
    /// Samples that stand for this many pixels, across and down.
    repeat: [usize; 2],
}

impl Plane {
    fn new(frame: &Frame, component: &Component, eighths: usize) -> Self {
        let [across, down] = frame.share(component);
        // Colours have fewer blocks, which are reduced less: no sample is made twice.
        let (columns, rows) = ((eighths * across).min(8), (eighths * down).min(8));
        let width = frame.units_across * component.blocks[0] * columns;
        let height = frame.units_down * component.blocks[1] * rows;
        Self {
            samples: vec![0; width * height],
            width,
            inverse: Inverse::new(rows, columns, &component.quantization),
            repeat: [eighths * across / columns, eighths * down / rows],
        }
    }
}

/// Reads all blocks; `None` when the data ends early or makes no sense.
fn decode(frame: &Frame, planes: &mut [Plane]) -> Option<()> {
    let (data, starts) = unstuffed(frame.scan);
    let interval = match frame.restart_interval {
        0 => usize::MAX,
        interval => interval,
    };
    let mut segments = starts.windows(2);
    let mut bits = Bits::default();
    let mut before = vec![0; planes.len()];
    for unit in 0..frame.units_across * frame.units_down {
        if unit % interval == 0 {
            let &[start, end] = segments.next()? else {
                return None;
            };
            if bits.ran_over() {
                return None;
            }
            bits = Bits::new(&data, start, end);
            before.fill(0);
        }
        let (down, across) = (unit / frame.units_across, unit % frame.units_across);
        for ((component, plane), before) in
            frame.components.iter().zip(&mut *planes).zip(&mut before)
        {
            let [columns, rows] = component.blocks;
            for block in 0..columns * rows {
                let (row, column) = (
                    down * rows + block / columns,
                    across * columns + block % columns,
                );
                let inverse = &mut plane.inverse;
                read_block(&mut bits, [&component.dc, &component.ac], before, inverse)?;
                let place = row * inverse.rows() * plane.width + column * inverse.columns();
                inverse.write(&mut plane.samples[place..], plane.width);
            }
        }
        if across == 0 && bits.ran_over() {
            return None;
        }
    }
    (!bits.ran_over()).then_some(())
}

/// Reads a block's coefficients up to the last one that counts, and passes over the others.
#[inline]
fn read_block(
    bits: &mut Bits<'_>,
    [dc, ac]: [&Table; 2],
    before: &mut i32,
    inverse: &mut Inverse,
) -> Option<()> {
    bits.refill();
    let (symbol, difference) = bits.take(dc)?;
    *before = before.wrapping_add(difference);
    inverse.begin(*before);
    let mut at = symbol.advance();
    let last = inverse.last();
    while at <= last {
        bits.refill();
        let (symbol, value) = bits.take(ac)?;
        at += symbol.advance();
        if symbol.has_value() {
            inverse.set(at - 1, value)?;
        }
    }
    // Two symbols have at most 62 bits together, and a refill brings 56: one at a time, but
    // nearly all are short.
    while at < 64 {
        bits.refill();
        at += bits.pass(ac)?.advance();
        if at < 64 && bits.has_a_symbol() {
            at += bits.pass(ac)?.advance();
        }
    }
    // 64 is a block's end after its last coefficient; an end of block goes far beyond.
    (at == 64 || at >= Table::END_OF_BLOCK).then_some(())
}

/// Samples to pixels.
fn paint(frame: &Frame, planes: &[Plane], eighths: usize) -> Option<RgbImage> {
    let width = (frame.width * eighths).div_ceil(8);
    let height = (frame.height * eighths).div_ceil(8);
    let mut pixels = vec![0; width * height * 3];
    for (y, pixels) in pixels.chunks_exact_mut(width * 3).enumerate() {
        let pixels = pixels.as_chunks_mut::<3>().0;
        let row = |plane: &'_ Plane| {
            let start = y / plane.repeat[1] * plane.width;
            start..start + plane.width
        };
        match planes {
            [grey] => {
                for (pixel, grey) in pixels.iter_mut().zip(&grey.samples[row(grey)]) {
                    *pixel = [*grey; 3];
                }
            }
            [luma, blue, red] => {
                let luma = &luma.samples[row(luma)];
                let (across, blues) = (blue.repeat[0], &blue.samples[row(blue)]);
                let reds = &red.samples[row(red)];
                if across == 1 && red.repeat[0] == 1 {
                    for (((pixel, luma), blue), red) in
                        pixels.iter_mut().zip(luma).zip(blues).zip(reds)
                    {
                        *pixel = rgb(*luma, *blue, *red);
                    }
                } else {
                    for (x, (pixel, luma)) in pixels.iter_mut().zip(luma).enumerate() {
                        *pixel = rgb(*luma, blues[x / across], reds[x / red.repeat[0]]);
                    }
                }
            }
            _ => return None,
        }
    }
    RgbImage::from_raw(
        u32::try_from(width).ok()?,
        u32::try_from(height).ok()?,
        pixels,
    )
}

/// JFIF's colours, in 16-bit fixed point as libjpeg computes them.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
#[inline]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + ((91_881 * red + HALF) >> 16),
        luma + ((-22_554 * blue - 46_802 * red + HALF) >> 16),
        luma + ((116_130 * blue + HALF) >> 16),
    ]
    .map(|value| value.clamp(0, 255) as u8)
}
