//! Huffman tables, and the reader of the bits that their codes are in.

/// Codes of up to this many bits are found by one lookup.
const LOOKUP_BITS: u32 = 10;

/// Bits of the longest code that JPEG allows.
const LONGEST: u32 = 16;

/// What a code stands for, packed into one word: the bits of code and value together (8 bits), the
/// bits of the value alone (8), and by how many coefficients the code advances (16). 0 is no code.
#[derive(Clone, Copy, Default)]
pub(crate) struct Symbol(u32);

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

    pub(crate) fn advance(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub(crate) fn has_value(self) -> bool {
        self.value_bits() > 0
    }
}

/// A Huffman table, ready for reading.
#[derive(Clone)]
pub(crate) struct Table {
    /// The symbol whose code begins the index; [`Symbol::default`] where the code is longer.
    short: Box<[Symbol; 1 << LOOKUP_BITS]>,
    /// The codes of each length.
    lengths: [Codes; LONGEST as usize + 1],
    /// In the order of their codes.
    symbols: Vec<Symbol>,
}

/// The codes of one length, which are consecutive numbers.
#[derive(Clone, Copy, Default)]
struct Codes {
    first: u32,
    /// The first number behind them, left-aligned in 16 bits.
    end: u32,
    /// The place of the first code's symbol in `symbols`.
    first_symbol: usize,
}

impl Table {
    /// By how much an end-of-block symbol advances: further than any run can.
    pub(crate) const END_OF_BLOCK: usize = 256;

    /// A table for DC differences, whose symbols are lengths of values.
    pub(crate) fn of_differences(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| {
            (symbol <= 15).then_some((u32::from(symbol), 1))
        })
    }

    /// A table for AC coefficients, whose symbols are runs of zeros and lengths of values.
    pub(crate) fn of_runs(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
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
            short: Box::new([Symbol::default(); 1 << LOOKUP_BITS]),
            lengths: [Codes::default(); LONGEST as usize + 1],
            symbols: Vec::with_capacity(symbols.len()),
        };
        let mut left = symbols.iter();
        let mut code = 0u32;
        for (length, count) in (1u32..).zip(counts) {
            let (first, first_symbol) = (code, table.symbols.len());
            for symbol in left.by_ref().take(usize::from(*count)) {
                let (value_bits, advance) = meaning(*symbol)?;
                let symbol = Symbol::new(length, value_bits, advance);
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOKUP_BITS {
                    let place = (code << (LOOKUP_BITS - length)) as usize;
                    table.short[place..place + (1 << (LOOKUP_BITS - length))].fill(symbol);
                }
                table.symbols.push(symbol);
                code += 1;
            }
            table.lengths[length as usize] = Codes {
                first,
                end: code << (LONGEST - length),
                first_symbol,
            };
            code <<= 1;
        }
        Some(table)
    }

    /// The symbol whose code of more than [`LOOKUP_BITS`] begins these 16 bits.
    #[cold]
    fn long(&self, bits: u32) -> Option<Symbol> {
        (LOOKUP_BITS + 1..=LONGEST).find_map(|length| {
            let codes = self.lengths[length as usize];
            (bits < codes.end)
                .then(|| (bits >> (LONGEST - length)).checked_sub(codes.first))
                .flatten()
                .and_then(|offset| {
                    self.symbols
                        .get(codes.first_symbol + offset as usize)
                        .copied()
                })
        })
    }
}

/// Reads bits of a scan from the most significant one on.
#[derive(Default)]
pub(crate) struct BitReader<'a> {
    data: &'a [u8],
    /// The next byte that is not in the buffer yet.
    at: usize,
    /// The end of the restart interval that is read.
    end: usize,
    /// The next bit is the highest one.
    buffer: u64,
    /// Bits in the buffer.
    count: u32,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(data: &'a [u8], start: usize, end: usize) -> Self {
        Self {
            data,
            at: start,
            end,
            buffer: 0,
            count: 0,
        }
    }

    /// Fills the buffer to at least 56 bits. Behind the end of the data the bits are zeros.
    #[inline]
    pub(crate) fn refill(&mut self) {
        let next = self.data.get(self.at..).and_then(<[u8]>::first_chunk);
        let next = next.map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // Whole bytes are taken, so the buffer has 56 to 63 bits then.
        self.buffer |= next >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 0x38;
    }

    /// Whether the buffer holds the longest possible code and value (16 + 15 bits).
    #[inline]
    pub(crate) fn has_a_symbol(&self) -> bool {
        self.count >= 31
    }

    /// Whether more bits were read than the interval has.
    pub(crate) fn ran_over(&self) -> bool {
        self.at * 8 > self.end * 8 + self.count as usize
    }

    #[inline]
    fn symbol(&self, table: &Table) -> Option<Symbol> {
        let symbol = table.short[(self.buffer >> (64 - LOOKUP_BITS)) as usize];
        if symbol.0 == 0 {
            return table.long((self.buffer >> 48) as u32);
        }
        Some(symbol)
    }

    /// Reads a symbol and its value. `None` when the bits are no code of the table.
    #[inline]
    pub(crate) fn take(&mut self, table: &Table) -> Option<(Symbol, i32)> {
        let symbol = self.symbol(table)?;
        let length = symbol.value_bits();
        let value = if length == 0 {
            0
        } else {
            let raw = (self.buffer << (symbol.bits() - length)) >> (64 - length);
            let raw = i32::try_from(raw).unwrap_or(0);
            // A value whose first bit is 0 is negative.
            if raw < 1 << (length - 1) {
                raw - (1 << length) + 1
            } else {
                raw
            }
        };
        self.drop_bits(symbol);
        Some((symbol, value))
    }

    /// Skips a symbol and its value.
    #[inline]
    pub(crate) fn skip(&mut self, table: &Table) -> Option<Symbol> {
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

/// Removes stuffed bytes and restart markers from a scan. Returns the data and the places where
/// restart intervals begin; the last place is the end of the data.
pub(crate) fn unstuffed(scan: &[u8]) -> (Vec<u8>, Vec<usize>) {
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
    // A refill near the end reads whole words.
    data.extend_from_slice(&[0; 8]);
    (data, starts)
}
