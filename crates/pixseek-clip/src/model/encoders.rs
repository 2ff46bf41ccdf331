//! The two encoders that come from a model.

use super::Model;
use crate::device::Target;
use crate::text::TextTower;
use crate::transformer::values_of;
use crate::vision::ImageTower;
use crate::{ClipError, ComputeDevice, Embedding, Pixels, Precision, Preprocess, Tokenizer};
use burn::tensor::{Device, Tensor};

/// Texts to unit vectors.
pub struct TextEncoder {
    tokenizer: Tokenizer,
    tower: TextTower,
}

/// Images to unit vectors.
pub struct ImageEncoder {
    preprocess: Preprocess,
    tower: ImageTower,
    device: Device,
    precision: Precision,
}

impl Model {
    /// Loads the text tower and the tokenizer.
    ///
    /// # Errors
    ///
    /// When weights or tokenizer cannot be read, or do not fit each other.
    pub fn text_encoder(&self, on: &ComputeDevice) -> Result<TextEncoder, ClipError> {
        let config = &self.config.text;
        Ok(TextEncoder {
            tokenizer: self.tokenizer()?,
            tower: TextTower::load(&self.parameters, config, &on.target())?,
        })
    }

    /// Loads the image tower in f32.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read.
    pub fn image_encoder(&self, on: &ComputeDevice) -> Result<ImageEncoder, ClipError> {
        self.image_encoder_for(&on.target())
    }

    pub(super) fn image_encoder_for(&self, target: &Target) -> Result<ImageEncoder, ClipError> {
        Ok(ImageEncoder {
            preprocess: self.config.preprocess.clone(),
            tower: ImageTower::load(&self.parameters, &self.config.vision, target)?,
            device: target.device.clone(),
            precision: match target.kernels {
                Some(kernels) if kernels.is_reduced() => Precision::Bf16,
                _ => Precision::F32,
            },
        })
    }
}

impl TextEncoder {
    /// Encodes texts, one vector each.
    ///
    /// # Errors
    ///
    /// When the device fails or returns a vector without direction.
    pub fn encode(&self, texts: &[&str]) -> Result<Vec<Embedding>, ClipError> {
        let rows = texts
            .iter()
            .map(|text| self.tokenizer.encode(text))
            .collect::<Result<Vec<_>, _>>()?;
        self.features(&rows)?
            .into_iter()
            .map(Embedding::normalize)
            .collect()
    }

    /// The tower's output for rows of token ids, before normalisation.
    ///
    /// # Errors
    ///
    /// When the device fails.
    ///
    /// # Shapes
    ///
    /// `[B, T]` ids to `[B, E]`.
    pub fn features(&self, rows: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ClipError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        rows_of(self.tower.forward(rows)?)
    }
}

impl ImageEncoder {
    /// The precision of the tower.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// How this model makes pixels; cheap to clone into decoding threads.
    #[must_use]
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// Encodes a batch, one result an image: a vector without direction is that image's own
    /// failure and not the batch's.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub fn encode(&self, batch: &[Pixels]) -> Result<Vec<Result<Embedding, ClipError>>, ClipError> {
        Ok(self
            .features(batch)?
            .into_iter()
            .map(Embedding::normalize)
            .collect())
    }

    /// The tower's output before normalisation.
    ///
    /// # Errors
    ///
    /// When the device fails.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, E]`.
    pub fn features(&self, batch: &[Pixels]) -> Result<Vec<Vec<f32>>, ClipError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        rows_of(
            self.tower
                .encode(batch, self.preprocess.size, &self.device)?,
        )
    }
}

/// `[B, E]` on a device to rows in memory.
fn rows_of(features: Tensor<2>) -> Result<Vec<Vec<f32>>, ClipError> {
    let [_, dimension] = features.dims();
    let values = values_of(features)?;
    Ok(values
        .chunks_exact(dimension)
        .map(<[f32]>::to_vec)
        .collect())
}
