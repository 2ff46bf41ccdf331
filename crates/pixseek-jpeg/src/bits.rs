//! The bits of a scan, between its restart markers.

use crate::huffman::{Skips, Symbol, Table};
use memchr::memchr;

/// The restart intervals of a scan: one where it has no restart markers.
pub(crate) struct Intervals<'a> {
    rest: &'a [u8],
    /// Whether `rest` begins with a marker that is no restart, or is empty.
    has_ended: bool,
    /// The bytes of one interval, without stuffed ones.
    data: Vec<u8>,
}

/// Zeros behind the data, so that a refill near the end reads whole words.
const PADDING: [u8; 8] = [0; 8];

impl<'a> Intervals<'a> {
    /// Makes room for this scan's data: what follows it may be there, too.
    pub(crate) fn new(scan: &'a [u8]) -> Self {
        Self {
            rest: scan,
            has_ended: false,
            data: Vec::with_capacity(scan.len() + PADDING.len()),
        }
    }

    /// Goes on with another scan.
    pub(crate) fn begin(&mut self, scan: &'a [u8]) {
        self.rest = scan;
        self.has_ended = false;
    }

    /// The next interval; `None` behind the last one.
    pub(crate) fn next(&mut self) -> Option<BitReader<'_>> {
        if self.has_ended {
            return None;
        }
        self.data.clear();
        loop {
            let (plain, rest) = self.rest.split_at(marker_in(self.rest));
            self.data.extend_from_slice(plain);
            self.rest = rest;
            match rest.get(1) {
                // A stuffed zero says that the byte is data.
                Some(0) => {
                    self.data.push(0xFF);
                    self.rest = &rest[2..];
                }
                // Any number of fill bytes may stand in front of a marker.
                Some(0xFF) => self.rest = &rest[1..],
                Some(0xD0..=0xD7) => {
                    self.rest = &rest[2..];
                    break;
                }
                _ => {
                    self.has_ended = true;
                    break;
                }
            }
        }
        let end = self.data.len();
        self.data.extend_from_slice(&PADDING);
        Some(BitReader::new(&self.data, end))
    }
}

/// Splits what follows a scan's header into the scan's data and the rest of the file, which begins
/// with the marker that ends the scan.
pub(crate) fn split_scan(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    loop {
        end += marker_in(&bytes[end..]);
        match bytes.get(end + 1) {
            Some(0 | 0xD0..=0xD7) => end += 2,
            Some(0xFF) => end += 1,
            _ => return bytes.split_at(end),
        }
    }
}

/// The place of the first byte that can begin a marker; the end if there is none.
fn marker_in(bytes: &[u8]) -> usize {
    memchr(0xFF, bytes).unwrap_or(bytes.len())
}

/// Reads bits of an interval from the most significant one on.
///
/// A loop works on a copy, which the compiler keeps in registers if all methods are inlined; in memory,
/// each symbol would wait for the one before it to be stored and loaded.
#[derive(Clone, Copy)]
pub(crate) struct BitReader<'a> {
    data: &'a [u8],
    /// The next byte that is not in the buffer yet.
    at: usize,
    /// The end of the interval in `data`.
    end: usize,
    /// The next bit is the highest one.
    buffer: u64,
    /// Bits in the buffer.
    count: u32,
}

#[allow(
    clippy::inline_always,
    reason = "a call would have the reader in memory"
)]
impl<'a> BitReader<'a> {
    fn new(data: &'a [u8], end: usize) -> Self {
        Self {
            data,
            at: 0,
            end,
            buffer: 0,
            count: 0,
        }
    }

    /// Fills the buffer to at least 56 bits. Behind the end of the data the bits are zeros.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        let next = self.data.get(self.at..).and_then(<[u8]>::first_chunk);
        let next = next.map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // Whole bytes are taken, so the buffer has 56 to 63 bits then.
        self.buffer |= next.wrapping_shr(self.count);
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 0x38;
    }

    /// Whether the buffer holds the longest possible code and value (16 + 15 bits).
    #[inline(always)]
    pub(crate) fn has_a_symbol(&self) -> bool {
        self.count >= 31
    }

    /// Whether more bits were read than the interval has.
    pub(crate) fn ran_over(&self) -> bool {
        self.at * 8 > self.end * 8 + self.count as usize
    }

    /// Reads a symbol and its value. `None` when the bits are no code of the table.
    #[inline(always)]
    pub(crate) fn take(&mut self, table: &Table) -> Option<(Symbol, i32)> {
        let (symbol, raw) = self.take_raw(table)?;
        Some((symbol, signed(raw, symbol.value_bits())))
    }

    /// Reads a symbol and the bits of its value.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a value has at most 15 bits"
    )]
    pub(crate) fn take_raw(&mut self, table: &Table) -> Option<(Symbol, u32)> {
        let symbol = table.symbol(self.buffer)?;
        let length = symbol.value_bits();
        let value = self.buffer.wrapping_shl(symbol.bits() - length);
        // Two shifts, because a value of no bits would need one by 64.
        let raw = (value >> 1).wrapping_shr(63 - length);
        self.drop_bits(symbol.bits());
        Some((symbol, raw as u32))
    }

    /// Skips a symbol and its value.
    #[inline(always)]
    pub(crate) fn skip(&mut self, table: &Table) -> Option<Symbol> {
        let symbol = table.symbol(self.buffer)?;
        self.drop_bits(symbol.bits());
        Some(symbol)
    }

    /// Skips several symbols of a block that has `left` coefficients left, and returns by how many
    /// they advance; `None` if they are too long for that, or too many.
    #[inline(always)]
    pub(crate) fn skip_several(&mut self, skips: &Skips, left: usize) -> Option<usize> {
        let skip = skips.over(self.buffer);
        if skip.bits == 0 || usize::from(skip.least) > left {
            return None;
        }
        self.drop_bits(skip.bits.into());
        Some(skip.advance.into())
    }

    /// Reads one bit.
    #[inline(always)]
    pub(crate) fn bit(&mut self) -> bool {
        if self.count == 0 {
            self.refill();
        }
        let bit = self.buffer >> 63 == 1;
        self.drop_bits(1);
        bit
    }

    /// Reads up to 64 bits, refilling as needed; the last one becomes the lowest.
    #[inline(always)]
    pub(crate) fn bits(&mut self, count: u32) -> u64 {
        let mut bits = 0;
        let mut left = count;
        while left > 0 {
            self.refill();
            let part = left.min(56);
            bits = bits << part | self.buffer >> (64 - part);
            self.drop_bits(part);
            left -= part;
        }
        bits
    }

    #[inline(always)]
    fn drop_bits(&mut self, count: u32) {
        self.buffer = self.buffer.wrapping_shl(count);
        self.count -= count;
    }
}

/// A value of `length` bits: it is negative if the first one is 0.
#[inline]
#[expect(clippy::cast_possible_wrap, reason = "a value has at most 15 bits")]
pub(crate) fn signed(raw: u32, length: u32) -> i32 {
    // Without a branch: a processor cannot predict a sign. Of no bits, the first one is 0 and so is the
    // range.
    let range = 1u32.wrapping_shl(length);
    let is_negative = u32::from(raw << 1 < range);
    raw.wrapping_sub(is_negative.wrapping_mul(range - 1)) as i32
}
