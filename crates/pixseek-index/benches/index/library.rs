//! The photos of the measured library.

use crate::options::Options;
use crate::vectors::hash;
use pixseek_index::{ModelIdentity, NewPhoto, PhotoFacts, Stamp};

pub fn photo(row: u32, vector: Vec<f32>) -> NewPhoto {
    let mut content = [0; 32];
    for (at, part) in content.chunks_exact_mut(8).enumerate() {
        part.copy_from_slice(&hash(u64::from(row) * 4 + at as u64).to_le_bytes());
    }
    let (year, month) = (2005 + row / 50_000, row / 4000 % 12 + 1);
    NewPhoto {
        path: format!("/home/me/Pictures/{year}/{month:02}/IMG_{row:07}.jpg").into(),
        content,
        stamp: Stamp {
            size: 3_000_000 + hash(u64::from(row)) % 1_000_000,
            modified: 1_600_000_000_000_000_000 + i64::from(row) * 1_234_567_891,
            changed: 1_600_000_000_000_000_000 + i64::from(row) * 1_234_567_999,
            identity: u64::from(row) + 1_000_000,
        },
        facts: PhotoFacts {
            width: 4032,
            height: 3024,
            taken: Some(format!("{year}-{month:02}-17T12:34:56")),
            taken_seconds: Some(1_600_000_000 + i64::from(row)),
            camera: Some("Canon EOS 40D".into()),
            ..PhotoFacts::default()
        },
        vectors: vec![vector],
    }
}

pub fn model(options: &Options) -> ModelIdentity {
    ModelIdentity {
        name: "made".into(),
        fingerprint: "0".into(),
        dimension: options.dimension,
        folder: None,
    }
}
