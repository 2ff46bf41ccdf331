//! Files of the young formats, damaged at random: each ends as a photo or as a named failure, soon.
//!
//! 500 by default; a twentieth of the number in the environment variable `PIXSEEK_MUTATIONS`, because
//! each takes many milliseconds.

use super::read_as;
use crate::DecodeLimits;
use std::time::{Duration, Instant};

const MUTATIONS: u64 = 10_000;

/// More pixels than the samples have, and so few that a damaged size costs no time.
const PIXELS: u64 = 1 << 20;

/// The longest time for a file of a few kilobytes: far above what a busy machine needs, far below a loop
/// that does not end.
const LONGEST: Duration = Duration::from_secs(20);

/// Samples of `tests/formats`, by what decodes them.
const SAMPLES: [&[u8]; 12] = [
    include_bytes!("../../../tests/formats/plain.heic"),
    include_bytes!("../../../tests/formats/opacity.heic"),
    include_bytes!("../../../tests/formats/ten-bits.heic"),
    include_bytes!("../../../tests/formats/grid.avif"),
    include_bytes!("../../../tests/formats/cut.avif"),
    include_bytes!("../../../tests/formats/premultiplied.avif"),
    include_bytes!("../../../tests/formats/ten-bits.avif"),
    include_bytes!("../../../tests/formats/plain.jxl"),
    include_bytes!("../../../tests/formats/opacity.jxl"),
    include_bytes!("../../../tests/formats/grey.jxl"),
    include_bytes!("../../../tests/formats/packed.psd"),
    include_bytes!("../../../tests/formats/grey.psd"),
];

/// Steele's and Vigna's `SplitMix64`: a few lines that give the same files everywhere.
struct Random(u64);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((bits ^ bits >> 31) % end as u64).unwrap()
    }

    /// One to four kinds of damage, one after another. Half of it hits the first bytes, where boxes and
    /// headers are.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let end = if self.below(2) == 0 {
                bytes.len().min(600)
            } else {
                bytes.len()
            };
            if end < 16 {
                return;
            }
            let at = self.below(end);
            match self.below(5) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                2 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)],
                3 => {
                    let length = self.below((bytes.len() - at).min(32));
                    bytes.drain(at..at + length);
                }
                _ => {
                    let length = self.below((bytes.len() - at).min(32));
                    let copy = bytes[at..at + length].to_vec();
                    let place = self.below(bytes.len());
                    bytes.splice(place..place, copy);
                }
            }
        }
    }
}

#[test]
fn damaged_files_of_young_formats_end_soon() {
    let mutations = std::env::var("PIXSEEK_MUTATIONS");
    let mutations = mutations.map_or(MUTATIONS, |number| number.parse().unwrap()) / 20;
    let limits = DecodeLimits {
        pixels: PIXELS,
        ..DecodeLimits::default()
    };
    let mut random = Random(2026);
    let (mut photos, mut panics, mut slowest) = (0, 0, Duration::ZERO);
    for _ in 0..mutations {
        let mut bytes = SAMPLES[random.below(SAMPLES.len())].to_vec();
        random.damage(&mut bytes);
        let start = Instant::now();
        match read_as("photo", &bytes, limits).unwrap().decode() {
            Ok(_) => photos += 1,
            Err(failure) => panics += u64::from(failure.reason.contains("gave up")),
        }
        let time = start.elapsed();
        assert!(time < LONGEST, "{time:?}");
        slowest = slowest.max(time);
    }
    // Damage that is always noticed early would test little.
    assert!(photos > mutations / 40, "{photos} of {mutations}");
    println!(
        "{mutations} files: {photos} photos, {panics} panics that were caught, slowest {slowest:?}"
    );
}
