//! The scan of a frame to pixels, at a part of the size.

use crate::frame::{Component, Frame, Scale};
use crate::huffman::{BitReader, Table, unstuffed};
use crate::transform::InverseTransform;
use image::RgbImage;

/// The samples of one component at the reduced size.
struct Plane {
    samples: Vec<u8>,
    width: usize,
    transform: InverseTransform,
    /// How many pixels of the reduced picture one sample covers, across and down.
    subsampling: [usize; 2],
}

impl Plane {
    fn new(frame: &Frame, component: &Component, scale: Scale) -> Self {
        let [across, down] = frame.subsampling(component);
        let pixels = scale.pixels_of_a_block();
        // A subsampled component has fewer blocks, so they are reduced less, where 8 x 8 allows.
        let (columns, rows) = ((pixels * across).min(8), (pixels * down).min(8));
        let width = frame.units_across * component.blocks[0] * columns;
        let height = frame.units_down * component.blocks[1] * rows;
        Self {
            samples: vec![0; width * height],
            width,
            transform: InverseTransform::new(rows, columns, &component.quantization),
            subsampling: [pixels * across / columns, pixels * down / rows],
        }
    }
}

/// Decodes a frame; `None` when its data ends early or is invalid.
pub(crate) fn decode(frame: &Frame, scale: Scale) -> Option<RgbImage> {
    let mut planes: Vec<Plane> = frame
        .components
        .iter()
        .map(|component| Plane::new(frame, component, scale))
        .collect();
    read_scan(frame, &mut planes)?;
    let side = |whole: usize| (whole * scale.pixels_of_a_block()).div_ceil(8);
    paint(&planes, side(frame.width), side(frame.height))
}

/// Reads all MCUs into the planes.
fn read_scan(frame: &Frame, planes: &mut [Plane]) -> Option<()> {
    let (data, starts) = unstuffed(frame.scan);
    let interval = match frame.restart_interval {
        0 => usize::MAX,
        interval => interval,
    };
    let mut intervals = starts.windows(2);
    let mut bits = BitReader::default();
    // Each component's last DC coefficient, to which the next one is given as a difference.
    let mut last_dc = vec![0; planes.len()];
    for unit in 0..frame.units_across * frame.units_down {
        if unit % interval == 0 {
            let &[start, end] = intervals.next()? else {
                return None;
            };
            if bits.ran_over() {
                return None;
            }
            bits = BitReader::new(&data, start, end);
            last_dc.fill(0);
        }
        let (down, across) = (unit / frame.units_across, unit % frame.units_across);
        for ((component, plane), last_dc) in
            frame.components.iter().zip(&mut *planes).zip(&mut last_dc)
        {
            let [columns, rows] = component.blocks;
            for block in 0..columns * rows {
                let (row, column) = (
                    down * rows + block / columns,
                    across * columns + block % columns,
                );
                let transform = &mut plane.transform;
                read_block(&mut bits, component, last_dc, transform)?;
                let place = row * transform.rows() * plane.width + column * transform.columns();
                transform.write(&mut plane.samples[place..], plane.width);
            }
        }
        if across == 0 && bits.ran_over() {
            return None;
        }
    }
    (!bits.ran_over()).then_some(())
}

/// Reads the coefficients of a block that the transform uses, and skips the others.
#[inline]
fn read_block(
    bits: &mut BitReader<'_>,
    Component { dc, ac, .. }: &Component,
    last_dc: &mut i32,
    transform: &mut InverseTransform,
) -> Option<()> {
    bits.refill();
    let (symbol, difference) = bits.take(dc)?;
    *last_dc = last_dc.wrapping_add(difference);
    transform.begin(*last_dc);
    let mut at = symbol.advance();
    let last = transform.last();
    while at <= last {
        bits.refill();
        let (symbol, value) = bits.take(ac)?;
        at += symbol.advance();
        if symbol.has_value() {
            transform.set(at - 1, value)?;
        }
    }
    // A refill brings 56 bits. Two symbols can have 62, but nearly all are short, so a second one
    // is mostly there without another refill.
    while at < 64 {
        bits.refill();
        at += bits.skip(ac)?.advance();
        if at < 64 && bits.has_a_symbol() {
            at += bits.skip(ac)?.advance();
        }
    }
    // 64 is the end after a last coefficient; the end-of-block symbol leads far beyond.
    (at == 64 || at >= Table::END_OF_BLOCK).then_some(())
}

/// Turns samples into RGB pixels.
fn paint(planes: &[Plane], width: usize, height: usize) -> Option<RgbImage> {
    let mut pixels = vec![0; width * height * 3];
    for (y, pixels) in pixels.chunks_exact_mut(width * 3).enumerate() {
        let pixels = pixels.as_chunks_mut::<3>().0;
        let row = |plane: &'_ Plane| {
            let start = y / plane.subsampling[1] * plane.width;
            start..start + plane.width
        };
        match planes {
            [grey] => {
                for (pixel, grey) in pixels.iter_mut().zip(&grey.samples[row(grey)]) {
                    *pixel = [*grey; 3];
                }
            }
            [luma, blue, red] => {
                let across = [luma, blue, red].map(|plane| plane.subsampling[0]);
                let lumas = &luma.samples[row(luma)];
                let blues = &blue.samples[row(blue)];
                let reds = &red.samples[row(red)];
                if across == [1, 1, 1] {
                    for (((pixel, luma), blue), red) in
                        pixels.iter_mut().zip(lumas).zip(blues).zip(reds)
                    {
                        *pixel = rgb(*luma, *blue, *red);
                    }
                } else {
                    for (x, pixel) in pixels.iter_mut().enumerate() {
                        let [luma, blue, red] = across.map(|pixels| x / pixels);
                        *pixel = rgb(lumas[luma], blues[blue], reds[red]);
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

/// JFIF's `YCbCr` to RGB, in libjpeg's 16-bit fixed point.
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
