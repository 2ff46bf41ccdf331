//! The header of a JPEG that can be reduced, and the sizes that it can be reduced to.

use crate::coefficients::bytes_of_a_block;
use crate::header::{Segments, u16_at};
use crate::picture::paint;
use crate::scan::Scan;
use crate::tables::Tables;
use crate::transform::used;
use crate::{progressive, sequential};
use image::RgbImage;

/// The header of a sequential or progressive JPEG, and the scans behind it.
pub struct Frame<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// One for grey; luma, blue difference and red difference otherwise.
    pub(crate) components: Vec<Component>,
    pub(crate) is_progressive: bool,
    /// MCUs (minimum coded units), across and down.
    pub(crate) units_across: usize,
    pub(crate) units_down: usize,
    /// The first scan, and the tables as they are in front of it.
    pub(crate) scan: Scan,
    pub(crate) tables: Tables,
    /// The bytes from the end of the first scan's header to the end of the file.
    pub(crate) data: &'a [u8],
    /// The largest sampling factors, across and down.
    max_blocks: [usize; 2],
}

/// A component (luma or one of the colours) as the frame header lists it.
pub(crate) struct Component {
    pub id: u8,
    /// Its blocks in an MCU (sampling factors), across and down.
    pub blocks: [usize; 2],
    /// The number of its quantization table.
    pub quantization: usize,
}

/// How small a picture is decoded, along each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// An eighth: each block becomes one pixel.
    Eighth,
    /// A quarter: each block becomes 2 x 2 pixels.
    Quarter,
    /// A half: each block becomes 4 x 4 pixels.
    Half,
}

impl Scale {
    /// From the smallest to the largest.
    pub const ALL: [Self; 3] = [Self::Eighth, Self::Quarter, Self::Half];

    /// Pixels of the reduced picture for each pixel of the whole one, along a side.
    #[must_use]
    pub fn factor(self) -> f64 {
        match self {
            Self::Eighth => 0.125,
            Self::Quarter => 0.25,
            Self::Half => 0.5,
        }
    }

    /// Pixels that a block of 8 x 8 becomes, along a side.
    pub(crate) fn pixels_of_a_block(self) -> usize {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
        }
    }
}

