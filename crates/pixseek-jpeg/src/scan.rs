//! What a scan's header says, and the order of the blocks in its data.

use crate::bits::{BitReader, Intervals};
use crate::frame::Frame;
use std::ops::Range;

/// The part of the picture that one scan has.
#[derive(Clone, Default)]
pub(crate) struct Scan {
    pub components: Vec<Selected>,
    /// The first and the last coefficient of each block, in zigzag order.
    pub first: usize,
    pub last: usize,
    /// Whether the scan adds a bit to coefficients of earlier ones.
    pub refines: bool,
    /// How many of the coefficients' lowest bits are left to later scans.
    pub low: u32,
}

/// A component of a scan, by its place in the frame, and the numbers of its Huffman tables.
#[derive(Clone, Copy)]
pub(crate) struct Selected {
    pub component: usize,
    pub dc: usize,
    pub ac: usize,
}

/// The bits that a later scan can add, at most (ITU T.81, table B.3).
const MOST_LOW: u8 = 13;

impl Scan {
    /// Reads a scan's header (SOS). Returns `None` if it is damaged or selects what `frame` cannot
    /// have.
    pub(crate) fn read(segment: &[u8], frame: &Frame) -> Option<Self> {
        let (count, selectors) = segment.split_first()?;
        let (selectors, spectrum) = selectors.split_at_checked(usize::from(*count) * 2)?;
        let &[first, last, bits] = spectrum else {
            return None;
        };
        let selected = selectors.as_chunks::<2>().0.iter().map(|[id, tables]| {
            let component = frame.components.iter().position(|one| one.id == *id)?;
            Some(Selected {
                component,
                dc: usize::from(tables >> 4),
                ac: usize::from(tables & 15),
            })
        });
        let components = selected.collect::<Option<Vec<_>>>()?;
        let in_order = components.is_sorted_by(|one, next| one.component < next.component);
        let (high, low) = (bits >> 4, bits & 15);
        let is_known = if frame.is_progressive {
            let is_band = match first {
                0 => last == 0,
                _ => first <= last && last <= 63 && components.len() == 1,
            };
            is_band && low <= MOST_LOW && (high == 0 || high == low + 1)
        } else {
            spectrum == [0, 63, 0]
        };
        (is_known && in_order && !components.is_empty()).then_some(Self {
            components,
            first: usize::from(first),
            last: usize::from(last),
            refines: high > 0,
            low: u32::from(low),
        })
    }
}

/// Reads the blocks of a scan.
pub(crate) trait ReadBlocks {
    /// Begins a restart interval.
    fn restart(&mut self);

    /// Reads a block. `component` is a place in the scan; `row` and `column` count the blocks of the
    /// component. Returns `None` if the data is damaged.
    fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        component: usize,
        row: usize,
        column: usize,
    ) -> Option<()>;

    /// Reads consecutive blocks in a row of a scan's only component.
    #[inline]
    fn read_run(
        &mut self,
        bits: &mut BitReader<'_>,
        row: usize,
        mut columns: Range<usize>,
    ) -> Option<()> {
        columns.try_for_each(|column| self.read(bits, 0, row, column))
    }
}

/// Reads all blocks of a scan in their order. Returns `None` if the data is damaged or ends early.
#[inline]
pub(crate) fn read_blocks(
    frame: &Frame,
    scan: &Scan,
    restart_interval: usize,
    intervals: &mut Intervals,
    reader: &mut impl ReadBlocks,
) -> Option<()> {
    let several = &scan.components[..];
    // A single component is not interleaved: its MCU is one block, and blocks that lie wholly
    // beyond the picture's edges are left out.
    let (blocks, [across, down]) = if let [one] = several {
        (vec![], frame.blocks_inside(one.component))
    } else {
        let blocks = several
            .iter()
            .map(|one| frame.components[one.component].blocks);
        (blocks.collect(), [frame.units_across, frame.units_down])
    };
    let units = across * down;
    let interval = match restart_interval {
        0 => units,
        interval => interval,
    };
    // Counted, because a division takes as long as an empty block.
    let (mut row, mut column) = (0, 0);
    for start in (0..units).step_by(interval) {
        let mut bits = intervals.next()?;
        reader.restart();
        let mut left = interval.min(units - start);
        while left > 0 {
            let columns = column..across.min(column + left);
            left -= columns.len();
            column = columns.end;
            if several.len() == 1 {
                reader.read_run(&mut bits, row, columns)?;
            } else {
                read_units(&mut bits, &blocks, row, columns, reader)?;
            }
            if column == across {
                (row, column) = (row + 1, 0);
            }
            // Data that has ended is zeros, which can be codes: a cut file must not cost the time
            // of a whole one.
            if bits.ran_over() {
                return None;
            }
        }
    }
    Some(())
}

/// Reads consecutive MCUs in a row; each has so many blocks of each component, across and down.
#[inline]
fn read_units(
    bits: &mut BitReader<'_>,
    blocks: &[[usize; 2]],
    unit_row: usize,
    unit_columns: Range<usize>,
    reader: &mut impl ReadBlocks,
) -> Option<()> {
    for unit_column in unit_columns {
        for (component, [columns, rows]) in blocks.iter().enumerate() {
            for row in unit_row * rows..(unit_row + 1) * rows {
                for column in unit_column * columns..(unit_column + 1) * columns {
                    reader.read(bits, component, row, column)?;
                }
            }
        }
    }
    Some(())
}
