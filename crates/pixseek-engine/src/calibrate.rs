//! Calibration gives a score its meaning: how well a photo answers a description, for this model
//! and in this library.
//!
//! A cosine alone says little: some photos lie near to all descriptions ("hubs"), and the cosine of
//! the best photo depends on the model and the library. Calibration therefore measures two things
//! with a few hundred background descriptions (`calibrate/background.txt`: everyday things, whether
//! or not the library shows them):
//!
//! - The **merit** of a photo is its cosine with the description minus a penalty for being a hub: a
//!   part of the soft maximum of its cosines with the background (query bank normalisation, Bogolin
//!   et al. 2022). Hits are ordered by it.
//! - The **line** separates a match from no match. Calibration searches for each background
//!   description; the line is a quarter of a standard deviation above the mean merit of their best
//!   hits. A library of less than 500 photos holds too few good hits for that; there, the line is
//!   the merit that the best of 500 such photos would be expected to have.
//!
//! The score is 100 Φ((merit - line) / deviation of the best hits), so 50 is the line, and a better
//! hit never has a lower score.
//!
//! Measured with the embedded model: the experiment `honesty` judges 93 of 100 queries rightly, and
//! `recall` finds as well by the merit as by the cosine or better (recall@1 and @10 on captioned1k
//! 20.5 / 61.0 -> 20.8 / 61.9 %, captioned 67.6 / 97.2 -> 69.6 / 98.0 %). In PyTorch, on the same
//! vectors, 32 of 100 names of `objects` had a hit above the line; with the cosine instead of the
//! merit, 15 had. Rejected there: standardising a cosine by the description's and by the photo's
//! deviations, which served the first embedded model (area under the ROC curve of honesty's
//! questions 0.87; the merit 0.98, the plain cosine 0.985).

mod background;
mod bytes;
mod statistics;
#[cfg(test)]
mod tests;
mod threshold;

pub use background::{Background, everyday_texts};

use crate::EngineError;
use crate::prompts::dot;
use crate::texts::StoredAdapter;
use bytes::size;
use pixseek_clip::{Adapter, ComputeDevice, Model};
use pixseek_index::{Attachment, Manifest, Penalties, Reader, RowId};
use rayon::prelude::*;
use statistics::{mean_and_deviation, moments_of, normal_below, prior};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use threshold::{Threshold, line_of_pictures};

/// At most this many rows are sampled to measure means and deviations.
const SAMPLE_ROWS: usize = 4096;
/// Weight of the prior, in photos, so that even a library of three photos has a deviation.
const PRIOR_WEIGHT: f64 = 16.0;
/// Sharpness of the soft maximum, relative to the deviation of the cosines.
const SHARPNESS: f32 = 2.5;
/// The part of the soft maximum that is subtracted from a photo's cosine to get its merit.
const HUBNESS: f32 = 0.5;
/// A library is measured again when more than one in this many of its rows has come or gone since,
/// so that the line describes the photos that are there.
const REFRESH_FRACTION: u64 = 5;

/// The measurements of a library.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Live rows when the library was measured.
    rows: u32,
    /// [`pixseek_index::Manifest::row_changes`] when the library was measured.
    row_changes: u64,
    /// The index's epoch when the library was measured. Erasing photos begins a new epoch; a
    /// calibration of the one before still holds traces of the erased photos.
    epoch: u64,
    /// [`StoredAdapter::number`] of the adapter that encoded the background.
    adapter: u64,
    dimension: usize,
    /// The threshold for descriptions in words.
    words: Threshold,
    /// The threshold for pictures as queries.
    pictures: Threshold,
    /// Mean and variance of all background cosines: the prior of [`Calibration::moments`].
    prior: (f32, f32),
    /// Mean of the sampled vectors, `[E]`.
    mean: Vec<f32>,
    /// Covariance of the sampled vectors, `[E, E]`.
    covariance: Vec<f32>,
    /// Vectors of the background descriptions, `[B, E]`, unit vectors.
    background: Vec<f32>,
    /// The hubness of each photo.
    hubs: Hubs,
}

/// How near each row's photo lies to descriptions in general. The values are stored, because
/// computing them in a search for 256 photos would compare each photo with every background
/// description.
#[derive(Debug, Clone, Default, PartialEq)]
struct Hubs {
    /// [`Calibration::hubness`] of each row of the epoch, by row number.
    of_rows: Vec<f32>,
    /// Mean hubness of the live rows; it stands in for rows that are not measured yet.
    mean: f32,
}

