//! How a Vision Transformer's tokens become one vector of the shared space.
//!
//! Pooling computes in f32 also in towers whose blocks compute in bf16: it is a small part of the
//! work, and its rounding would go straight into the vector.

use crate::attention::QueryAttention;
use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::pointwise::{Activation, Norm};
use crate::simd::Kernels;
use crate::vit::VitConfig;
use crate::weights::{Matrix, Weights, vector};

/// OpenCLIP's `AttentionalPooler` keeps PyTorch's default in its norms, whatever `norm_kwargs` says.
const POOLER_EPS: f64 = 1e-5;

/// How a Vision Transformer's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImagePooling {
    /// The class token, normed and projected: CLIP's.
    ClassToken,
    /// The mean of the normed patches, projected.
    NormThenMean,
    /// The mean of the patches, normed and projected: CLIPA's.
    MeanThenNorm,
    /// The mean of the normed patches of a tower without a class token, and no projection: SigLIP's
    /// with global average pooling. The embedding is as wide as the tower.
    GlobalMean,
    /// A learned query attends to all tokens; its answer, as wide as the space, is normed and
    /// projected: CoCa's.
    Query {
        /// Learned queries in the weights. Only the first one's answer becomes the vector.
        queries: usize,
        /// Attention heads; they divide the embedding.
        heads: usize,
    },
    /// A learned query attends to all normed patches, and a small residual network follows,
    /// without a projection: SigLIP's. The embedding is as wide as the tower.
    AttentionHead,
}

/// The layers behind the blocks.
#[derive(Debug)]
pub(crate) struct PoolingHead {
    kernels: Kernels,
    width: usize,
    layers: Layers,
}

#[derive(Debug)]
enum Layers {
    ClassToken(Projection),
    NormThenMean(Projection),
    MeanThenNorm(Projection),
    GlobalMean(Norm),
    Query(LearnedQuery, Projection),
    AttentionHead(LearnedQuery, Residual),
}

/// A layer norm and the projection into the space.
#[derive(Debug)]
struct Projection {
    norm: Norm,
    projection: Linear,
}

/// A learned query that attends to all tokens.
#[derive(Debug)]
struct LearnedQuery {
    /// `[E]`: the query is the same for every picture, so it is projected when it is loaded.
    query: Vec<f32>,
    heads: usize,
    norm_tokens: Norm,
    keys_and_values: Linear,
    output: Linear,
}

/// `x + mlp(norm(x))`.
#[derive(Debug)]
struct Residual {
    norm: Norm,
    expand: Linear,
    activation: Activation,
    contract: Linear,
}

