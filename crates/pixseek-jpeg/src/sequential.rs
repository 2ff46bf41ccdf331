//! A sequential picture of one scan: each block becomes samples as soon as it is read.

use crate::bits::{BitReader, Intervals};
use crate::frame::{Frame, Scale};
use crate::huffman::{Skips, Table};
use crate::picture::Plane;
use crate::scan::{ReadBlocks, read_blocks};

/// What the blocks of one component are read with.
struct Component {
    plane: Plane,
    dc: Table,
    ac: Table,
    skips: Skips,
    /// The last DC coefficient, to which the next one is given as a difference.
    last_dc: i32,
}

struct Reader(Vec<Component>);

/// Reads the scan and returns the components' planes.
pub(crate) fn read(frame: &Frame, scale: Scale) -> Option<Vec<Plane>> {
    let components = frame.scan.components.iter().map(|selected| {
        let number = frame.components[selected.component].quantization;
        let quantization = frame.tables.quantization(number)?;
        let ac = frame.tables.sequential_ac(selected.ac)?;
        Some(Component {
            plane: Plane::new(frame, selected.component, scale, &quantization),
            dc: frame.tables.dc(selected.dc)?,
            skips: Skips::of(&ac),
            ac,
            last_dc: 0,
        })
    });
    let mut reader = Reader(components.collect::<Option<Vec<_>>>()?);
    let mut intervals = Intervals::new(frame.data);
    let interval = frame.tables.restart_interval;
    read_blocks(frame, &frame.scan, interval, &mut intervals, &mut reader)?;
    Some(reader.0.into_iter().map(|one| one.plane).collect())
}

impl ReadBlocks for Reader {
    fn restart(&mut self) {
        for component in &mut self.0 {
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
        let component = &mut self.0[component];
        read_block(bits, component)?;
        component.plane.write(row, column);
        Some(())
    }
}

/// Reads the coefficients of a block that the transform uses, and skips the others.
#[inline]
fn read_block(reader: &mut BitReader<'_>, component: &mut Component) -> Option<()> {
    let mut bits = *reader;
    let Component { dc, ac, skips, .. } = component;
    let transform = &mut component.plane.transform;
    bits.refill();
    let (symbol, difference) = bits.take(dc)?;
    component.last_dc = component.last_dc.wrapping_add(difference);
    transform.begin(component.last_dc);
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
    while at < 64 {
        // A refill brings 56 bits, which are several steps.
        bits.refill();
        while at < 64 && bits.has_a_symbol() {
            at += match bits.skip_several(skips, 64 - at) {
                Some(advance) => advance,
                None => bits.skip(ac)?.advance(),
            };
        }
    }
    *reader = bits;
    // 64 is the end after a last coefficient; the end-of-block symbol leads far beyond.
    (at == 64 || at >= Table::END_OF_BLOCK).then_some(())
}
