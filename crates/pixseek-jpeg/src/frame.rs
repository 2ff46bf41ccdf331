//! The header of a JPEG that can be reduced, and the sizes that it can be reduced to.

use crate::header::{Segments, u16_at};
use crate::huffman::Table;
use crate::reduce;
use image::RgbImage;

/// The header of a baseline JPEG of one scan, and the bytes of that scan.
pub struct Frame<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// One for grey; luma, blue difference and red difference otherwise.
    pub(crate) components: Vec<Component>,
    /// MCUs (minimum coded units), across and down.
    pub(crate) units_across: usize,
    pub(crate) units_down: usize,
    /// MCUs between two restart markers; 0 without restarts.
    pub(crate) restart_interval: usize,
    /// The bytes from the end of the scan's header to the end of the file.
    pub(crate) scan: &'a [u8],
    /// The largest sampling factors, across and down.
    max_blocks: [usize; 2],
}

/// A component (luma or one of the colours) and the tables of its scan.
pub(crate) struct Component {
    /// Its blocks in an MCU (sampling factors), across and down.
    pub blocks: [usize; 2],
    /// In zigzag order.
    pub quantization: [u16; 64],
    pub dc: Table,
    pub ac: Table,
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

/// A component as the frame header lists it, before the tables are known.
struct Listed {
    id: u8,
    blocks: [usize; 2],
    quantization: usize,
}

/// The tables that the segments have defined so far.
#[derive(Default)]
struct Tables {
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
}

impl<'a> Frame<'a> {
    /// Reads the segments up to the scan. Returns `None` where they are broken or describe
    /// anything but one baseline scan of grey or `YCbCr` whose sampling factors are 1, 2 or 4.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut segments = Segments::of(bytes)?;
        let mut tables = Tables::default();
        let mut restart_interval = 0;
        let mut size = None;
        loop {
            let (marker, segment) = segments.next()?;
            match marker {
                // Baseline, and extended with eight bits. A second frame header is refused: it
                // could give another size than the one that the caller has checked.
                0xC0 | 0xC1 if size.is_none() => size = Some(frame_header(segment)?),
                0xC4 => tables.huffman(segment)?,
                0xDB => tables.quantization(segment)?,
                0xDD => restart_interval = usize::from(u16_at(segment, 0)?),
                0xDA => {
                    let (size, listed) = size?;
                    let frame = Self::of_scan(size, listed, &tables, segment)?;
                    return Some(Self {
                        restart_interval,
                        scan: segments.rest(),
                        ..frame
                    });
                }
                // In Adobe's segment a colour transform of 1 is YCbCr.
                0xEE if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => {
                    return None;
                }
                0xE0..=0xEF | 0xFE => {}
                _ => return None,
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
        reduce::decode(self, scale)
    }

    /// Pixels of the picture at `scale`, with those of blocks that reach beyond its edges.
    #[must_use]
    pub fn pixels(&self, scale: Scale) -> u64 {
        let units = self.units_across as u64 * self.units_down as u64;
        let blocks = (self.max_blocks[0] * self.max_blocks[1]) as u64;
        units * blocks * (scale.pixels_of_a_block() as u64).pow(2)
    }

    /// Bytes that [`Frame::decode`] takes: a copy of the scan, three planes and the picture.
    #[must_use]
    pub fn memory(&self, scale: Scale) -> u64 {
        self.scan.len() as u64 + self.pixels(scale) * 6
    }

    /// How many pixels of the whole picture one sample of a component covers, across and down.
    pub(crate) fn subsampling(&self, component: &Component) -> [usize; 2] {
        [0, 1].map(|axis| self.max_blocks[axis] / component.blocks[axis])
    }

    fn of_scan(
        (width, height): (usize, usize),
        mut listed: Vec<Listed>,
        tables: &Tables,
        scan: &[u8],
    ) -> Option<Self> {
        let (count, selectors) = scan.split_first()?;
        // One scan has all components, all coefficients (0 to 63) and their full precision.
        let (selectors, spectrum) = selectors.split_at_checked(listed.len() * 2)?;
        if usize::from(*count) != listed.len() || spectrum != [0, 63, 0] {
            return None;
        }
        if let [grey] = &mut listed[..] {
            // A single component is not interleaved: its MCU is one block.
            grey.blocks = [1, 1];
        }
        let max_blocks = [0, 1].map(|axis| listed.iter().map(|one| one.blocks[axis]).max());
        let max_blocks = [max_blocks[0]?, max_blocks[1]?];
        let components = listed
            .into_iter()
            .zip(selectors.as_chunks::<2>().0)
            .map(|(listed, [id, selector])| {
                (*id == listed.id).then_some(())?;
                Some(Component {
                    blocks: listed.blocks,
                    quantization: (*tables.quantization.get(listed.quantization)?)?,
                    dc: tables.dc.get(usize::from(selector >> 4))?.clone()?,
                    ac: tables.ac.get(usize::from(selector & 15))?.clone()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            width,
            height,
            components,
            units_across: width.div_ceil(8 * max_blocks[0]),
            units_down: height.div_ceil(8 * max_blocks[1]),
            restart_interval: 0,
            scan: &[],
            max_blocks,
        })
    }
}

/// Reads width, height and components from a frame header (SOF).
fn frame_header(segment: &[u8]) -> Option<((usize, usize), Vec<Listed>)> {
    let precision = *segment.first()?;
    let (height, width) = (u16_at(segment, 1)?, u16_at(segment, 3)?);
    let count = usize::from(*segment.get(5)?);
    let components = segment.get(6..)?;
    if precision != 8 || width == 0 || height == 0 || components.len() != 3 * count {
        return None;
    }
    let listed: Vec<Listed> = components
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[id, blocks, quantization]| Listed {
            id: *id,
            blocks: [usize::from(blocks >> 4), usize::from(blocks & 15)],
            quantization: usize::from(*quantization),
        })
        .collect();
    // With a factor of three, a sample would cover a fraction of a pixel.
    let are_known = listed
        .iter()
        .all(|one| one.blocks.iter().all(|blocks| matches!(blocks, 1 | 2 | 4)));
    // Some programs store RGB without a transform and say so in the components' names alone.
    let are_rgb = listed.iter().map(|one| one.id).eq(*b"RGB");
    let size = (usize::from(width), usize::from(height));
    (are_known && !are_rgb && matches!(count, 1 | 3)).then_some((size, listed))
}

impl Tables {
    fn quantization(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((head, rest)) = segment.split_first() {
            let is_wide = match head >> 4 {
                0 => false,
                1 => true,
                _ => return None,
            };
            let (values, rest) = rest.split_at_checked(if is_wide { 128 } else { 64 })?;
            let mut table = [0; 64];
            for (place, entry) in table.iter_mut().enumerate() {
                *entry = if is_wide {
                    u16_at(values, 2 * place)?
                } else {
                    u16::from(values[place])
                };
            }
            *self.quantization.get_mut(usize::from(head & 15))? = Some(table);
            segment = rest;
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((head, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let (tables, table) = match head >> 4 {
                0 => (&mut self.dc, Table::of_differences(counts, symbols)?),
                1 => (&mut self.ac, Table::of_runs(counts, symbols)?),
                _ => return None,
            };
            *tables.get_mut(usize::from(head & 15))? = Some(table);
            segment = rest;
        }
        Some(())
    }
}
