//! Huffman codes and the bits that they are in.

/// Codes of up to this many bits are found at one look.
const LOOK: u32 = 10;

/// The longest code that JPEG has.
const LONGEST: u32 = 16;

/// What a code stands for, in one word: how many bits code and value have together, how many of
/// them are the value's, and how many coefficients it moves on. 0 is no code.
#[derive(Clone, Copy, Default)]
pub(super) struct Symbol(u32);

impl Symbol {
    fn new(code_bits: u32, value_bits: u32, advance: usize) -> Self {
        let advance = u32::try_from(advance).unwrap_or(u32::MAX);
        Self((code_bits + value_bits) | value_bits << 8 | advance << 16)
    }

    fn bits(self) -> u32 {
        self.0 & 0xFF
    }

    fn value_bits(self) -> u32 {
        self.0 >> 8 & 0xFF
    }

    pub(super) fn advance(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub(super) fn has_value(self) -> bool {
        self.value_bits() > 0
    }
}

/// A Huffman table, ready for reading.
#[derive(Clone)]
pub(super) struct Table {
    short: Box<[Symbol; 1 << LOOK]>,
    /// Of each length: the end of its codes, left-aligned in 16 bits; the place of its first
    /// symbol, and its first code.
    long: [(u32, usize, u32); LONGEST as usize + 1],
    symbols: Vec<Symbol>,
}

impl Table {
    /// What an end of block moves on: further than any run can.
    pub(super) const END_OF_BLOCK: usize = 256;

    /// A table for differences of the first coefficient: symbols are lengths.
    pub(super) fn of_differences(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| {
            (symbol <= 15).then_some((u32::from(symbol), 1))
        })
    }

    /// A table for the others: symbols are runs of zeros and lengths.
    pub(super) fn of_runs(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| {
            Some(match (symbol >> 4, symbol & 15) {
                (15, 0) => (0, 16),
                (_, 0) => (0, Self::END_OF_BLOCK),
                (run, length) => (u32::from(length), usize::from(run) + 1),
            })
        })
    }

    fn new(
        counts: &[u8; LONGEST as usize],
        symbols: &[u8],
        meaning: impl Fn(u8) -> Option<(u32, usize)>,
    ) -> Option<Self> {
        let mut table = Self {
            short: Box::new([Symbol::default(); 1 << LOOK]),
            long: [(0, 0, 0); LONGEST as usize + 1],
            symbols: Vec::with_capacity(symbols.len()),
        };
        let mut left = symbols.iter();
        let mut code = 0u32;
        for (length, count) in (1u32..).zip(counts) {
            let first = (table.symbols.len(), code);
            for symbol in left.by_ref().take(usize::from(*count)) {
                let (value_bits, advance) = meaning(*symbol)?;
                let symbol = Symbol::new(length, value_bits, advance);
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOK {
                    let place = (code << (LOOK - length)) as usize;
                    table.short[place..place + (1 << (LOOK - length))].fill(symbol);
                }
                table.symbols.push(symbol);
                code += 1;
            }
            let end = code << (LONGEST - length);
            table.long[length as usize] = (end, first.0, first.1);
            code <<= 1;
        }
        Some(table)
    }

    /// The symbol whose code begins 16 bits.
    #[cold]
    fn long(&self, bits: u32) -> Option<Symbol> {
        (LOOK + 1..=LONGEST).find_map(|length| {
            let (end, place, first) = self.long[length as usize];
            (bits < end)
                .then(|| (bits >> (LONGEST - length)).checked_sub(first))
                .flatten()
                .and_then(|offset| self.symbols.get(place + offset as usize).copied())
        })
    }
}

/// Bits of a scan, the first one on top.
#[derive(Default)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte that is not in the buffer, and the end of those that belong to it.
    at: usize,
    end: usize,
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], start: usize, end: usize) -> Self {
        Self {
            data,
            at: start,
            end,
            buffer: 0,
            count: 0,
        }
    }

    /// At least 56 bits are in the buffer afterwards; behind the end they are of no meaning.
    #[inline]
    pub(super) fn refill(&mut self) {
        let next = self.data.get(self.at..).and_then(<[u8]>::first_chunk);
        let next = next.map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // As many whole bytes as fit; the buffer then has 56 to 63 bits.
        self.buffer |= next >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 0x38;
    }

    /// Whether a code and its value are in the buffer for sure.
    #[inline]
    pub(super) fn has_a_symbol(&self) -> bool {
        self.count >= 31
    }

    /// Whether more was read than there is.
    pub(super) fn ran_over(&self) -> bool {
        self.at * 8 > self.end * 8 + self.count as usize
    }

    #[inline]
    fn symbol(&self, table: &Table) -> Option<Symbol> {
        let symbol = table.short[(self.buffer >> (64 - LOOK)) as usize];
        if symbol.0 == 0 {
            return table.long((self.buffer >> 48) as u32);
        }
        Some(symbol)
    }

    /// Reads a symbol and its value.
    #[inline]
    pub(super) fn take(&mut self, table: &Table) -> Option<(Symbol, i32)> {
        let symbol = self.symbol(table)?;
        let length = symbol.value_bits();
        let value = if length == 0 {
            0
        } else {
            let raw = (self.buffer << (symbol.bits() - length)) >> (64 - length);
            let raw = i32::try_from(raw).unwrap_or(0);
            // Values whose first bit is 0 are negative.
            if raw < 1 << (length - 1) {
                raw - (1 << length) + 1
            } else {
                raw
            }
        };
        self.drop_bits(symbol);
        Some((symbol, value))
    }

    /// Passes over a symbol and its value.
    #[inline]
    pub(super) fn pass(&mut self, table: &Table) -> Option<Symbol> {
        let symbol = self.symbol(table)?;
        self.drop_bits(symbol);
        Some(symbol)
    }

    #[inline]
    fn drop_bits(&mut self, symbol: Symbol) {
        self.buffer <<= symbol.bits();
        self.count -= symbol.bits();
    }
}

/// A scan's bytes without what is stuffed between them, and where each restart begins; the last
/// place is the end.
pub(super) fn unstuffed(scan: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let mut data = Vec::with_capacity(scan.len());
    let mut starts = vec![0];
    let mut rest = scan;
    while let Some(found) = rest.iter().position(|byte| *byte == 0xFF) {
        match rest.get(found + 1) {
            Some(0) => data.extend_from_slice(&rest[..=found]),
            Some(0xD0..=0xD7) => {
                data.extend_from_slice(&rest[..found]);
                starts.push(data.len());
            }
            Some(0xFF) => {
                data.extend_from_slice(&rest[..found]);
                rest = &rest[found + 1..];
                continue;
            }
            _ => {
                data.extend_from_slice(&rest[..found]);
                rest = &[];
                break;
            }
        }
        rest = &rest[found + 2..];
    }
    data.extend_from_slice(rest);
    starts.push(data.len());
    // So that a refill near the end has whole words.
    data.extend_from_slice(&[0; 8]);
    (data, starts)
}