/// Mean and standard deviation of one unit query vector's cosines in the library.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub mean: f32,
    pub deviation: f32,
}

impl Calibration {
    /// Reads the calibration of an index, if it has one.
    pub(crate) fn read(reader: &Reader) -> Result<Option<Self>, EngineError> {
        let bytes = reader.attachment(Attachment::Calibration)?;
        let dimension = reader.manifest().model.dimension;
        Ok(bytes
            .and_then(|bytes| Self::decode(&bytes))
            .filter(|calibration| calibration.dimension == dimension))
    }

    /// Whether this adapter encoded the background.
    pub(crate) fn is_with(&self, adapter: &StoredAdapter) -> bool {
        self.adapter == adapter.number
    }

    /// Measures the library again if it has changed, and stores the result beside the index. Needs
    /// the [`Background`] only if the library was never measured or its adapter is another one now.
    ///
    /// If `stop` becomes true before all its texts are encoded, it leaves that to the next index run.
    ///
    /// # Errors
    ///
    /// Fails when the text tower fails or a write does.
    pub fn refresh(
        index: &Path,
        model: &Model,
        device: &ComputeDevice,
        stop: &AtomicBool,
    ) -> Result<(), EngineError> {
        Self::refresh_with(index, |adapter| {
            let background = Background::of(model, device, stop)?;
            Ok(background.map(|background| background.directions(adapter.as_ref())))
        })
    }

    /// Does the same as [`Calibration::refresh`], without a model: it leaves a library that was
    /// never measured, or not with its present adapter, to the next index run.
    ///
    /// # Errors
    ///
    /// Fails when a write fails.
    pub fn refresh_known(index: &Path) -> Result<(), EngineError> {
        Self::refresh_with(index, |_| Ok(None))
    }

    pub(crate) fn refresh_with(
        index: &Path,
        encoded: impl FnOnce(Option<Adapter>) -> Result<Option<Vec<f32>>, EngineError>,
    ) -> Result<(), EngineError> {
        // Hold the lock until the calibration is replaced: of two concurrent refreshes, one would
        // otherwise overwrite the other's result with an older one.
        let _lock = Attachment::Calibration.lock(index)?;
        let reader = Reader::open(index)?;
        // Ignore a damaged adapter, and measure again if the calibration is damaged.
        let adapter = StoredAdapter::read(index, reader.manifest()).unwrap_or_default();
        let known = Self::read(&reader).ok().flatten();
        let known = known.filter(|known| known.is_with(&adapter));
        if reader.live().is_empty() {
            return Ok(Attachment::Calibration.remove(index)?);
        }
        let known = match known {
            Some(known) if known.is_fresh(reader.manifest()) => {
                if size(known.hubs.of_rows.len()) >= reader.manifest().rows {
                    return Ok(());
                }
                let measured = known.with_all_hubs(&reader);
                return Ok(Attachment::Calibration.replace(index, &measured.encode())?);
            }
            known => known,
        };
        let number = adapter.number;
        let background = match known {
            Some(known) => Some(known.background),
            None => encoded(adapter.adapter)?,
        };
        let Some(background) = background else {
            return Ok(());
        };
        let measured = Self {
            adapter: number,
            ..Self::measure(&reader, background)?
        };
        Ok(Attachment::Calibration.replace(index, &measured.encode())?)
    }

    /// Measures an index against background descriptions: `[B, E]`, unit vectors.
    ///
    /// # Errors
    ///
    /// Fails when there is no index, or it is damaged.
    pub fn of(index: &Path, background: Vec<f32>) -> Result<Self, EngineError> {
        Self::measure(&Reader::open(index)?, background)
    }

    fn measure(reader: &Reader, background: Vec<f32>) -> Result<Self, EngineError> {
        let rows = size(reader.live().len());
        let dimension = reader.manifest().model.dimension;
        let sample = reader.sample(SAMPLE_ROWS)?;
        let (mean, covariance) = moments_of(&sample, dimension);
        let none = Threshold {
            line: 0.0,
            deviation: 1.0,
        };
        let mut measured = Self {
            rows,
            row_changes: reader.manifest().row_changes,
            epoch: reader.manifest().epoch,
            adapter: 0,
            dimension,
            words: none,
            pictures: none,
            prior: prior(&sample, &background, dimension),
            mean,
            covariance,
            background,
            hubs: Hubs::default(),
        }
        .with_all_hubs(reader);
        measured.words = measured.line_of_words(reader, &sample)?;
        measured.pictures = line_of_pictures(reader, &sample)?;
        Ok(measured)
    }

