//! The text tower: token vectors to text features. Looking up the tokens' vectors is the caller's
//! part: the table is large, and a query needs a few of its rows.

use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::pointwise::{Activation, Norm};
use crate::pooling::mean;
use crate::simd::Kernels;
use crate::transformer::{BlockConfig, Spread, Transformer};
use crate::weights::{Weights, vector};
use rayon::prelude::*;

/// The sizes of a text tower.
#[derive(Debug, Clone, Copy)]
pub struct TextConfig {
    /// Rows of the position table.
    pub positions: usize,
    /// The position of a text's first token. XLM-RoBERTa counts from behind its padding's id.
    pub first_position: usize,
    /// The residual blocks.
    pub blocks: BlockConfig,
    /// How the sequence becomes a vector.
    pub head: TextHead,
    /// Dimensions of the vector.
    pub embedding: usize,
}

/// How a sequence becomes one vector of the shared space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextHead {
    /// The pooled token is normed. The tower is as wide as the space.
    Norm,
    /// The pooled token is normed and projected by a matrix: CLIP's.
    Matrix,
    /// The pooled token is normed and projected by a linear layer with a bias: SigLIP's.
    Linear,
    /// XLM-RoBERTa's in OpenCLIP: the mean of all tokens goes through two layers with a GELU
    /// between them and without biases. Its embeddings have a sentence's vector and a norm.
    Roberta {
        /// Width between the two layers.
        hidden: usize,
    },
}

/// A text tower: token vectors to features.
#[derive(Debug)]
pub struct Text {
    kernels: Kernels,
    config: TextConfig,
    /// From the first position on.
    positions: Vec<f32>,
    norm_in: Option<Norm>,
    blocks: Transformer,
    head: Head,
}

#[derive(Debug)]
enum Head {
    Pooled {
        norm: Norm,
        projection: Option<Linear>,
    },
    Mean {
        expand: Linear,
        projection: Linear,
    },
}

impl Text {
    /// Packs the tower's weights for the kernels. Weights that are exact in f16 stay f16 in
    /// memory: a query is a few rows, and their products wait for the weights to be read.
    ///
    /// # Errors
    ///
    /// When a parameter cannot be read.
    ///
    /// # Panics
    ///
    /// When a parameter does not have the size that the configuration gives it.
    pub fn load<W: Weights>(
        weights: &W,
        config: TextConfig,
        kernels: Kernels,
    ) -> Result<Self, W::Error> {
        let (width, eps) = (config.blocks.width, config.blocks.layer_norm_eps);
        let packing = Packing::few_rows(kernels);
        let mut positions = vector(weights, "text.positions", config.positions * width)?;
        positions.drain(..config.first_position * width);
        let linear = |name: &str, shape| Linear::load_without_bias(weights, name, shape, packing);
        let shape = [width, config.embedding];
        let norm = || Norm::load(weights, "text.norm", width, eps);
        let pooled = |projection| -> Result<Head, W::Error> {
            Ok(Head::Pooled {
                norm: norm()?,
                projection,
            })
        };
        let mut norm_in = None;
        let head = match config.head {
            TextHead::Norm => pooled(None)?,
            TextHead::Matrix => pooled(Some(linear("text.projection", shape)?))?,
            TextHead::Linear => {
                let projection = Linear::load(weights, "text.projection", shape, packing)?;
                pooled(Some(projection))?
            }
            TextHead::Roberta { hidden } => {
                // A text is one sentence, so its vector is part of every position.
                let sentence = vector(weights, "text.sentence", width)?;
                for row in positions.chunks_exact_mut(width) {
                    for (position, sentence) in row.iter_mut().zip(&sentence) {
                        *position += sentence;
                    }
                }
                norm_in = Some(Norm::load(weights, "text.norm_in", width, eps)?);
                Head::Mean {
                    expand: linear("text.expand", [width, hidden])?,
                    projection: linear("text.out", [hidden, config.embedding])?,
                }
            }
        };
        Ok(Self {
            kernels,
            config,
            positions,
            norm_in,
            blocks: Transformer::load(weights, "text", config.blocks, packing)?,
            head,
        })
    }

    /// Features of texts of one length, not normalised.
    ///
    /// `ends` names the token of each text that is pooled; a tower that takes the mean of all
    /// tokens ignores it.
    ///
    /// # Shapes
    ///
    /// `x`: `[B, T, W]` token vectors, `ends`: `[B]`, to `[B, E]`.
    ///
    /// # Panics
    ///
    /// When `x` does not hold `ends.len()` texts, when they are longer than the table of
    /// positions, or when an end is behind the text.
    #[must_use]
    pub fn forward(&self, mut x: Vec<f32>, ends: &[usize]) -> Vec<f32> {
        let (width, embedding) = (self.config.blocks.width, self.config.embedding);
        let mut features = vec![0.0; ends.len() * embedding];
        if x.is_empty() {
            return features;
        }
        let tokens = x.len() / width / ends.len();
        let length = tokens * width;
        assert_eq!(x.len(), ends.len() * length, "token vectors of a batch");
        assert!(length <= self.positions.len(), "positions of a text");
        for text in x.chunks_exact_mut(length) {
            for (x, position) in text.iter_mut().zip(&self.positions) {
                *x += position;
            }
        }
        match Spread::of(ends.len(), tokens) {
            Spread::Products => self.encode(&mut x, ends, &mut features, Threads::All),
            Spread::Sequences(each) => x
                .par_chunks_mut(each * length)
                .zip(ends.par_chunks(each))
                .zip(features.par_chunks_mut(each * embedding))
                .for_each(|((x, ends), features)| self.encode(x, ends, features, Threads::One)),
        }
        features
    }

    fn encode(&self, x: &mut [f32], ends: &[usize], features: &mut [f32], threads: Threads) {
        let (kernels, width) = (self.kernels, self.config.blocks.width);
        let length = x.len() / ends.len();
        let mut buffer = Vec::new();
        if let Some(norm) = &self.norm_in {
            norm.apply(kernels, x, &mut buffer);
            x.copy_from_slice(&buffer);
        }
        self.blocks.forward(x, length / width, threads);
        let texts = x.chunks_exact(length);
        match &self.head {
            Head::Pooled { norm, projection } => {
                let pooled = texts.zip(ends).flat_map(|(text, end)| {
                    let start = end * width;
                    &text[start..start + width]
                });
                let pooled: Vec<f32> = pooled.copied().collect();
                match projection {
                    Some(projection) => {
                        norm.apply(kernels, &pooled, &mut buffer);
                        projection.apply_to(&buffer, features, Epilogue::Store, threads);
                    }
                    None => norm.apply_to(kernels, &pooled, features),
                }
            }
            Head::Mean { expand, projection } => {
                let means: Vec<f32> = texts.flat_map(|text| mean(text, width)).collect();
                let gelu = Epilogue::Activate(Activation::Gelu);
                expand.apply(&means, &mut buffer, gelu, threads);
                projection.apply_to(&buffer, features, Epilogue::Store, threads);
            }
        }
    }
}
