//! The coefficients of a component, collected over several scans.
//!
//! Of a block only those are kept that its transform uses. Refinement scans have a bit for each
//! coefficient that was not zero before, kept or not, so one bit of memory says that of each.

use crate::bits::BitReader;

pub(crate) struct Coefficients {
    kept: Kept,
    /// Blocks in a row.
    across: usize,
    /// Of each block, the coefficients that were not zero in the scans so far.
    nonzero: Vec<u64>,
    /// The kept coefficients of each block, in zigzag order.
    values: Vec<i16>,
}

/// Which coefficients are kept, and where.
struct Kept {
    /// A bit for each, in zigzag order from the lowest one on.
    bits: u64,
    count: usize,
    /// The place of each among the kept ones.
    places: [u8; 64],
}

/// The coefficients of one block.
pub(crate) struct Block<'a> {
    kept: &'a Kept,
    pub nonzero: &'a mut u64,
    values: &'a mut [i16],
}

/// Bytes that a block takes.
pub(crate) fn bytes_of_a_block(kept: u64) -> u64 {
    8 + 2 * u64::from(kept.count_ones())
}

/// The bits of the coefficients from `first` to in front of `end`.
pub(crate) fn band(first: usize, end: usize) -> u64 {
    let below = |end: usize| match end {
        64.. => u64::MAX,
        _ => (1 << end) - 1,
    };
    below(end) & !below(first)
}

impl Coefficients {
    /// The DC coefficient, the lowest bit of `kept`, must be kept.
    pub(crate) fn new(kept: u64, [across, down]: [usize; 2]) -> Self {
        debug_assert!(kept & 1 == 1, "every picture needs its DC coefficients");
        let kept = Kept::new(kept);
        let blocks = across * down;
        Self {
            across,
            nonzero: vec![0; blocks],
            values: vec![0; blocks * kept.count],
            kept,
        }
    }

    #[inline]
    pub(crate) fn block(&mut self, row: usize, column: usize) -> Block<'_> {
        let (at, count) = (row * self.across + column, self.kept.count);
        Block {
            kept: &self.kept,
            nonzero: &mut self.nonzero[at],
            values: &mut self.values[at * count..][..count],
        }
    }

    /// Blocks in a row, and rows.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.across, self.nonzero.len() / self.across]
    }
}

impl Block<'_> {
    /// The DC coefficient.
    pub(crate) fn dc(&mut self) -> &mut i16 {
        &mut self.values[0]
    }

    /// Sets a coefficient other than DC that was zero.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a value that does not fit is a damaged file's"
    )]
    pub(crate) fn set(&mut self, at: usize, value: i32) {
        *self.nonzero |= 1 << at;
        if self.kept.has(at) {
            self.values[self.kept.place(at)] = value as i16;
        }
    }

    /// Reads a bit for each of these coefficients, none of which is zero, and adds it, `low` bits
    /// from the right, to the coefficient's magnitude.
    #[allow(
        clippy::inline_always,
        reason = "a call would have the reader in memory"
    )]
    #[inline(always)]
    pub(crate) fn correct(&mut self, bits: &mut BitReader<'_>, coefficients: u64, low: u32) {
        if coefficients == 0 {
            return;
        }
        let mut next = coefficients.count_ones();
        let corrections = bits.bits(next);
        let mut left = coefficients;
        // The first bit is the first coefficient's; kept are mostly the first.
        while left & self.kept.bits != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            next -= 1;
            if self.kept.has(at) {
                let value = &mut self.values[self.kept.place(at)];
                let step = ((*value >> 15) | 1) << low;
                // A bit is added without a branch, because a processor cannot predict it.
                let bit = i16::from(corrections >> next & 1 == 1);
                *value = value.wrapping_add(step & -bit);
            }
        }
    }

    /// The kept coefficients other than DC that are not zero, with their places in zigzag order.
    pub(crate) fn values(&self) -> impl Iterator<Item = (usize, i16)> {
        let mut left = self.kept.bits & *self.nonzero;
        std::iter::from_fn(move || {
            let at = (left > 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some((at, self.values[self.kept.place(at)]))
        })
    }
}

impl Kept {
    fn new(bits: u64) -> Self {
        let mut count = 0;
        let places = std::array::from_fn(|at| {
            let place = count;
            count += u8::from(bits >> at & 1 == 1);
            place
        });
        Self {
            bits,
            count: count.into(),
            places,
        }
    }

    #[inline]
    fn has(&self, at: usize) -> bool {
        self.bits >> at & 1 == 1
    }

    #[inline]
    fn place(&self, at: usize) -> usize {
        self.places[at].into()
    }
}
