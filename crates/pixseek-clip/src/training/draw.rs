//! Random numbers that can be repeated: each stream depends on a seed and a purpose alone.

use blake3::{Hasher, OutputReader};

/// A stream of numbers that only its seed and purpose determine: BLAKE3's extendable output.
///
/// A run resumes without any state of the generator: the stream of step 1,000 is made from the
/// number 1,000.
pub struct Draw(OutputReader);

impl Draw {
    /// The stream of a run's `seed` for one purpose, say `["step 12", "photo 7"]`.
    #[must_use]
    pub fn new(seed: u64, purpose: &[&str]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(&seed.to_le_bytes());
        for part in purpose {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize_xof())
    }

    /// Uniform in `0..1`, with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let numerator = (self.bits() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// Uniform between two bounds.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in `0..count`; 0 for 0. The bias is below `count / 2^64`.
    pub fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.bits()) * count as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Standard normal, by Box and Muller's transform.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Shuffles items (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    fn bits(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}
