//! Films that were damaged at random: reading them ends, without a panic that is not caught, and with
//! little memory.
//!
//! 1,000 by default; the environment variable `PIXSEEK_MUTATIONS` asks for another number.

use super::SAMPLES;
use crate::{Film, FilmLimits};
use std::io::Cursor;

const MUTATIONS: u64 = 1_000;

/// A damaged size would cost the memory and the time of a large picture.
const LIMITS: FilmLimits = FilmLimits {
    pixels: 200_000,
    tables: 1 << 20,
    sample: 1 << 20,
};

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

    /// One to four kinds of damage, most of them to the tables, which lie at `tables`.
    fn damage(&mut self, bytes: &mut Vec<u8>, tables: usize) {
        for _ in 0..=self.below(4) {
            if bytes.len() < 16 {
                return;
            }
            let from = if tables < bytes.len() - 8 && self.below(3) > 0 {
                tables
            } else {
                0
            };
            let at = from + self.below(bytes.len() - from - 7);
            match self.below(8) {
                0 | 1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = self.byte(),
                3 => bytes[at..at + 4].fill([0, 0xff][self.below(2)]),
                4 => {
                    let number = u32::try_from(self.below(1 << 20)).unwrap();
                    bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
                }
                5 if self.below(4) == 0 => bytes.truncate(at),
                6 => {
                    let end = at + self.below((bytes.len() - at).min(32));
                    bytes.drain(at..end);
                }
                _ => {
                    let end = at + self.below((bytes.len() - at).min(32));
                    let copy = bytes[at..end].to_vec();
                    let place = from + self.below(bytes.len() - from);
                    bytes.splice(place..place, copy);
                }
            }
        }
    }
}

#[test]
fn damaged_films_are_read_to_an_end() {
    let mutations = std::env::var("PIXSEEK_MUTATIONS");
    let mutations = mutations.map_or(MUTATIONS, |number| number.parse().unwrap());
    let mut random = Random(2026);
    let (mut opened, mut pictures, mut caught) = (0, 0, 0);
    for _ in 0..mutations {
        let sample = &SAMPLES[random.below(SAMPLES.len())];
        let mut bytes = sample.film.to_vec();
        let tables = bytes.windows(4).position(|four| four == b"moov").unwrap();
        random.damage(&mut bytes, tables);
        let film = Film::open(Cursor::new(bytes.as_slice()), LIMITS);
        caught += u64::from(film.as_ref().is_err_and(|it| it.reason.contains("gave up")));
        let Ok(mut film) = film else {
            continue;
        };
        opened += 1;
        assert!(film.key_frames().len() <= 8);
        let _ = film.identity();
        if let Some(frame) = film.key_frames().first().cloned() {
            match film.decode(&frame, 48) {
                Ok(_) => pictures += 1,
                Err(failure) => caught += u64::from(failure.reason.contains("gave up")),
            }
        }
    }
    // Damage that is always noticed early would test little.
    assert!(opened > mutations / 3, "{opened} of {mutations}");
    assert!(pictures > mutations / 10, "{pictures} of {mutations}");
    println!("{mutations} films: {opened} opened, {pictures} pictures, {caught} panics caught");
}
