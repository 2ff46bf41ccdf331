//! The five kinds of scan, block by block (ITU T.81, annexes F.2 and G.1.2).

use super::Collected;
use crate::bits::{BitReader, signed};
use crate::coefficients::{Block, band};
use crate::frame::Frame;
use crate::huffman::Table;
use crate::scan::{ReadBlocks, Scan};
use crate::tables::Tables;
use std::ops::RangeInclusive;

/// Reads one scan into the coefficients of its components.
pub(super) struct Pass<'a> {
    scan: &'a Scan,
    components: Vec<Component<'a>>,
    /// Blocks to come without a new coefficient in the scan's band.
    empty_blocks: u32,
}

struct Component<'a> {
    collected: &'a mut Collected,
    kind: Kind,
    /// The last DC coefficient, to which the next one is given as a difference.
    last_dc: i32,
}

/// What the scan has of a block, and the tables that it is read with.
enum Kind {
    /// All coefficients.
    Whole { dc: Box<Table>, ac: Box<Table> },
    /// The upper bits of the DC coefficient.
    Dc(Table),
    /// A further bit of the DC coefficient.
    DcBit,
    /// The upper bits of a band of AC coefficients.
    Ac(Table),
    /// A further bit of each coefficient of a band.
    AcBit(Table),
}

impl<'a> Pass<'a> {
    /// Returns `None` if a table that the scan needs is damaged or was not defined.
    pub(super) fn new(
        frame: &Frame,
        scan: &'a Scan,
        tables: &Tables,
        components: &'a mut [Collected],
    ) -> Option<Self> {
        let components = components
            .iter_mut()
            .enumerate()
            .filter_map(|(at, collected)| {
                let selected = scan.components.iter().find(|one| one.component == at)?;
                let ac = || tables.progressive_ac(selected.ac);
                let kind = match (scan.first, scan.refines) {
                    _ if !frame.is_progressive => tables.dc(selected.dc).and_then(|dc| {
                        let ac = tables.sequential_ac(selected.ac)?;
                        Some(Kind::Whole {
                            dc: Box::new(dc),
                            ac: Box::new(ac),
                        })
                    }),
                    (0, false) => tables.dc(selected.dc).map(Kind::Dc),
                    (0, true) => Some(Kind::DcBit),
                    (_, false) => ac().map(Kind::Ac),
                    (_, true) => ac().map(Kind::AcBit),
                };
                Some(kind.map(|kind| Component {
                    collected,
                    kind,
                    last_dc: 0,
                }))
            });
        Some(Self {
            scan,
            components: components.collect::<Option<_>>()?,
            empty_blocks: 0,
        })
    }
}

impl ReadBlocks for Pass<'_> {
    fn restart(&mut self) {
        self.empty_blocks = 0;
        for component in &mut self.components {
            component.last_dc = 0;
        }
    }

    #[inline]
    fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        component: usize,
        row: usize,
        column: usize,
    ) -> Option<()> {
        let component = &mut self.components[component];
        if self.empty_blocks > 0 && matches!(component.kind, Kind::Ac(_)) {
            self.empty_blocks -= 1;
            return Some(());
        }
        let mut block = component.collected.coefficients.block(row, column);
        let (scan, last_dc) = (self.scan, &mut component.last_dc);
        match &component.kind {
            Kind::Whole { dc, ac } => {
                read_dc(bits, dc, last_dc, scan.low, &mut block)?;
                read_band(bits, ac, 1..=63, scan.low, &mut block).map(|_| ())
            }
            Kind::Dc(table) => read_dc(bits, table, last_dc, scan.low, &mut block),
            Kind::DcBit => {
                let bit = i16::from(bits.bits(1) == 1);
                *block.dc() |= bit << scan.low;
                Some(())
            }
            Kind::Ac(table) => {
                let band = scan.first..=scan.last;
                self.empty_blocks = read_band(bits, table, band, scan.low, &mut block)?;
                Some(())
            }
            Kind::AcBit(table) => {
                refine_band(bits, table, scan, &mut self.empty_blocks, &mut block)
            }
        }
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a value that does not fit is a damaged file's"
)]
fn read_dc(
    bits: &mut BitReader<'_>,
    table: &Table,
    last: &mut i32,
    low: u32,
    block: &mut Block<'_>,
) -> Option<()> {
    bits.refill();
    let (_, difference) = bits.take(table)?;
    *last = last.wrapping_add(difference);
    *block.dc() = (*last << low) as i16;
    Some(())
}

/// Reads the new coefficients of a band, and returns how many empty blocks follow this one.
#[inline]
fn read_band(
    bits: &mut BitReader<'_>,
    table: &Table,
    band: RangeInclusive<usize>,
    low: u32,
    block: &mut Block<'_>,
) -> Option<u32> {
    let (mut at, last) = band.into_inner();
    while at <= last {
        bits.refill();
        let (symbol, raw) = bits.take_raw(table)?;
        let length = symbol.value_bits();
        if symbol.ends_block() {
            return Some((1 << length) - 1 + raw);
        }
        at += symbol.advance();
        if length > 0 {
            (at <= last + 1).then_some(())?;
            block.set(at - 1, signed(raw, length) << low);
        }
    }
    (at == last + 1).then_some(0)
}

/// Reads a further bit of each coefficient of a band, and the coefficients that begin with it.
#[inline]
fn refine_band(
    bits: &mut BitReader<'_>,
    table: &Table,
    scan: &Scan,
    empty_blocks: &mut u32,
    block: &mut Block<'_>,
) -> Option<()> {
    let mut at = scan.first;
    while *empty_blocks == 0 && at <= scan.last {
        bits.refill();
        let (symbol, raw) = bits.take_raw(table)?;
        let length = symbol.value_bits();
        if symbol.ends_block() {
            *empty_blocks = (1 << length) + raw;
            break;
        }
        // A run counts the coefficients that are still zero; between them lie others, whose bits
        // follow.
        let mut zeros = band(at, scan.last + 1) & !*block.nonzero;
        for _ in 1..symbol.advance() {
            zeros &= zeros.checked_sub(1)?;
        }
        if zeros == 0 {
            return None;
        }
        let place = zeros.trailing_zeros() as usize;
        block.correct(bits, band(at, place) & *block.nonzero, scan.low);
        match length {
            0 => {}
            1 => block.set(place, signed(raw, length) << scan.low),
            _ => return None,
        }
        at = place + 1;
    }
    if *empty_blocks > 0 {
        block.correct(bits, band(at, scan.last + 1) & *block.nonzero, scan.low);
        *empty_blocks -= 1;
    }
    Some(())
}
