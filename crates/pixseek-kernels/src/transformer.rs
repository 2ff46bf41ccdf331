//! Residual attention blocks, and how the sequences of a batch are spread over threads.

use crate::attention::SelfAttention;
use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::pointwise::{Activation, Norm};
use crate::simd::Kernels;
use crate::weights::{Matrix, Weights, vector};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Rows that a thread takes through all blocks at a time: enough that a panel of weights is used
/// often while it is in the cache, few enough that the rows stay there too.
const ROWS: usize = 400;

/// The sizes of a tower's blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockConfig {
    /// Width of the residual stream.
    pub width: usize,
    /// Attention heads; they divide `width`.
    pub heads: usize,
    /// Residual blocks.
    pub layers: usize,
    /// Width between a block's two linear layers.
    pub hidden: usize,
    /// The nonlinearity between them.
    pub activation: Activation,
    /// Epsilon of the layer norms.
    pub layer_norm_eps: f64,
    /// The initial value of the learned vectors that scale the residual branches (LayerScale,
    /// Touvron et al. 2021); `None` in a tower without them.
    pub layer_scale: Option<f64>,
    /// Whether a token attends only to itself and to those before it.
    pub is_causal: bool,
    /// Where the norms stand.
    pub norm_place: NormPlace,
}

/// Where the norms of a block stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormPlace {
    /// Pre-norm, `x + branch(norm(x))`: CLIP's.
    BeforeBranch,
    /// Post-norm, `norm(x + branch(x))`: BERT's.
    AfterSum,
}

/// All blocks of a tower.
#[derive(Debug)]
pub(crate) struct Transformer {
    kernels: Kernels,
    config: BlockConfig,
    blocks: Vec<Block>,
    /// Buffers of threads that are done, for the next ones.
    buffers: Mutex<Vec<Buffers>>,
}

#[derive(Debug)]
struct Block {
    norm_1: Norm,
    /// Queries, keys and values in one product.
    input: Linear,
    output: Linear,
    norm_2: Norm,
    expand: Linear,
    contract: Linear,
}

/// What a thread needs beside the rows themselves.
#[derive(Debug, Default)]
struct Buffers {
    normed: Vec<f32>,
    branch: Branch,
}

/// What a residual branch computes before its last layer.
#[derive(Debug, Default)]
struct Branch {
    wide: Vec<f32>,
    attended: Vec<f32>,
}

/// What all blocks of a forward pass have in common.
struct Pass {
    attention: SelfAttention,
    activate: Epilogue,
    threads: Threads,
}

/// How a batch of sequences is spread over threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// All threads compute each product: there are too few rows for each to have its own.
    Products,
    /// A thread takes this many sequences through the whole tower.
    Sequences(usize),
}

impl Spread {
    pub(crate) fn of(sequences: usize, tokens: usize) -> Self {
        let threads = rayon::current_num_threads();
        if sequences * tokens <= threads * ROWS / 8 {
            return Self::Products;
        }
        let most = sequences.div_ceil(threads).max(1);
        Self::Sequences((ROWS / tokens.max(1)).clamp(1, most))
    }
}

impl Transformer {
    /// Reads all blocks of the tower `name` ("text" or "image"), several at a time.
    pub(crate) fn load<W: Weights>(
        weights: &W,
        name: &str,
        config: BlockConfig,
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let blocks = (0..config.layers)
            .into_par_iter()
            .map(|layer| Block::load(weights, &format!("{name}.blocks.{layer}"), config, packing));
        Ok(Self {
            kernels: packing.kernels,
            config,
            blocks: blocks.collect::<Result<_, _>>()?,
            buffers: Mutex::default(),
        })
    }

