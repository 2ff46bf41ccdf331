//! The Vision Transformer as CLIP and its successors have it: patches, an optional class token and
//! norm before the blocks, the blocks, and a pooling.

use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::pointwise::Norm;
use crate::pooling::{ImagePooling, PoolingHead};
use crate::simd::Kernels;
use crate::transformer::{BlockConfig, Spread, Transformer};
use crate::weights::{Weights, vector};
use rayon::prelude::*;

/// Pictures are red, green and blue.
const CHANNELS: usize = 3;

/// The sizes of a Vision Transformer.
#[derive(Debug, Clone, Copy)]
pub struct VitConfig {
    /// Side of the square input, in pixels.
    pub side: usize,
    /// Side of a square patch, in pixels. Pixels after the last whole patch are not seen.
    pub patch: usize,
    /// The residual blocks.
    pub blocks: BlockConfig,
    /// Whether a learned token stands before the patches. Towers without one have a bias in their
    /// patch embedding.
    pub has_class_token: bool,
    /// Whether a layer norm stands before the blocks.
    pub has_norm_in: bool,
    /// How the tokens become one vector.
    pub pooling: ImagePooling,
    /// Dimensions of the vector.
    pub embedding: usize,
}

/// A Vision Transformer: pixels to features.
#[derive(Debug)]
pub struct Vit {
    kernels: Kernels,
    config: VitConfig,
    /// A convolution whose squares do not overlap is a linear layer over their pixels.
    patches: Linear,
    class_token: Option<Vec<f32>>,
    positions: Vec<f32>,
    norm_in: Option<Norm>,
    blocks: Transformer,
    head: PoolingHead,
}

impl VitConfig {
    /// Patches along a side.
    fn grid(&self) -> usize {
        self.side / self.patch
    }

    fn tokens(&self) -> usize {
        self.grid().pow(2) + usize::from(self.has_class_token)
    }
}

impl Vit {
    /// Packs the tower's weights for the kernels.
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
        config: VitConfig,
        kernels: Kernels,
    ) -> Result<Self, W::Error> {
        let (width, eps) = (config.blocks.width, config.blocks.layer_norm_eps);
        let packing = Packing::many_rows(kernels);
        let inputs = CHANNELS * config.patch * config.patch;
        // `[W, 3, P, P]`
        let filters = vector(weights, "image.patches", width * inputs)?;
        let bias = if config.has_class_token {
            Vec::new()
        } else {
            vector(weights, "image.patches.bias", width)?
        };
        let class_token = || vector(weights, "image.class", width);
        let norm_in = || Norm::load(weights, "image.norm_in", width, eps);
        Ok(Self {
            kernels,
            config,
            patches: Linear::pack([inputs, width], &bias, packing, |input, output| {
                filters[output * inputs + input]
            }),
            class_token: config.has_class_token.then(class_token).transpose()?,
            positions: vector(weights, "image.positions", config.tokens() * width)?,
            norm_in: config.has_norm_in.then(norm_in).transpose()?,
            blocks: Transformer::load(weights, "image", config.blocks, packing)?,
            head: PoolingHead::load(weights, &config, kernels)?,
        })
    }

    /// Features of pictures, not normalised.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` normalised pixels to `[B, E]`.
    ///
    /// # Panics
    ///
    /// When a picture is not of the configuration's side.
    #[must_use]
    pub fn forward(&self, pictures: &[&[f32]]) -> Vec<f32> {
        let embedding = self.config.embedding;
        let mut features = vec![0.0; pictures.len() * embedding];
        match Spread::of(pictures.len(), self.config.tokens()) {
            Spread::Products => self.encode(pictures, &mut features, Threads::All),
            Spread::Sequences(each) => pictures
                .par_chunks(each)
                .zip(features.par_chunks_mut(each * embedding))
                .for_each(|(pictures, features)| self.encode(pictures, features, Threads::One)),
        }
        features
    }

    fn encode(&self, pictures: &[&[f32]], features: &mut [f32], threads: Threads) {
        let tokens = self.config.tokens();
        let mut x = self.embed(pictures, threads);
        if let Some(norm) = &self.norm_in {
            let mut normed = Vec::new();
            norm.apply(self.kernels, &x, &mut normed);
            x = normed;
        }
        self.blocks.forward(&mut x, tokens, threads);
        self.head.forward(&x, tokens, features, threads);
    }

    /// Patches and class tokens with their positions.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, T, W]`.
    fn embed(&self, pictures: &[&[f32]], threads: Threads) -> Vec<f32> {
        let width = self.config.blocks.width;
        let mut patches = Vec::new();
        self.patches
            .apply(&self.cut(pictures), &mut patches, Epilogue::Store, threads);
        let class_token = self.class_token.as_deref().unwrap_or_default();
        let each = self.config.grid().pow(2) * width;
        let mut x = Vec::with_capacity(pictures.len() * self.positions.len());
        for patches in patches.chunks_exact(each) {
            let start = x.len();
            x.extend_from_slice(class_token);
            x.extend_from_slice(patches);
            for (x, position) in x[start..].iter_mut().zip(&self.positions) {
                *x += position;
            }
        }
        x
    }

    /// The pixels of each patch, channel by channel and row by row.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, (S/P)^2, 3 * P^2]`.
    fn cut(&self, pictures: &[&[f32]]) -> Vec<f32> {
        let VitConfig { side, patch, .. } = self.config;
        let grid = self.config.grid();
        let mut patches = Vec::with_capacity(pictures.len() * CHANNELS * (grid * patch).pow(2));
        for pixels in pictures {
            assert_eq!(pixels.len(), CHANNELS * side * side, "pixels of a picture");
            for place in 0..grid * grid {
                let (down, across) = (place / grid * patch, place % grid * patch);
                for plane in pixels.chunks_exact(side * side) {
                    for row in plane.chunks_exact(side).skip(down).take(patch) {
                        patches.extend_from_slice(&row[across..across + patch]);
                    }
                }
            }
        }
        patches
    }
}
