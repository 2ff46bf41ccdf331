//! The two encoders that come from a model.

use super::Model;
use crate::tokens::TokenRows;
use crate::towers::{ImageTower, TextTower};
use crate::{
    ClipError, ComputeDevice, Embedding, Pixels, Precision, Preprocess, TextConfig, Tokenizer,
};

/// Texts to unit vectors.
pub struct TextEncoder {
    tokenizer: Tokenizer,
    config: TextConfig,
    tokens: TokenRows,
    tower: TextTower,
}

/// Images to unit vectors.
pub struct ImageEncoder {
    preprocess: Preprocess,
    tower: ImageTower,
    dimension: usize,
    precision: Precision,
}

impl Model {
    /// Loads the text tower and the tokenizer.
    ///
    /// # Errors
    ///
    /// When weights or tokenizer cannot be read, or do not fit each other.
    pub fn text_encoder(&self, on: &ComputeDevice) -> Result<TextEncoder, ClipError> {
        let config = self.config.text.clone();
        Ok(TextEncoder {
            tokenizer: self.tokenizer()?,
            tokens: TokenRows::new(&self.parameters, config.blocks.width),
            config,
            tower: TextTower::load(&self.parameters, &self.config, on)?,
        })
    }

    /// Loads the image tower in f32.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read.
    pub fn image_encoder(&self, on: &ComputeDevice) -> Result<ImageEncoder, ClipError> {
        Ok(ImageEncoder {
            preprocess: self.config.preprocess.clone(),
            tower: ImageTower::load(&self.parameters, &self.config, on)?,
            dimension: self.config.embedding,
            precision: on.precision(),
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
        let mut features = vec![Vec::new(); rows.len()];
        if rows.is_empty() {
            return Ok(features);
        }
        for texts in self.config.sequences(rows) {
            let tokens = self.tokens.read(&texts.ids)?;
            let values = self.tower.features(tokens, &texts)?;
            let dimension = values.len() / texts.places.len().max(1);
            let rows = values.chunks_exact(dimension.max(1));
            for (place, row) in texts.places.iter().zip(rows) {
                features[*place] = row.to_vec();
            }
        }
        Ok(features)
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
        let values = self.tower.features(batch, self.preprocess.size)?;
        let rows = values.chunks_exact(self.dimension);
        Ok(rows.map(<[f32]>::to_vec).collect())
    }
}
