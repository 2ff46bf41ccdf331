//! The line between matches and the rest.

use super::Calibration;
use super::statistics::mean_and_deviation;
use crate::EngineError;
use crate::prompts::dot;
use pixseek_index::{Reader, RowFilter, SearchMode};

/// A background description is represented by the best of this many nearest photos.
const NEAREST: usize = 16;
/// In libraries with more rows than this, only every fourth background description is searched for.
const LARGE_LIBRARY: u32 = 50_000;
/// Distance of the line from the mean of the best hits, in standard deviations.
const DEVIATIONS: f64 = 0.25;
/// From this many photos on, the best hits are observed instead of estimated.
const ENOUGH_PHOTOS: u32 = 500;
/// Expected distance of the best of [`ENOUGH_PHOTOS`] cosines from their mean, in standard
/// deviations: Φ⁻¹(1 - 1/500).
const BEST_ABOVE_MEAN: f64 = 2.878;
/// Standard deviation of the best hits, relative to that of all cosines, for libraries that are too
/// small to observe it: measured 0.4 among 1,000 photos.
const BEST_DEVIATION: f64 = 0.4;
/// With fewer sampled photos than this, the nearest neighbours say nothing reliable. The line
/// between pictures and its deviation are then these constants (the median cosine of a photo with
/// its nearest neighbour was 0.92 among 79 photos).
const FEW: usize = 8;
const FEW_PICTURES: (f32, f32) = (0.92, 0.03);

/// The merit at which a match begins, and the deviation that scales the distance from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Threshold {
    pub line: f32,
    pub deviation: f32,
}

impl Calibration {
    /// Computes the threshold of descriptions from the best hits of the background descriptions.
    pub(super) fn line_of_words(
        &self,
        reader: &Reader,
        sample: &[Vec<f32>],
    ) -> Result<Threshold, EngineError> {
        if self.rows < ENOUGH_PHOTOS {
            let merits: Vec<f64> = sample
                .iter()
                .flat_map(|photo| {
                    let hubness = self.hubness(photo);
                    let texts = self.background.chunks_exact(self.dimension);
                    texts.map(move |text| f64::from(dot(text, photo) - hubness))
                })
                .collect();
            let (mean, deviation) = mean_and_deviation(&merits);
            return Ok(threshold(
                mean + BEST_ABOVE_MEAN * deviation,
                BEST_DEVIATION * deviation,
            ));
        }
        let step = if self.rows > LARGE_LIBRARY { 4 } else { 1 };
        let texts = self.background.chunks_exact(self.dimension);
        let mut best: Vec<f64> = Vec::new();
        for text in texts.step_by(step) {
            let (found, _) = reader.nearest(text, NEAREST, SearchMode::Auto, RowFilter::All)?;
            let penalties = self.penalties(reader.manifest(), 1.0);
            let merits = found
                .iter()
                .map(|(row, cosine)| cosine - penalties.of(*row));
            best.extend(merits.max_by(f32::total_cmp).map(f64::from));
        }
        let (mean, deviation) = mean_and_deviation(&best);
        Ok(threshold(mean, deviation))
    }
}

/// Computes the threshold between pictures: the line lies a quarter of a standard deviation above
/// the mean cosine of a photo with its nearest neighbour.
pub(super) fn line_of_pictures(
    reader: &Reader,
    sample: &[Vec<f32>],
) -> Result<Threshold, EngineError> {
    const PHOTOS: usize = 128;
    let mut nearest: Vec<f64> = Vec::new();
    for photo in sample.iter().step_by(sample.len().div_ceil(PHOTOS).max(1)) {
        let (found, _) = reader.nearest(photo, 2, SearchMode::Auto, RowFilter::All)?;
        nearest.extend(found.get(1).map(|(_, cosine)| f64::from(*cosine)));
    }
    if nearest.len() < FEW {
        let (line, deviation) = FEW_PICTURES;
        return Ok(Threshold { line, deviation });
    }
    let (mean, deviation) = mean_and_deviation(&nearest);
    Ok(threshold(mean, deviation))
}

#[expect(clippy::cast_possible_truncation, reason = "stored as f32")]
fn threshold(mean: f64, deviation: f64) -> Threshold {
    // All photos of the library may be copies of one, which makes the deviation zero.
    let deviation = deviation.max(0.01);
    Threshold {
        line: (mean + DEVIATIONS * deviation) as f32,
        deviation: deviation as f32,
    }
}
