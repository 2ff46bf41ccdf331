//! Damages files as disks, networks and attackers do.

/// Bytes at the beginning that are damaged most: headers lie there.
const HEAD: usize = 1024;

/// Numbers that decoders compute wrongly with.
const NUMBERS: [u32; 12] = [
    0,
    1,
    7,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x0001_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
];

/// Numbers of Marsaglia's xorshift, the same in each run for a format.
pub struct Random(u64);

impl Random {
    pub fn new(name: &str) -> Self {
        let start = name.bytes().fold(2026, |sum: u64, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        Self(start)
    }

    /// A number from 0 up to `end`, which it does not reach.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end.max(1)
    }

    /// Changes one to five parts of a file, some to parts of another.
    pub fn damage(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(5) {
            if bytes.is_empty() {
                return;
            }
            let at = self.place(bytes.len());
            match self.below(9) {
                0 | 1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = u8::try_from(self.below(256)).unwrap_or_default(),
                3 | 4 => self.write_number(bytes, at),
                5 => {
                    let end = (at + 1 + self.below(64)).min(bytes.len());
                    bytes.drain(at..end);
                }
                6 => {
                    let end = (at + 1 + self.below(64)).min(bytes.len());
                    let twice = bytes[at..end].to_vec();
                    bytes.splice(at..at, twice);
                }
                7 => {
                    let from = self.place(other.len());
                    let end = (from + 1 + self.below(256)).min(other.len());
                    let length = (end - from.min(end)).min(bytes.len() - at);
                    bytes[at..at + length].copy_from_slice(&other[from..from + length]);
                }
                _ if self.below(6) == 0 => bytes.truncate(at),
                _ => bytes[at] = bytes[at].wrapping_add(1),
            }
        }
    }

    fn write_number(&mut self, bytes: &mut [u8], at: usize) {
        let number = NUMBERS[self.below(NUMBERS.len())];
        let number = match self.below(3) {
            0 => number.to_le_bytes(),
            1 => number.to_be_bytes(),
            // Half as wide as the others, in either order.
            _ => number.rotate_left(16).to_be_bytes(),
        };
        let length = [1, 2, 4][self.below(3)].min(bytes.len() - at);
        bytes[at..at + length].copy_from_slice(&number[..length]);
    }

    fn place(&mut self, length: usize) -> usize {
        match self.below(3) {
            0 => self.below(length),
            _ => self.below(length.min(HEAD)),
        }
    }
}
