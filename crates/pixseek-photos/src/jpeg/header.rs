//! What a JPEG's segments say, as far as the choice of a decoder and the reduced one need it.

use super::huffman::Table;

/// How a JPEG's picture is coded, as far as decoders differ in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Baseline or extended: rows are decoded one after another.
    Sequential,
    /// In several scans, whose coefficients are collected first.
    Progressive,
    /// A way that the full decoder does not have; the name is for people.
    Rare(&'static str),
}

/// A picture of one scan, with everything that is needed to read it.
pub(super) struct Frame<'a> {
    pub width: usize,
    pub height: usize,
    /// One for grey; luma, blue and red otherwise.
    pub components: Vec<Component>,
    /// Units of the scan (MCUs), across and down.
    pub units_across: usize,
    pub units_down: usize,
    /// Units from one restart marker to the next; 0 without.
    pub restart_interval: usize,
    /// From behind the scan's header to the end of the file.
    pub scan: &'a [u8],
    most_blocks: [usize; 2],
}

/// A component, with the tables of its scan.
pub(super) struct Component {
    /// Blocks in a unit, across and down.
    pub blocks: [usize; 2],
    /// In zigzag order.
    pub quantization: [u16; 64],
    pub dc: Table,
    pub ac: Table,
}

/// A component as its frame names it, before its tables are known.
struct Named {
    id: u8,
    blocks: [usize; 2],
    quantization: usize,
}

#[derive(Default)]
struct Tables {
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
}

impl Coding {
    /// Reads the frame's header; `None` when the segments in front of it are broken.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut segments = Segments::of(bytes)?;
        loop {
            let (marker, segment) = segments.next()?;
            return Some(match marker {
                0xC0..=0xC2 if segment.first()? != &8 => Self::Rare("a JPEG of more than 8 bits"),
                0xC0..=0xC2 if !has_known_samplings(segment)? => {
                    Self::Rare("a JPEG with colours of a third of its size")
                }
                0xC0 | 0xC1 => Self::Sequential,
                0xC2 => Self::Progressive,
                0xC3 | 0xCB => Self::Rare("lossless JPEG"),
                0xC5..=0xC7 | 0xCD..=0xCF => Self::Rare("hierarchical JPEG"),
                0xC9 | 0xCA => Self::Rare("a JPEG with arithmetic coding"),
                // A scan in front of its frame.
                0xDA => return None,
                _ => continue,
            });
        }
    }
}

/// Whether the full decoder knows all sampling factors of a frame.
fn has_known_samplings(frame: &[u8]) -> Option<bool> {
    let components = frame.get(6..)?.as_chunks::<3>().0;
    Some(components.iter().all(|[_, factors, _]| factors >> 4 != 3))
}

/// The segments of a JPEG, each a marker and its bytes.
struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
        Some(Self { rest })
    }

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        // A marker may be filled up in front.
        while self.rest.starts_with(&[0xFF, 0xFF]) {
            self.rest = &self.rest[1..];
        }
        let marker = *self.rest.strip_prefix(&[0xFF])?.first()?;
        let length = usize::from(u16_at(self.rest, 2)?);
        let segment = self.rest.get(4..2 + length)?;
        self.rest = &self.rest[2 + length..];
        Some((marker, segment))
    }
}

