//! Transformer blocks and convolutions on the processor's own instructions.
//!
//! burn's `flex` computes a ViT-B/32 at half of onnxruntime's speed: it packs the weights anew for
//! every product, passes over memory once for each small operation, and knows no bf16. Inference
//! on a processor with AVX-512 or AVX2 takes these kernels instead: weights are packed once, at
//! load; each thread takes whole pictures through whole blocks, so that threads never wait for
//! each other; activations are applied where a product is still in the cache. Training, GPUs and
//! other processors stay with burn, and `tests/parity` holds both against the same references.

#![allow(
    clippy::inline_always,
    reason = "loops are compiled for the processor where they are inlined"
)]

mod attention;
mod linear;
mod patches;
mod pointwise;
mod resnet;
mod simd;
#[cfg(test)]
mod tests;

pub(crate) use patches::Patches;
pub(crate) use resnet::{Bottleneck as OwnBottleneck, Convolution as OwnConvolution, ResNet};
pub(crate) use simd::Kernels;

use crate::parameters::Parameters;
use crate::transformer::BlockConfig;
use crate::{Activation, ClipError};
use attention::Attention;
use linear::{After, Threads, Weights};
use pointwise::Norm;
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Rows that a thread takes through all blocks at a time: enough that a panel of weights is used
/// often while it is in the cache, few enough that the rows stay there too.
const ROWS: usize = 400;

/// The numbers that products are made of; sums are always f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Products {
    /// f32.
    Full,
    /// bf16: eight bits of precision, f32's range, twice the speed.
    Reduced,
}

/// A stack of residual attention blocks.
#[derive(Debug)]
pub(crate) struct Blocks {
    kernels: Kernels,
    width: usize,
    heads: usize,
    causal: bool,
    activation: Activation,
    layers: Vec<Block>,
    /// Room of threads that are done, for those that come.
    scratch: Mutex<Vec<Scratch>>,
}

#[derive(Debug)]
struct Block {
    norm_1: Norm,
    input: Weights,
    output: Weights,
    norm_2: Norm,
    expand: Weights,
    contract: Weights,
}

/// What a thread needs beside the rows themselves.
#[derive(Debug, Default)]
struct Scratch {
    normed: Vec<f32>,
    wide: Vec<f32>,
    attended: Vec<f32>,
}

impl Blocks {
    /// Loads all blocks of the tower `name` ("text" or "image").
    pub(crate) fn load(
        parameters: &Parameters,
        name: &str,
        config: BlockConfig,
        kernels: Kernels,
    ) -> Result<Self, ClipError> {
        let block = |layer: usize| -> Result<Block, ClipError> {
            let part = |part: &str| format!("{name}.blocks.{layer}.{part}");
            let norm = |which: &str| Norm::load(parameters, &part(which), config.layer_norm_eps);
            let weights = |which: &str| Weights::load(parameters, &part(which), kernels);
            // LayerScale multiplies what a branch ends with: its last layer's columns and bias.
            let last = |which: &str, scale: &str| {
                let scale = part(scale);
                if parameters.has(&scale) {
                    let scale = parameters.values(&scale)?;
                    Weights::load_scaled(parameters, &part(which), &scale, kernels)
                } else {
                    weights(which)
                }
            };
            Ok(Block {
                norm_1: norm("norm_1")?,
                input: weights("attention.in")?,
                output: last("attention.out", "scale_1")?,
                norm_2: norm("norm_2")?,
                expand: weights("expand")?,
                contract: last("contract", "scale_2")?,
            })
        };
        let layers: Vec<Block> = (0..config.layers)
            .into_par_iter()
            .map(block)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            kernels,
            width: layers.first().map_or(0, |block| block.norm_1.width()),
            heads: config.heads,
            causal: config.causal,
            activation: config.activation,
            layers,
            scratch: Mutex::default(),
        })
    }

    /// Takes sequences of `tokens` rows through all blocks, in place.
    ///
    /// # Shapes
    ///
    /// `x`: `[B, T, W]`, row-major.
    pub(crate) fn forward(&self, x: &mut [f32], tokens: usize) {
        let sequence = tokens * self.width;
        let threads = rayon::current_num_threads();
        let sequences = x.len() / sequence.max(1);
        if sequences * tokens <= threads * ROWS / 8 {
            // Too few rows for threads of their own: each product is shared out by columns.
            self.run(x, tokens, Threads::All);
            return;
        }
        let each = (ROWS / tokens).clamp(1, sequences.div_ceil(threads));
        x.par_chunks_mut(each * sequence)
            .for_each(|x| self.run(x, tokens, Threads::One));
    }

    fn run(&self, x: &mut [f32], tokens: usize, threads: Threads) {
        let kept = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = kept().pop().unwrap_or_default();
        let attention = Attention {
            kernels: self.kernels,
            tokens,
            width: self.width,
            heads: self.heads,
            causal: self.causal,
        };
        for block in &self.layers {
            let Scratch {
                normed,
                wide,
                attended,
            } = &mut scratch;
            block.norm_1.apply(self.kernels, x, normed);
            block.input.apply(normed, wide, After::Nothing, threads);
            attention.apply(wide, attended);
            block.output.add(attended, x, threads);
            block.norm_2.apply(self.kernels, x, normed);
            let after = After::Activation(self.activation);
            block.expand.apply(normed, wide, after, threads);
            block.contract.add(wide, x, threads);
        }
        kept().push(scratch);
    }
}
