//! A generated library, for measurements at any size.
//!
//! The vectors are uniform noise around the vectors of some descriptions, so that scores are
//! meaningful: half of the benchmarks' queries are among those descriptions.

use crate::LabError;
use pixseek_clip::Embedding;
use pixseek_engine::{Calibration, ComputeDevice, ModelChoice, open_model};
use pixseek_index::{Batch, NewPhoto, PhotoFacts, Stamp, Writer, WriterOptions};
use std::path::Path;
use std::sync::atomic::AtomicBool;

const BATCH: u32 = 4096;

/// Descriptions of the photos; photo after photo takes the next one.
const SUBJECTS: [&str; 12] = [
    "dog on a beach",
    "red umbrella",
    "snow mountain lake",
    "two children playing",
    "a photo",
    "a street at night",
    "a birthday cake",
    "people at a table",
    "a bridge over a river",
    "a cat on a sofa",
    "flowers in a garden",
    "a train in a station",
];

/// A library of generated vectors without files.
#[derive(Debug, Clone, Copy)]
pub struct MadeLibrary<'a> {
    /// The folder in which its photos appear to lie.
    pub root: &'a str,
    /// Number of photos.
    pub photos: u32,
}

impl MadeLibrary<'_> {
    /// The path of a photo.
    #[must_use]
    pub fn path(&self, row: u32) -> String {
        let (year, month) = date_of(row);
        format!("{}/{year}/{month:02}/IMG_{row:07}.jpg", self.root)
    }

    /// Writes the index, for the embedded model.
    ///
    /// # Errors
    ///
    /// Fails when a write fails.
    pub fn write(&self, index: &Path) -> Result<(), LabError> {
        let (model, identity) = open_model(&ModelChoice::Embedded)?;
        let device = ComputeDevice::cpu();
        let subjects = model.text_encoder(&device)?.encode(&SUBJECTS)?;
        let subjects: Vec<&[f32]> = subjects.iter().map(Embedding::as_slice).collect();
        let mut writer = Writer::open(index, &identity, WriterOptions::default())?;
        for from in (0..self.photos).step_by(BATCH as usize) {
            let photos = (from..self.photos.min(from + BATCH))
                .map(|row| self.photo(row, subjects[row as usize % subjects.len()]))
                .collect();
            writer.commit(Batch {
                photos,
                ..Batch::default()
            })?;
        }
        writer.publish()?;
        Ok(Calibration::refresh(
            index,
            &model,
            &device,
            &AtomicBool::new(false),
        )?)
    }

    #[expect(clippy::cast_precision_loss, reason = "noise")]
    fn photo(&self, row: u32, subject: &[f32]) -> NewPhoto {
        let mut state = u64::from(row) + 1;
        let mut noise = || {
            // This is SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let mut content = [0; 32];
        for part in content.chunks_exact_mut(8) {
            part.copy_from_slice(&noise().to_le_bytes());
        }
        let mut even = || (noise() >> 40) as f32 / (1_u64 << 24) as f32;
        // The noise has a length of about 0.6 times the root of the dimension. The subject's weight
        // varies, so that some photos show more of it than others.
        let part = even() * 0.3 * (subject.len() as f32).sqrt();
        let mut vector: Vec<f32> = subject
            .iter()
            .map(|value| even() - 0.4 + part * value)
            .collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        for x in &mut vector {
            *x /= length;
        }
        let (year, month) = date_of(row);
        NewPhoto {
            path: self.path(row).into(),
            content,
            stamp: Stamp {
                size: 3_000_000,
                modified: 1_600_000_000_000_000_000,
                changed: 1_600_000_000_000_000_000,
                identity: u64::from(row) + 1,
            },
            facts: PhotoFacts {
                width: 4032,
                height: 3024,
                taken: Some(format!("{year}-{month:02}-17T12:34:56")),
                taken_seconds: Some(1_100_000_000 + i64::from(row) * 600),
                camera: Some("Canon EOS 40D".into()),
                ..PhotoFacts::default()
            },
            vectors: vec![vector],
        }
    }
}

fn date_of(row: u32) -> (u32, u32) {
    (2005 + row / 50_000, row / 4000 % 12 + 1)
}
