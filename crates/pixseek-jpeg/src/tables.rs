//! The tables that a JPEG's segments define, again and again, for the scans behind them.

use crate::header::u16_at;
use crate::huffman::Table;
use std::sync::Arc;

/// What the segments so far have defined.
#[derive(Default, Clone)]
pub(crate) struct Tables {
    /// In zigzag order.
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Definition>; 4],
    ac: [Option<Definition>; 4],
    /// MCUs between two restart markers; 0 without restarts.
    pub restart_interval: usize,
}

/// A Huffman table as it is written: what it means depends on the scan.
#[derive(Clone)]
struct Definition {
    /// The number of codes of each length.
    counts: [u8; 16],
    /// In the order of their codes. Shared, because each scan has the tables as they were before it.
    symbols: Arc<[u8]>,
}

impl Tables {
    /// Reads a segment. Returns `None` if it is damaged, or neither defines anything nor is a
    /// comment or an application's.
    pub(crate) fn define(&mut self, marker: u8, segment: &[u8]) -> Option<()> {
        match marker {
            0xC4 => self.define_huffman(segment),
            0xDB => self.define_quantization(segment),
            0xDD => {
                self.restart_interval = usize::from(u16_at(segment, 0)?);
                Some(())
            }
            0xE0..=0xEF | 0xFE => Some(()),
            _ => None,
        }
    }

    pub(crate) fn quantization(&self, number: usize) -> Option<[u16; 64]> {
        *self.quantization.get(number)?
    }

    /// A table for DC differences.
    pub(crate) fn dc(&self, number: usize) -> Option<Table> {
        let Definition { counts, symbols } = self.dc.get(number)?.as_ref()?;
        Table::of_differences(counts, symbols)
    }

    /// A table for the AC coefficients of a sequential scan.
    pub(crate) fn sequential_ac(&self, number: usize) -> Option<Table> {
        let Definition { counts, symbols } = self.ac.get(number)?.as_ref()?;
        Table::of_runs(counts, symbols)
    }

    /// A table for the AC coefficients of a progressive scan.
    pub(crate) fn progressive_ac(&self, number: usize) -> Option<Table> {
        let Definition { counts, symbols } = self.ac.get(number)?.as_ref()?;
        Table::of_bands(counts, symbols)
    }

    fn define_quantization(&mut self, mut segment: &[u8]) -> Option<()> {
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

    fn define_huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((head, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let definitions = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *definitions.get_mut(usize::from(head & 15))? = Some(Definition {
                counts: *counts,
                symbols: symbols.into(),
            });
            segment = rest;
        }
        Some(())
    }
}
