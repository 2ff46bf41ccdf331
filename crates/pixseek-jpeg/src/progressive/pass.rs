//! Scans that have DC coefficients, of one component or several, block by block (ITU T.81, annexes
//! F.2 and G.1.2.1). Those of sequential pictures have all coefficients.

use super::band::read_band;
use crate::bits::BitReader;
use crate::coefficients::{Block, Coefficients};
use crate::frame::Frame;
use crate::huffman::Table;
use crate::scan::{ReadBlocks, Scan};
use crate::tables::Tables;

/// Reads one scan into the coefficients of its components.
pub(super) struct Pass<'a> {
    scan: &'a Scan,
    components: Vec<Component<'a>>,
}

struct Component<'a> {
    coefficients: &'a mut Coefficients,
    kind: Kind,
    /// The last DC coefficient, to which the next one is given as a difference.
    last_dc: i32,
}

/// What the scan has of a block, and the tables that it is read with.
enum Kind {
    /// All coefficients.
    Whole { dc: Box<Table>, ac: Box<Table> },
    /// The upper bits of the DC coefficient.
    Dc(Box<Table>),
    /// A further bit of the DC coefficient.
    DcBit,
}

impl<'a> Pass<'a> {
    /// Returns `None` if a table that the scan needs is damaged or was not defined.
    pub(super) fn new(
        frame: &Frame,
        scan: &'a Scan,
        tables: &Tables,
        components: &'a mut [Coefficients],
    ) -> Option<Self> {
        let components = components
            .iter_mut()
            .enumerate()
            .filter_map(|(at, coefficients)| {
                let selected = scan.components.iter().find(|one| one.component == at)?;
                let kind = if !frame.is_progressive {
                    tables.dc(selected.dc).and_then(|dc| {
                        let ac = tables.sequential_ac(selected.ac)?;
                        Some(Kind::Whole {
                            dc: Box::new(dc),
                            ac: Box::new(ac),
                        })
                    })
                } else if scan.refines {
                    Some(Kind::DcBit)
                } else {
                    tables.dc(selected.dc).map(|dc| Kind::Dc(Box::new(dc)))
                };
                Some(kind.map(|kind| Component {
                    coefficients,
                    kind,
                    last_dc: 0,
                }))
            });
        Some(Self {
            scan,
            components: components.collect::<Option<_>>()?,
        })
    }
}

impl ReadBlocks for Pass<'_> {
    fn restart(&mut self) {
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
        let mut block = component.coefficients.block(row, column);
        let (low, last_dc) = (self.scan.low, &mut component.last_dc);
        match &component.kind {
            Kind::Whole { dc, ac } => {
                read_dc(bits, dc, last_dc, low, &mut block)?;
                read_band(bits, ac, 1..=63, low, &mut block).map(|_| ())
            }
            Kind::Dc(table) => read_dc(bits, table, last_dc, low, &mut block),
            Kind::DcBit => {
                *block.dc() |= i16::from(bits.bit()) << low;
                Some(())
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