impl PoolingHead {
    pub(crate) fn load<W: Weights>(
        weights: &W,
        config: &VitConfig,
        kernels: Kernels,
    ) -> Result<Self, W::Error> {
        let packing = Packing::full(kernels);
        let (width, embedding) = (config.blocks.width, config.embedding);
        let (hidden, eps) = (config.blocks.hidden, config.blocks.layer_norm_eps);
        let norm = |name: &str, width: usize, eps: f64| Norm::load(weights, name, width, eps);
        let projection = |width: usize| -> Result<Projection, W::Error> {
            let shape = [width, embedding];
            Ok(Projection {
                norm: norm("image.norm_out", width, eps)?,
                projection: Linear::load_without_bias(weights, "image.projection", shape, packing)?,
            })
        };
        let layers = match config.pooling {
            ImagePooling::ClassToken => Layers::ClassToken(projection(width)?),
            ImagePooling::NormThenMean => Layers::NormThenMean(projection(width)?),
            ImagePooling::MeanThenNorm => Layers::MeanThenNorm(projection(width)?),
            ImagePooling::GlobalMean => Layers::GlobalMean(norm("image.norm_out", width, eps)?),
            ImagePooling::Query { queries, heads } => {
                let mut query = vector(weights, "image.pool.query", queries * embedding)?;
                query.truncate(embedding);
                let mut normed = Vec::new();
                let norm_query = norm("image.pool.norm_query", embedding, POOLER_EPS)?;
                norm_query.apply(kernels, &query, &mut normed);
                let norm_tokens = norm("image.pool.norm_tokens", width, POOLER_EPS)?;
                let query = LearnedQuery::load(weights, &normed, norm_tokens, heads, packing)?;
                Layers::Query(query, projection(embedding)?)
            }
            ImagePooling::AttentionHead => {
                let query = vector(weights, "image.pool.query", width)?;
                let norm_tokens = norm("image.norm_out", width, eps)?;
                let heads = config.blocks.heads;
                let linear = |name: &str, shape| Linear::load(weights, name, shape, packing);
                Layers::AttentionHead(
                    LearnedQuery::load(weights, &query, norm_tokens, heads, packing)?,
                    Residual {
                        norm: norm("image.pool.norm", width, eps)?,
                        expand: linear("image.pool.expand", [width, hidden])?,
                        activation: config.blocks.activation,
                        contract: linear("image.pool.contract", [hidden, width])?,
                    },
                )
            }
        };
        Ok(Self {
            kernels,
            width,
            layers,
        })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, E]`; the first token is the class token where the tower has one.
    pub(crate) fn forward(&self, x: &[f32], tokens: usize, features: &mut [f32], threads: Threads) {
        let (kernels, width) = (self.kernels, self.width);
        let sequence = tokens * width;
        let mut pooled = Vec::new();
        match &self.layers {
            Layers::ClassToken(end) => {
                for tokens in x.chunks_exact(sequence) {
                    pooled.extend_from_slice(&tokens[..width]);
                }
                end.forward(kernels, &pooled, features, threads);
            }
            Layers::NormThenMean(end) => {
                let mut normed = Vec::new();
                end.norm.apply(kernels, x, &mut normed);
                for tokens in normed.chunks_exact(sequence) {
                    pooled.extend(mean(&tokens[width..], width));
                }
                end.projection
                    .apply_to(&pooled, features, Epilogue::Store, threads);
            }
            Layers::MeanThenNorm(end) => {
                for tokens in x.chunks_exact(sequence) {
                    pooled.extend(mean(&tokens[width..], width));
                }
                end.forward(kernels, &pooled, features, threads);
            }
            Layers::GlobalMean(norm) => {
                let mut normed = Vec::new();
                norm.apply(kernels, x, &mut normed);
                let pictures = normed.chunks_exact(sequence);
                for (tokens, features) in pictures.zip(features.chunks_exact_mut(width)) {
                    features.copy_from_slice(&mean(tokens, width));
                }
            }
            Layers::Query(query, end) => {
                let answers = query.forward(kernels, x, tokens, threads);
                end.forward(kernels, &answers, features, threads);
            }
            Layers::AttentionHead(query, residual) => {
                features.copy_from_slice(&query.forward(kernels, x, tokens, threads));
                residual.add_to(kernels, features, threads);
            }
        }
    }
}

impl Projection {
    /// # Shapes
    ///
    /// `[B, W]` to `[B, E]`.
    fn forward(&self, kernels: Kernels, x: &[f32], features: &mut [f32], threads: Threads) {
        let mut normed = Vec::new();
        self.norm.apply(kernels, x, &mut normed);
        self.projection
            .apply_to(&normed, features, Epilogue::Store, threads);
    }
}

impl LearnedQuery {
    /// Reads the attention of `query`, `[E]`, to tokens of the width of `norm_tokens`.
    fn load<W: Weights>(
        weights: &W,
        query: &[f32],
        norm_tokens: Norm,
        heads: usize,
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let (width, embedding) = (norm_tokens.width(), query.len());
        let name = |part: &str| format!("image.pool.attention.{part}");
        let mut bias = vector(weights, &name("in.bias"), 3 * embedding)?;
        let key_and_value_bias = bias.split_off(embedding);
        let query_shape = [embedding, embedding];
        let shape = [width, 2 * embedding];
        // PyTorch keeps one matrix where tokens are as wide as the query, and three where not.
        let (project_query, keys_and_values) = if width == embedding {
            let joined = Matrix::take(weights, &name("in.weight"), [width, 3 * width])?;
            let at = |input, output| joined.at(input, output);
            (
                Linear::pack(query_shape, &bias, packing, at),
                Linear::pack(shape, &key_and_value_bias, packing, |input, output| {
                    joined.at(input, embedding + output)
                }),
            )
        } else {
            let keys = Matrix::take(weights, &name("key.weight"), [width, embedding])?;
            let values = Matrix::take(weights, &name("value.weight"), [width, embedding])?;
            let query = Matrix::take(weights, &name("query.weight"), query_shape)?;
            (
                Linear::of_matrix(&query, &bias, packing),
                Linear::pack(
                    shape,
                    &key_and_value_bias,
                    packing,
                    |input, output| match output.checked_sub(embedding) {
                        None => keys.at(input, output),
                        Some(output) => values.at(input, output),
                    },
                ),
            )
        };
        let mut projected = Vec::new();
        project_query.apply(query, &mut projected, Epilogue::Store, Threads::One);
        Ok(Self {
            query: projected,
            heads,
            norm_tokens,
            keys_and_values,
            output: Linear::load(weights, &name("out"), query_shape, packing)?,
        })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, E]`.
    fn forward(&self, kernels: Kernels, x: &[f32], tokens: usize, threads: Threads) -> Vec<f32> {
        let embedding = self.query.len();
        let (mut normed, mut keys_and_values) = (Vec::new(), Vec::new());
        self.norm_tokens.apply(kernels, x, &mut normed);
        self.keys_and_values
            .apply(&normed, &mut keys_and_values, Epilogue::Store, threads);
        let sequences = keys_and_values.chunks_exact(tokens * 2 * embedding);
        let mut attended = vec![0.0; sequences.len() * embedding];
        for (keys_and_values, output) in sequences.zip(attended.chunks_exact_mut(embedding)) {
            kernels.run(QueryAttention {
                query: &self.query,
                keys_and_values,
                heads: self.heads,
                output,
            });
        }
        let mut answers = Vec::new();
        self.output
            .apply(&attended, &mut answers, Epilogue::Store, threads);
        answers
    }
}

impl Residual {
    /// # Shapes
    ///
    /// `[B, W]`.
    fn add_to(&self, kernels: Kernels, x: &mut [f32], threads: Threads) {
        let (mut normed, mut hidden) = (Vec::new(), Vec::new());
        self.norm.apply(kernels, x, &mut normed);
        let activate = Epilogue::Activate(self.activation);
        self.expand.apply(&normed, &mut hidden, activate, threads);
        self.contract.add(&hidden, x, threads);
    }
}

/// The mean of rows.
///
/// # Shapes
///
/// `[R, W]` to `[W]`.
pub(crate) fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += value;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a sequence has few tokens")]
    let count = (rows.len() / width) as f32;
    for sum in &mut mean {
        *sum /= count;
    }
    mean
}