impl<'a> Frame<'a> {
    /// Reads the segments up to the first scan. Returns `None` where they are broken or describe
    /// anything but Huffman-coded grey or `YCbCr` of 8 bits whose sampling factors are 1, 2 or 4.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut segments = Segments::of(bytes)?;
        let mut tables = Tables::default();
        let mut frame = None;
        loop {
            let (marker, segment) = segments.next()?;
            match marker {
                // Baseline, extended and progressive. A second frame header is refused: it could
                // give another size than the one that the caller has checked.
                0xC0..=0xC2 if frame.is_none() => {
                    frame = Some(Self::of_header(segment, marker == 0xC2)?);
                }
                0xDA => {
                    let frame = frame?;
                    return Some(Self {
                        scan: Scan::read(segment, &frame)?,
                        tables,
                        data: segments.rest(),
                        ..frame
                    });
                }
                // In Adobe's segment a colour transform of 1 is YCbCr.
                0xEE if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => {
                    return None;
                }
                _ => tables.define(marker, segment)?,
            }
        }
    }

    /// Width and height of the whole picture.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Decodes the picture at `scale`; sides are rounded up. Returns `None` when it is damaged.
    #[must_use]
    pub fn decode(&self, scale: Scale) -> Option<RgbImage> {
        let planes = if self.has_one_scan() {
            sequential::read(self, scale)
        } else {
            progressive::read(self, scale)
        };
        let side = |whole: usize| (whole * scale.pixels_of_a_block()).div_ceil(8);
        paint(&planes?, side(self.width), side(self.height))
    }

    /// Pixels of the picture at `scale`, with those of blocks that reach beyond its edges.
    #[must_use]
    pub fn pixels(&self, scale: Scale) -> u64 {
        let units = self.units_across as u64 * self.units_down as u64;
        let blocks = (self.max_blocks[0] * self.max_blocks[1]) as u64;
        units * blocks * (scale.pixels_of_a_block() as u64).pow(2)
    }

    /// Bytes that [`Frame::decode`] takes, beside tables of a few kilobytes: a copy of the longest
    /// scan, three planes, the picture, and the coefficients if they come in several scans.
    #[must_use]
    pub fn memory(&self, scale: Scale) -> u64 {
        let coefficients = |component: usize| {
            let [columns, rows] = self.samples_of_a_block(component, scale);
            let [across, down] = self.blocks(component);
            (across * down) as u64 * bytes_of_a_block(used(rows, columns))
        };
        let collected: u64 = if self.has_one_scan() {
            0
        } else {
            (0..self.components.len()).map(coefficients).sum()
        };
        self.data.len() as u64 + self.pixels(scale) * 6 + collected
    }

    /// Whether the first scan has the whole picture.
    pub(crate) fn has_one_scan(&self) -> bool {
        !self.is_progressive && self.scan.components.len() == self.components.len()
    }

    /// How many pixels of the whole picture one sample of a component covers, across and down.
    pub(crate) fn subsampling(&self, component: usize) -> [usize; 2] {
        [0, 1].map(|axis| self.max_blocks[axis] / self.components[component].blocks[axis])
    }

    /// Samples that a block of a component becomes, across and down. A subsampled component has
    /// fewer blocks, so they are reduced less, where 8 x 8 allows.
    pub(crate) fn samples_of_a_block(&self, component: usize, scale: Scale) -> [usize; 2] {
        let subsampling = self.subsampling(component);
        subsampling.map(|factor| (scale.pixels_of_a_block() * factor).min(8))
    }

    /// Blocks of a component in all MCUs, across and down.
    pub(crate) fn blocks(&self, component: usize) -> [usize; 2] {
        let [columns, rows] = self.components[component].blocks;
        [self.units_across * columns, self.units_down * rows]
    }

    /// Blocks of a component that have a part of the picture, across and down.
    pub(crate) fn blocks_inside(&self, component: usize) -> [usize; 2] {
        let [across, down] = self.subsampling(component);
        [
            self.width.div_ceil(8 * across),
            self.height.div_ceil(8 * down),
        ]
    }

    /// Reads a frame header (SOF); the scans are not known yet.
    fn of_header(segment: &[u8], is_progressive: bool) -> Option<Self> {
        let precision = *segment.first()?;
        let height = usize::from(u16_at(segment, 1)?);
        let width = usize::from(u16_at(segment, 3)?);
        let count = usize::from(*segment.get(5)?);
        let listed = segment.get(6..)?;
        let is_known = precision == 8 && matches!(count, 1 | 3) && listed.len() == 3 * count;
        if !is_known || width == 0 || height == 0 {
            return None;
        }
        let listed = listed.as_chunks::<3>().0.iter();
        let mut components: Vec<_> = listed
            .map(|[id, blocks, quantization]| Component {
                id: *id,
                blocks: [usize::from(blocks >> 4), usize::from(blocks & 15)],
                quantization: usize::from(*quantization),
            })
            .collect();
        // With a factor of three, a sample would cover a fraction of a pixel.
        let are_known = components
            .iter()
            .all(|one| one.blocks.iter().all(|blocks| matches!(blocks, 1 | 2 | 4)));
        // Some programs store RGB without a transform and say so in the components' names alone.
        let are_rgb = components.iter().map(|one| one.id).eq(*b"RGB");
        if !are_known || are_rgb {
            return None;
        }
        if let [grey] = &mut components[..] {
            // A single component is not interleaved: its MCU is one block.
            grey.blocks = [1, 1];
        }
        let most = |axis: usize| components.iter().map(|one| one.blocks[axis]).max();
        let max_blocks = [most(0)?, most(1)?];
        Some(Self {
            width,
            height,
            components,
            is_progressive,
            units_across: width.div_ceil(8 * max_blocks[0]),
            units_down: height.div_ceil(8 * max_blocks[1]),
            scan: Scan::default(),
            tables: Tables::default(),
            data: &[],
            max_blocks,
        })
    }
}
