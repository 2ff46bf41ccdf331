//! Damaged raw files are read to an end: as a photo or as a failure, never as a panic.
//!
//! 2,000 by default; the environment variable `PIXSEEK_MUTATIONS` asks for another number.

use super::files::all;
use crate::camera_raw::CameraRaw;
use std::io::Cursor;
use std::path::Path;

const MUTATIONS: usize = 2_000;

/// Bytes from the beginning, and from the end, that are damaged most: directories lie there.
const NEAR: usize = 600;

/// Numbers of Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn place(&mut self, length: usize) -> usize {
        match self.below(4) {
            0 => self.below(length),
            1 => length - 1 - self.below(NEAR.min(length)),
            _ => self.below(NEAR.min(length)),
        }
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.place(bytes.len());
            match self.below(5) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                2 => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill(0xff);
                }
                3 => {
                    // Another place's number, as a loop among directories would have.
                    let from = self.place(bytes.len());
                    let length = 4.min(bytes.len() - at.max(from));
                    bytes.copy_within(from..from + length, at);
                }
                _ if self.below(8) == 0 => bytes.truncate(at.max(16)),
                _ => bytes[at] = bytes[at].wrapping_add(1),
            }
        }
    }
}

#[test]
fn damaged_files_are_read_to_an_end() {
    // Without most of their pixels: only directories are read here.
    let files: Vec<_> = all()
        .into_iter()
        .map(|made| (made.name, made.bytes))
        .collect();
    let mutations = std::env::var("PIXSEEK_MUTATIONS");
    let mutations = mutations.map_or(MUTATIONS, |number| number.parse().unwrap());
    let mut random = Random(2026);
    let (mut previews, mut failures) = (0, 0);
    for _ in 0..mutations {
        let (name, whole) = &files[random.below(files.len())];
        let mut bytes = whole.clone();
        random.damage(&mut bytes);
        let size = bytes.len() as u64;
        match CameraRaw::find(Path::new(name), &mut Cursor::new(&bytes), size) {
            Ok(Some(raw)) => {
                previews += 1;
                assert!(raw.preview.at + raw.preview.length <= size, "{name}");
                let _ = exif::Reader::new().read_raw(raw.exif);
            }
            Ok(None) => {}
            Err(_) => failures += 1,
        }
    }
    // Damage that is never or always noticed would test little.
    assert!(previews > mutations / 4, "{previews} of {mutations}");
    assert!(failures > mutations / 50, "{failures} of {mutations}");
    println!("{mutations} files: {previews} previews, {failures} failures");
}
