//! Manifests and journals with damage that their checksums cover, as a bug or an attacker writes them:
//! reading them ends, without a panic.
//!
//! 200 of each by default; a tenth of the number in the environment variable `PIXSEEK_MUTATIONS`.

use super::{extend_graph, filled};
use crate::{Manifest, checked, journal};

const MUTATIONS: usize = 2_000;

/// Bytes in front of a journal's record: its length and its checksum.
const HEAD: usize = 8;

/// Numbers that readers compute wrongly with.
const NUMBERS: [&str; 8] = [
    "0",
    "-1",
    "1e999",
    "0.5",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "null",
];

/// Numbers of Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }
}

fn mutations() -> usize {
    let mutations = std::env::var("PIXSEEK_MUTATIONS");
    mutations.map_or(MUTATIONS, |number| number.parse().unwrap()) / 10
}

#[test]
fn damaged_manifests_are_read_to_an_end() {
    let (folder, mut writer, _) = filled(128);
    writer.publish().unwrap();
    extend_graph(&mut writer);
    drop(writer);
    let index = folder.path();
    let path = index.join("MANIFEST");
    let whole = checked::read(index, &path).unwrap().unwrap();
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = whole.split_inclusive([' ', ',', ':', '[', ']']).collect();
    let numbers: Vec<usize> = (0..parts.len())
        .filter(|at| is_number(parts[*at]))
        .collect();
    let mut random = Random(2026);
    let mut read = 0;
    for _ in 0..mutations() {
        let mut damaged: Vec<String> = parts.iter().copied().map(String::from).collect();
        for _ in 0..=random.below(2) {
            if random.below(8) == 0 {
                damaged[random.below(parts.len())].clear();
                continue;
            }
            // A number, without the comma behind it.
            let at = numbers[random.below(numbers.len())];
            let end = parts[at].trim_start_matches(|c: char| c.is_ascii_digit());
            damaged[at] = format!("{}{end}", NUMBERS[random.below(NUMBERS.len())]);
        }
        checked::replace(&path, &damaged.concat()).unwrap();
        if let Ok(manifest) = Manifest::read(index) {
            read += 1;
            assert!(manifest.live.end() <= u64::from(manifest.rows));
            let _ = manifest.is_sparse();
            let _ = crate::Reader::open(index);
        }
    }
    assert!(read > 0);
    println!("{} manifests: {read} read", mutations());
}

#[test]
fn damaged_journals_are_read_to_an_end() {
    let (folder, writer, _) = filled(3);
    drop(writer);
    let index = folder.path();
    let generation = Manifest::read(index).map_or(0, |manifest| manifest.generation);
    let whole = journal::read(index, generation).unwrap();
    assert_eq!(whole.transactions.len(), 1);
    let path = index.join(format!("journal/{generation}.log"));
    let bytes = std::fs::read(&path).unwrap();
    let mut random = Random(2026);
    let mut read = 0;
    for _ in 0..mutations() {
        let mut body = bytes[HEAD..].to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(body.len());
            match random.below(4) {
                0 => body[at] ^= 1 << random.below(8),
                1 => body[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
                2 => {
                    let end = (at + 10).min(body.len());
                    body[at..end].fill(0xff);
                }
                _ => drop(body.drain(at..(at + 4).min(body.len()))),
            }
        }
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let checksum = crc32fast::hash(&body).to_le_bytes();
        std::fs::write(&path, [&length, &checksum, body.as_slice()].concat()).unwrap();
        read += journal::salvage(index, generation)
            .unwrap()
            .transactions
            .len();
    }
    assert!(read > 0 && read < mutations(), "{read}");
    println!("{} journals: {read} records read", mutations());
}
