//! Scans that have a band of the AC coefficients of one component (ITU T.81, annexes G.1.2.2 and
//! G.1.2.3).

use crate::bits::{BitReader, signed};
use crate::coefficients::{Block, Coefficients, band};
use crate::huffman::Table;
use crate::scan::{ReadBlocks, Scan};
use std::ops::{Range, RangeInclusive};

/// Reads one scan into the coefficients of its component.
pub(super) struct Bands<'a> {
    scan: &'a Scan,
    table: Table,
    coefficients: &'a mut Coefficients,
    /// Blocks to come without a new coefficient in the band.
    empty_blocks: usize,
}

impl<'a> Bands<'a> {
    pub(super) fn new(scan: &'a Scan, table: Table, coefficients: &'a mut Coefficients) -> Self {
        Self {
            scan,
            table,
            coefficients,
            empty_blocks: 0,
        }
    }
}

impl ReadBlocks for Bands<'_> {
    fn restart(&mut self) {
        self.empty_blocks = 0;
    }

    fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        _: usize,
        row: usize,
        column: usize,
    ) -> Option<()> {
        self.read_run(bits, row, column..column + 1)
    }

    fn read_run(
        &mut self,
        reader: &mut BitReader<'_>,
        row: usize,
        mut columns: Range<usize>,
    ) -> Option<()> {
        let mut bits = *reader;
        let Self { scan, table, .. } = self;
        let mut empty_blocks = self.empty_blocks;
        if scan.refines {
            for column in columns {
                let block = &mut self.coefficients.block(row, column);
                refine_band(&mut bits, table, scan, &mut empty_blocks, block)?;
            }
        } else {
            while !columns.is_empty() {
                let empty = empty_blocks.min(columns.len());
                empty_blocks -= empty;
                columns.start += empty;
                if let Some(column) = columns.next() {
                    let block = &mut self.coefficients.block(row, column);
                    let band = scan.first..=scan.last;
                    empty_blocks = read_band(&mut bits, table, band, scan.low, block)?;
                }
            }
        }
        self.empty_blocks = empty_blocks;
        *reader = bits;
        Some(())
    }
}

/// Reads the new coefficients of a band, and returns how many empty blocks follow this one.
#[allow(
    clippy::inline_always,
    reason = "a call would have the reader in memory"
)]
#[inline(always)]
pub(super) fn read_band(
    bits: &mut BitReader<'_>,
    table: &Table,
    band: RangeInclusive<usize>,
    low: u32,
    block: &mut Block<'_>,
) -> Option<usize> {
    let (mut at, last) = band.into_inner();
    while at <= last {
        bits.refill();
        let (symbol, raw) = bits.take_raw(table)?;
        let length = symbol.value_bits();
        if symbol.ends_block() {
            return Some((1 << length) - 1 + raw as usize);
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
#[allow(
    clippy::inline_always,
    reason = "a call would have the reader in memory"
)]
#[inline(always)]
fn refine_band(
    bits: &mut BitReader<'_>,
    table: &Table,
    scan: &Scan,
    empty_blocks: &mut usize,
    block: &mut Block<'_>,
) -> Option<()> {
    // Coefficients that begin in this scan have no bits of correction in it.
    let nonzero = *block.nonzero;
    let mut left = band(scan.first, scan.last + 1);
    while *empty_blocks == 0 && left > 0 {
        bits.refill();
        let (symbol, raw) = bits.take_raw(table)?;
        let length = symbol.value_bits();
        if symbol.ends_block() {
            *empty_blocks = (1 << length) + raw as usize;
            break;
        }
        // A run counts the coefficients that are still zero; between them lie others, whose bits
        // follow.
        let mut zeros = left & !nonzero;
        for _ in 1..symbol.advance() {
            zeros &= zeros.checked_sub(1)?;
        }
        let place = zeros.trailing_zeros();
        let in_front = (1u64.checked_shl(place)?) - 1;
        block.correct(bits, left & in_front & nonzero, scan.low);
        match length {
            0 => {}
            1 => block.set(place as usize, signed(raw, length) << scan.low),
            _ => return None,
        }
        left &= !(in_front << 1 | 1);
    }
    if *empty_blocks > 0 {
        block.correct(bits, left & nonzero, scan.low);
        *empty_blocks -= 1;
    }
    Some(())
}
