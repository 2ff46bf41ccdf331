//! Conversion to the form that opens fastest: the towers one after the other in one file, so that a
//! search reads the first alone; half precision where that does not change the vectors; the
//! fingerprint beside it, so that a search need not hash half a gigabyte.

use super::words::write_file;
use super::{CONVERTED, FINGERPRINT, Model};
use crate::keys::{Entry, Naming, table};
use crate::weights::write::WeightsToWrite;
use crate::{ClipError, ComputeDevice, Embedding, Pixels, WeightPrecision};
use std::path::Path;

/// The least cosine between a vector in f32 and from half-precision weights.
const LEAST_COSINE: f32 = 0.9999;

/// Texts of several lengths, to compare precisions with.
const TEXTS: [&str; 4] = [
    "",
    "a dog",
    "two dogs on a snowy beach",
    "a photo of a red umbrella in front of a small white house with a garden, in the rain",
];

impl Model {
    /// Writes the model to a folder in the form that opens fastest and returns the precision of its
    /// weights: half where both towers then give vectors with a cosine of 0.9999 or more to the
    /// model's own.
    ///
    /// # Errors
    ///
    /// When weights cannot be read or files not be written.
    pub fn convert(&self, folder: &Path) -> Result<WeightPrecision, ClipError> {
        self.write_words(folder)?;
        self.write_weights(folder, WeightPrecision::Half)?;
        let half = Self::open(folder)?;
        let precision = if self.is_close_to(&half)? {
            WeightPrecision::Half
        } else {
            self.write_weights(folder, WeightPrecision::Full)?;
            WeightPrecision::Full
        };
        let fingerprint = Self::open(folder)?.computed_fingerprint()?;
        write_file(&folder.join(FINGERPRINT), fingerprint.as_bytes())?;
        Ok(precision)
    }

    fn write_weights(&self, folder: &Path, precision: WeightPrecision) -> Result<(), ClipError> {
        let weights = WeightsToWrite {
            entries: &table(Naming::Pixseek, &self.config),
            precision,
            notes: &[],
        };
        let values = |entry: &Entry| self.parameters.values_in_use(&entry.parameter);
        weights.write(&folder.join(CONVERTED), values)
    }

    /// Whether another model gives the same vectors of some texts and pictures.
    fn is_close_to(&self, other: &Self) -> Result<bool, ClipError> {
        let cpu = ComputeDevice::cpu();
        let texts = |model: &Self| model.text_encoder(&cpu)?.encode(&TEXTS);
        let pictures = |model: &Self| -> Result<Vec<Embedding>, ClipError> {
            let found = model.image_encoder(&cpu)?.encode(&self.pictures())?;
            found.into_iter().collect()
        };
        let same = |ours: &[Embedding], theirs: &[Embedding]| {
            let mut pairs = ours.iter().zip(theirs);
            pairs.all(|(ours, theirs)| ours.cosine(theirs) >= LEAST_COSINE)
        };
        let both = |model: &Self| Ok((texts(model)?, pictures(model)?));
        let ours: (Vec<Embedding>, Vec<Embedding>) = both(self)?;
        match both(other) {
            Ok(theirs) => Ok(same(&ours.0, &theirs.0) && same(&ours.1, &theirs.1)),
            // Weights beyond half precision's range.
            Err(ClipError::NoDirection) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Pictures of waves of several lengths.
    fn pictures(&self) -> Vec<Pixels> {
        let side = self.config.vision.image_size;
        #[expect(clippy::cast_precision_loss, reason = "pixels of a small square")]
        let wave = |length: f32| {
            let values = (0..3 * side * side).map(|place| (place as f32 / length).sin());
            Pixels(values.collect())
        };
        vec![wave(0.7), wave(17.3), wave(611.0)]
    }
}
