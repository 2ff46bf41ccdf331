//! Huffman tables.

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

    /// Bits of code and value together.
    pub(crate) fn bits(self) -> u32 {
        self.0 & 0xFF
    }

    pub(crate) fn value_bits(self) -> u32 {
        self.0 >> 8 & 0xFF
    }

    pub(crate) fn advance(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub(crate) fn has_value(self) -> bool {
        self.value_bits() > 0
    }

    /// Whether the block has no further coefficients.
    pub(crate) fn ends_block(self) -> bool {
        self.advance() >= Table::END_OF_BLOCK
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

    /// A table for AC coefficients of sequential scans, whose symbols are runs of zeros and lengths
    /// of values.
    pub(crate) fn of_runs(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| {
            Some(match (symbol >> 4, symbol & 15) {
                (15, 0) => (0, 16),
                (_, 0) => (0, Self::END_OF_BLOCK),
                (run, length) => (u32::from(length), usize::from(run) + 1),
            })
        })
    }

    /// The same for progressive scans, where an end-of-block symbol may stand for several blocks:
    /// its value adds to their number.
    pub(crate) fn of_bands(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        Self::new(counts, symbols, |symbol| {
            Some(match (symbol >> 4, symbol & 15) {
                (15, 0) => (0, 16),
                (blocks, 0) => (u32::from(blocks), Self::END_OF_BLOCK),
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

    /// The symbol whose code the highest bits begin with; `None` if they are no code.
    #[allow(clippy::inline_always, reason = "a call would have the bits in memory")]
    #[inline(always)]
    pub(crate) fn symbol(&self, bits: u64) -> Option<Symbol> {
        let symbol = self.short[(bits >> (64 - LOOKUP_BITS)) as usize];
        if symbol.0 == 0 {
            return self.long((bits >> 48) as u32);
        }
        Some(symbol)
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

/// Bits of which [`Skips`] finds all whole codes and values at once.
const SKIP_BITS: u32 = 11;

/// How far several codes and their values lead, for blocks whose other coefficients nobody needs.
pub(crate) struct Skips(Box<[Skip; 1 << SKIP_BITS]>);

/// What the first codes in some bits amount to; nothing where the first one is too long.
#[derive(Clone, Copy, Default)]
pub(crate) struct Skip {
    /// Of the codes and their values together.
    pub bits: u8,
    /// How many coefficients a block must have left.
    pub least: u8,
    /// By how many coefficients the codes advance; as a symbol does if the last one ends the block.
    pub advance: u16,
}

impl Skips {
    pub(crate) fn of(table: &Table) -> Self {
        let mut skips = Box::new([Skip::default(); 1 << SKIP_BITS]);
        for (bits, skip) in (0u64..).zip(skips.iter_mut()) {
            *skip = Skip::over(bits << (64 - SKIP_BITS), table);
        }
        Self(skips)
    }

    /// What the highest bits begin with.
    #[inline]
    pub(crate) fn over(&self, bits: u64) -> Skip {
        self.0[(bits >> (64 - SKIP_BITS)) as usize]
    }
}

impl Skip {
    /// All codes within the highest bits, up to the end of the block.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a code of at least one bit advances by at most 16, or ends the block"
    )]
    fn over(bits: u64, table: &Table) -> Self {
        let mut skip = Self::default();
        while let Some(symbol) = table.symbol(bits << skip.bits) {
            let bits = u32::from(skip.bits) + symbol.bits();
            if bits > SKIP_BITS {
                break;
            }
            skip.bits = bits as u8;
            skip.advance += symbol.advance() as u16;
            if symbol.ends_block() {
                skip.least += 1;
                break;
            }
            skip.least = skip.advance as u8;
        }
        skip
    }
}