impl<'a> Frame<'a> {
    /// Reads the segments up to the scan; `None` where they are broken or describe anything but
    /// one baseline scan of grey or of JFIF's colours, of sampling factors that are powers of two.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut segments = Segments::of(bytes)?;
        let mut tables = Tables::default();
        let mut restart_interval = 0;
        let mut size = None;
        loop {
            let (marker, segment) = segments.next()?;
            match marker {
                // Baseline, and extended with eight bits.
                // A second frame would have another size than the one whose pixels were counted.
                0xC0 | 0xC1 if size.is_none() => size = Some(frame_size(segment)?),
                0xC4 => tables.huffman(segment)?,
                0xDB => tables.quantization(segment)?,
                0xDD => restart_interval = usize::from(u16_at(segment, 0)?),
                0xDA => {
                    let (width, height, named) = size?;
                    return Self::of_scan(width, height, named, &mut tables, segment).map(
                        |frame| Self {
                            restart_interval,
                            scan: segments.rest,
                            ..frame
                        },
                    );
                }
                // Adobe's: a transform of 1 is JFIF's colours.
                0xEE if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => {
                    return None;
                }
                0xE0..=0xEF | 0xFE => {}
                _ => return None,
            }
        }
    }

    fn of_scan(
        width: usize,
        height: usize,
        mut named: Vec<Named>,
        tables: &mut Tables,
        scan: &[u8],
    ) -> Option<Self> {
        let (count, selectors) = scan.split_first()?;
        // All in one scan, from the first to the last coefficient, in full precision.
        let (selectors, spectrum) = selectors.split_at_checked(named.len() * 2)?;
        if usize::from(*count) != named.len() || spectrum != [0, 63, 0] {
            return None;
        }
        if let [grey] = &mut named[..] {
            // A single component is not interleaved: its unit is one block.
            grey.blocks = [1, 1];
        }
        let most = [0, 1].map(|axis| named.iter().map(|one| one.blocks[axis]).max());
        let most_blocks = [most[0]?, most[1]?];
        let components = named
            .into_iter()
            .zip(selectors.as_chunks::<2>().0)
            .map(|(named, [id, selector])| {
                let divides = named
                    .blocks
                    .iter()
                    .zip(most_blocks)
                    .all(|(own, most)| most % own == 0);
                (*id == named.id && divides).then_some(())?;
                Some(Component {
                    blocks: named.blocks,
                    quantization: (*tables.quantization.get(named.quantization)?)?,
                    dc: tables.dc.get(usize::from(selector >> 4))?.clone()?,
                    ac: tables.ac.get(usize::from(selector & 15))?.clone()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            width,
            height,
            components,
            units_across: width.div_ceil(8 * most_blocks[0]),
            units_down: height.div_ceil(8 * most_blocks[1]),
            restart_interval: 0,
            scan: &[],
            most_blocks,
        })
    }

    /// Pixels of a unit of the scan.
    pub(super) fn pixels_of_a_unit(&self) -> usize {
        64 * self.most_blocks[0] * self.most_blocks[1]
    }

    /// How many pixels one sample of a component stands for, across and down.
    pub(super) fn share(&self, component: &Component) -> [usize; 2] {
        [0, 1].map(|axis| self.most_blocks[axis] / component.blocks[axis])
    }
}

fn frame_size(segment: &[u8]) -> Option<(usize, usize, Vec<Named>)> {
    let [precision, ..] = segment else {
        return None;
    };
    let (height, width) = (u16_at(segment, 1)?, u16_at(segment, 3)?);
    let count = usize::from(*segment.get(5)?);
    let listed = segment.get(6..)?;
    if *precision != 8 || width == 0 || height == 0 || listed.len() != 3 * count {
        return None;
    }
    let named: Vec<Named> = listed
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[id, blocks, quantization]| Named {
            id: *id,
            blocks: [usize::from(blocks >> 4), usize::from(blocks & 15)],
            quantization: usize::from(*quantization),
        })
        .collect();
    // A factor of three would make samples that stand for a part of a pixel.
    let are_known = named
        .iter()
        .all(|one| one.blocks.iter().all(|blocks| matches!(blocks, 1 | 2 | 4)));
    // Some programs write RGB as it is, and say so in the names alone.
    let are_rgb = named.iter().map(|one| one.id).eq(*b"RGB");
    (are_known && !are_rgb && matches!(count, 1 | 3)).then_some((
        usize::from(width),
        usize::from(height),
        named,
    ))
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

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*two))
}