    /// Takes sequences of `tokens` rows through all blocks, in place.
    ///
    /// # Shapes
    ///
    /// `x`: `[B, T, W]`.
    pub(crate) fn forward(&self, x: &mut [f32], tokens: usize, threads: Threads) {
        let kept = || self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffers = kept().pop().unwrap_or_default();
        let pass = Pass {
            attention: SelfAttention {
                kernels: self.kernels,
                tokens,
                width: self.config.width,
                heads: self.config.heads,
                is_causal: self.config.is_causal,
            },
            activate: Epilogue::Activate(self.config.activation),
            threads,
        };
        for block in &self.blocks {
            match self.config.norm_place {
                NormPlace::BeforeBranch => block.pre_norm(&pass, x, &mut buffers),
                NormPlace::AfterSum => block.post_norm(&pass, x, &mut buffers),
            }
        }
        kept().push(buffers);
    }
}

impl Block {
    fn load<W: Weights>(
        weights: &W,
        name: &str,
        config: BlockConfig,
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let (width, hidden, eps) = (config.width, config.hidden, config.layer_norm_eps);
        let norm = |part: &str| Norm::load(weights, &format!("{name}.{part}"), width, eps);
        let linear = |part: &str, shape: [usize; 2]| {
            Linear::load(weights, &format!("{name}.{part}"), shape, packing)
        };
        // LayerScale multiplies what a branch ends with: the columns and the bias of its last
        // layer.
        let last = |part: &str, scale: &str, shape: [usize; 2]| {
            if config.layer_scale.is_none() {
                return linear(part, shape);
            }
            let factors = vector(weights, &format!("{name}.{scale}"), width)?;
            let mut matrix = Matrix::take(weights, &format!("{name}.{part}.weight"), shape)?;
            matrix.scale_outputs(&factors);
            let mut bias = vector(weights, &format!("{name}.{part}.bias"), width)?;
            for (bias, factor) in bias.iter_mut().zip(&factors) {
                *bias *= factor;
            }
            Ok(Linear::of_matrix(&matrix, &bias, packing))
        };
        Ok(Self {
            norm_1: norm("norm_1")?,
            input: linear("attention.in", [width, 3 * width])?,
            output: last("attention.out", "scale_1", [width, width])?,
            norm_2: norm("norm_2")?,
            expand: linear("expand", [width, hidden])?,
            contract: last("contract", "scale_2", [hidden, width])?,
        })
    }

    /// `x + attention(norm(x))`, then `x + mlp(norm(x))`.
    ///
    /// # Shapes
    ///
    /// `x`: `[B, T, W]`.
    fn pre_norm(&self, pass: &Pass, x: &mut [f32], buffers: &mut Buffers) {
        let Buffers { normed, branch } = buffers;
        let kernels = pass.attention.kernels;
        self.norm_1.apply(kernels, x, normed);
        let attended = self.attend(pass, normed, branch);
        self.output.add(attended, x, pass.threads);
        self.norm_2.apply(kernels, x, normed);
        let expanded = self.expand(pass, normed, branch);
        self.contract.add(expanded, x, pass.threads);
    }

    /// `norm(x + attention(x))`, then `norm(x + mlp(x))`.
    ///
    /// # Shapes
    ///
    /// `x`: `[B, T, W]`.
    fn post_norm(&self, pass: &Pass, x: &mut [f32], buffers: &mut Buffers) {
        let Buffers { normed, branch } = buffers;
        let kernels = pass.attention.kernels;
        let attended = self.attend(pass, x, branch);
        self.output.add(attended, x, pass.threads);
        self.norm_1.apply(kernels, x, normed);
        let expanded = self.expand(pass, normed, branch);
        self.contract.add(expanded, normed, pass.threads);
        self.norm_2.apply_to(kernels, normed, x);
    }

    /// The heads' answers side by side, before their last layer.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`.
    fn attend<'a>(&self, pass: &Pass, x: &[f32], branch: &'a mut Branch) -> &'a [f32] {
        let Branch { wide, attended } = branch;
        self.input.apply(x, wide, Epilogue::Store, pass.threads);
        pass.attention.apply(wide, attended);
        attended
    }

    /// The first of the two linear layers, and the activation.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, hidden]`.
    fn expand<'a>(&self, pass: &Pass, x: &[f32], branch: &'a mut Branch) -> &'a [f32] {
        let wide = &mut branch.wide;
        self.expand.apply(x, wide, pass.activate, pass.threads);
        wide
    }
}
