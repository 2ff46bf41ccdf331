//! Files that were damaged at random: decoding them ends, without a panic.
//!
//! 10,000 by default; the environment variable `PIXSEEK_MUTATIONS` asks for another number.

use super::{REFERENCES, decode, several_scans};
use crate::{Frame, Scale};

const MUTATIONS: u64 = 10_000;

/// A damaged size would cost the memory and the time of a large picture.
const MOST_MEMORY: u64 = 4 << 20;

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

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// One to four kinds of damage, one after another.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if bytes.len() < 8 {
                return;
            }
            let at = self.below(bytes.len());
            match self.below(7) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.byte(),
                // A byte of a segment's header, which are few among those of the scans.
                2 => {
                    let segments: Vec<usize> = segments(bytes).collect();
                    let segment = segments[self.below(segments.len())];
                    let end = bytes.len().min(segment + 24);
                    let at = segment + self.below(end - segment);
                    bytes[at] = self.byte();
                }
                3 => bytes.truncate(at),
                4 => {
                    let end = at + self.below((bytes.len() - at).min(64));
                    bytes.drain(at..end);
                }
                5 => {
                    let end = at + self.below((bytes.len() - at).min(64));
                    let copy = bytes[at..end].to_vec();
                    let place = self.below(bytes.len());
                    bytes.splice(place..place, copy);
                }
                _ => self.swap_segments(bytes),
            }
        }
    }

    fn swap_segments(&mut self, bytes: &mut Vec<u8>) {
        let mut ends: Vec<usize> = segments(bytes).collect();
        ends.push(bytes.len());
        let mut parts: Vec<Vec<u8>> = ends
            .windows(2)
            .map(|ends| bytes[ends[0]..ends[1]].to_vec())
            .collect();
        let (one, other) = (self.below(parts.len()), self.below(parts.len()));
        parts.swap(one, other);
        *bytes = [&bytes[..ends[0]], &parts.concat()].concat();
    }
}

/// Where markers stand; the beginning, if there are none.
fn segments(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let is_marker = |at: &usize| *at == 0 || bytes[*at] == 0xFF && bytes[at + 1] >= 0xC0;
    (0..bytes.len() - 1).filter(is_marker)
}

#[test]
fn damaged_files_are_read_to_an_end() {
    let files: Vec<&[u8]> = REFERENCES
        .iter()
        .map(|one| one.jpeg)
        .chain(several_scans().map(|(_, bytes)| bytes))
        .collect();
    let mutations = std::env::var("PIXSEEK_MUTATIONS");
    let mutations = mutations.map_or(MUTATIONS, |number| number.parse().unwrap());
    let mut random = Random(2026);
    let (mut headers, mut pictures) = (0, 0);
    for _ in 0..mutations {
        let mut bytes = files[random.below(files.len())].to_vec();
        random.damage(&mut bytes);
        let scale = Scale::ALL[random.below(3)];
        if Frame::read(&bytes).is_some_and(|frame| frame.memory(scale) < MOST_MEMORY) {
            headers += 1;
            pictures += u64::from(decode(&bytes, scale).is_some());
        }
    }
    // Damage that is always noticed early would test little.
    assert!(headers > mutations / 2, "{headers} of {mutations}");
    assert!(pictures > mutations / 20, "{pictures} of {mutations}");
    println!("{mutations} files: {headers} headers, {pictures} pictures");
}
