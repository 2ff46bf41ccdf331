//! For tests: damage that is the same in every run.

/// Steele's and Vigna's `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(2026)
    }

    /// A number below `end`; 0 if that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((bits ^ bits >> 31) % end.max(1) as u64).unwrap()
    }
}

/// The number of damaged inputs that `PIXSEEK_MUTATIONS` asks for, else `usual`.
pub(crate) fn mutations(usual: usize) -> usize {
    let asked = std::env::var("PIXSEEK_MUTATIONS");
    asked.map_or(usual, |number| number.parse().unwrap())
}
