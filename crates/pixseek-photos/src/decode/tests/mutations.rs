//! Files of the young formats, damaged at random: each ends as a photo or as a named failure, soon.
//!
//! 500 by default; a twentieth of the number in the environment variable `PIXSEEK_MUTATIONS`, because
//! each takes many milliseconds.

use super::read_as;
use crate::DecodeLimits;
use crate::mutations::{Random, mutations};
use std::time::{Duration, Instant};

const MUTATIONS: usize = 10_000;

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

/// One to four kinds of damage, one after another. Half of it hits the first bytes, where boxes and
/// headers are.
fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let end = if random.below(2) == 0 {
            bytes.len().min(600)
        } else {
            bytes.len()
        };
        if end < 16 {
            return;
        }
        let at = random.below(end);
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            2 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)],
            3 => {
                let length = random.below((bytes.len() - at).min(32));
                bytes.drain(at..at + length);
            }
            _ => {
                let length = random.below((bytes.len() - at).min(32));
                let copy = bytes[at..at + length].to_vec();
                let place = random.below(bytes.len());
                bytes.splice(place..place, copy);
            }
        }
    }
}

#[test]
fn damaged_files_of_young_formats_end_soon() {
    let mutations = mutations(MUTATIONS) / 20;
    let limits = DecodeLimits {
        pixels: PIXELS,
        ..DecodeLimits::default()
    };
    let mut random = Random::new();
    let (mut photos, mut panics, mut slowest) = (0, 0, Duration::ZERO);
    for _ in 0..mutations {
        let mut bytes = SAMPLES[random.below(SAMPLES.len())].to_vec();
        damage(&mut random, &mut bytes);
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