    /// Whether so few rows have changed since the measurement that the line still holds.
    fn is_fresh(&self, manifest: &Manifest) -> bool {
        let changes = manifest.row_changes.abs_diff(self.row_changes);
        self.epoch == manifest.epoch && changes * REFRESH_FRACTION <= u64::from(self.rows)
    }

    /// Computes the hubness of rows that have none yet.
    fn with_all_hubs(mut self, reader: &Reader) -> Self {
        let manifest = reader.manifest();
        let mut hubs = std::mem::take(&mut self.hubs);
        let new: Vec<Option<f32>> = (size(hubs.of_rows.len())..manifest.rows)
            .into_par_iter()
            .map(|row| Some(self.hubness(&reader.vector(RowId(row))?)))
            .collect();
        let known = hubs.of_rows.iter().copied();
        let live = reader.live();
        let counted = (0..)
            .map(RowId)
            .zip(known.map(Some).chain(new.iter().copied()));
        let counted = counted.filter(|(row, _)| live.has(*row));
        let counted: Vec<f64> = counted.filter_map(|(_, of)| of.map(f64::from)).collect();
        #[expect(clippy::cast_possible_truncation, reason = "stored as f32")]
        let mean = mean_and_deviation(&counted).0 as f32;
        hubs.of_rows
            .extend(new.into_iter().map(|of| of.unwrap_or(mean)));
        hubs.mean = mean;
        self.hubs = hubs;
        self
    }

    /// The penalties that a search subtracts from the photos' cosines; `words` is the share of
    /// words in the query, 0 to 1.
    pub(crate) fn penalties(&self, manifest: &Manifest, words: f32) -> Penalties<'_> {
        let is_same = self.epoch == manifest.epoch;
        Penalties {
            rows: if is_same { &self.hubs.of_rows } else { &[] },
            others: self.hubs.mean,
            weight: words,
        }
    }

    /// The penalty that a photo's cosines with descriptions get, because it lies near to
    /// descriptions in general.
    #[must_use]
    pub fn hubness(&self, photo: &[f32]) -> f32 {
        let deviation = self.prior.1.max(1e-8).sqrt();
        let sharpness = SHARPNESS / deviation;
        let texts = self.background.chunks_exact(self.dimension);
        let cosines: Vec<f32> = texts.map(|text| dot(text, photo)).collect();
        let most = cosines.iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = cosines
            .iter()
            .map(|cosine| (sharpness * (cosine - most)).exp())
            .sum();
        if cosines.is_empty() {
            return 0.0;
        }
        HUBNESS * (most + sum.ln() / sharpness)
    }

    /// Mean and deviation of a unit vector's cosines with the photos of the library.
    pub(crate) fn moments(&self, query: &[f32]) -> Moments {
        let rows = f64::from(self.rows.min(size(SAMPLE_ROWS)));
        let variance: f32 = self
            .covariance
            .chunks_exact(self.dimension)
            .zip(query)
            .map(|(row, value)| value * dot(row, query))
            .sum();
        let blend = |measured: f32, prior: f32| {
            (f64::from(measured) * rows + f64::from(prior) * PRIOR_WEIGHT) / (rows + PRIOR_WEIGHT)
        };
        #[expect(clippy::cast_possible_truncation, reason = "stored as f32")]
        Moments {
            mean: blend(dot(&self.mean, query), self.prior.0) as f32,
            deviation: blend(variance.max(0.0), self.prior.1).sqrt().max(1e-4) as f32,
        }
    }

    /// Converts a merit to a score in `0..=1`; 0.5 and more is a match. `words` is the share of
    /// words in the query, 0 to 1; the rest is pictures.
    pub(crate) fn score(&self, merit: f32, words: f32) -> f32 {
        let blend = |words_value: f32, picture_value: f32| {
            words * words_value + (1.0 - words) * picture_value
        };
        let line = blend(self.words.line, self.pictures.line);
        let deviation = blend(self.words.deviation, self.pictures.deviation);
        normal_below((merit - line) / deviation)
    }
}
