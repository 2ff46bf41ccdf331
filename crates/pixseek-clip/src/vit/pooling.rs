//! How a Vision Transformer's tokens become one vector of the shared space.

use crate::parameters::Parameters;
use crate::transformer::activate;
use crate::{Activation, ClipError, ImagePooling, VisionTransformerConfig};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor};

/// The norms of OpenCLIP's `AttentionalPooler` never follow `norm_kwargs`.
const POOLER_EPS: f64 = 1e-5;

/// The end of a Vision Transformer; see [`ImagePooling`].
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(super) enum Pooling {
    ClassToken(Projected),
    NormThenMean(Projected),
    MeanThenNorm(Projected),
    GlobalMean(LayerNorm),
    Query(QueryPooling),
    AttentionHead(AttentionHead),
}

/// A layer norm and the projection into the space.
#[derive(Module, Debug)]
pub(super) struct Projected {
    norm: LayerNorm,
    projection: Linear,
}

/// CoCa's pooling as OpenCLIP trained it: learned queries attend to all tokens.
#[derive(Module, Debug)]
pub(super) struct QueryPooling {
    /// `[Q, E]`. The file has several queries; only the first one's answer becomes the vector.
    queries: Param<Tensor<2>>,
    norm_query: LayerNorm,
    norm_tokens: LayerNorm,
    attention: CrossAttention,
    projected: Projected,
}

/// SigLIP's multi-head attention pooling (Zhai et al. 2022, "Scaling Vision Transformers").
#[derive(Module, Debug)]
pub(super) struct AttentionHead {
    norm_tokens: LayerNorm,
    query: Param<Tensor<3>>,
    attention: CrossAttention,
    norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    #[module(skip)]
    activation: Activation,
}

/// Attention of one query to a picture's tokens.
#[derive(Module, Debug)]
struct CrossAttention {
    inputs: Inputs,
    /// Of query, keys and values side by side, `[3E]`.
    bias: Param<Tensor<1>>,
    output: Linear,
    heads: usize,
}

/// The matrices of query, keys and values.
#[derive(Module, Debug)]
enum Inputs {
    /// Side by side, `[E, 3E]`.
    Joined(Param<Tensor<2>>),
    /// `[E, E]`, and twice `[W, E]`.
    Apart([Param<Tensor<2>>; 3]),
}

impl Pooling {
    pub(super) fn load(
        parameters: &Parameters,
        config: &VisionTransformerConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let eps = config.blocks.layer_norm_eps;
        let norm = |name: &str, eps: f64| parameters.layer_norm(name, eps, device);
        let projected = || -> Result<Projected, ClipError> {
            Ok(Projected {
                norm: norm("image.norm_out", eps)?,
                projection: parameters.projection("image.projection", device)?,
            })
        };
        Ok(match config.pooling {
            ImagePooling::ClassToken => Self::ClassToken(projected()?),
            ImagePooling::NormThenMean => Self::NormThenMean(projected()?),
            ImagePooling::MeanThenNorm => Self::MeanThenNorm(projected()?),
            ImagePooling::GlobalMean => Self::GlobalMean(norm("image.norm_out", eps)?),
            ImagePooling::Query { heads, .. } => Self::Query(QueryPooling {
                queries: parameters.param("image.pool.query", device)?,
                norm_query: norm("image.pool.norm_query", POOLER_EPS)?,
                norm_tokens: norm("image.pool.norm_tokens", POOLER_EPS)?,
                attention: CrossAttention::load(parameters, heads, device)?,
                projected: projected()?,
            }),
            ImagePooling::AttentionHead => Self::AttentionHead(AttentionHead {
                norm_tokens: norm("image.norm_out", eps)?,
                query: parameters.param("image.pool.query", device)?,
                attention: CrossAttention::load(parameters, config.blocks.heads, device)?,
                norm: norm("image.pool.norm", eps)?,
                expand: parameters.linear("image.pool.expand", device)?,
                contract: parameters.linear("image.pool.contract", device)?,
                activation: config.blocks.activation,
            }),
        })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, E]`; the first token is the class token where the tower has one.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let patches = |x: Tensor<3>| {
            let tokens = x.dims()[1];
            x.narrow(1, 1, tokens - 1)
        };
        let mean = |x: Tensor<3>| x.mean_dim(1).squeeze_dim::<2>(1);
        match self {
            Self::ClassToken(end) => end.forward(x.narrow(1, 0, 1).squeeze_dim::<2>(1)),
            Self::NormThenMean(end) => {
                let pooled = mean(end.norm.forward(patches(x)));
                end.projection.forward(pooled)
            }
            Self::MeanThenNorm(end) => end.forward(mean(patches(x))),
            Self::GlobalMean(norm) => mean(norm.forward(x)),
            Self::Query(pooling) => pooling.forward(x),
            Self::AttentionHead(head) => head.forward(x),
        }
    }
}

impl Projected {
    /// # Shapes
    ///
    /// `[B, W]` to `[B, E]`.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.projection.forward(self.norm.forward(x))
    }
}

impl QueryPooling {
    /// Queries do not see each other, so the first one is computed alone.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, E]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [batch, _, _] = x.dims();
        let query = self.norm_query.forward(self.queries.val().narrow(0, 0, 1));
        let [_, width] = query.dims();
        let query = query.unsqueeze::<3>().expand([batch, 1, width]);
        let tokens = self.norm_tokens.forward(x);
        self.projected
            .forward(self.attention.forward(query, tokens))
    }
}

impl AttentionHead {
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, W]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = x.dims();
        let query = self.query.val().expand([batch, 1, width]);
        let pooled = self.attention.forward(query, self.norm_tokens.forward(x));
        let hidden = self.expand.forward(self.norm.forward(pooled.clone()));
        pooled + self.contract.forward(activate(self.activation, hidden))
    }
}

impl CrossAttention {
    fn load(parameters: &Parameters, heads: usize, device: &Device) -> Result<Self, ClipError> {
        let name = |part: &str| format!("image.pool.attention.{part}");
        let joined = name("in.weight");
        let inputs = if parameters.has(&joined) {
            Inputs::Joined(parameters.param(&joined, device)?)
        } else {
            let part = |part: &str| parameters.param(&name(part), device);
            Inputs::Apart([
                part("query.weight")?,
                part("key.weight")?,
                part("value.weight")?,
            ])
        };
        Ok(Self {
            inputs,
            bias: parameters.param(&name("in.bias"), device)?,
            output: parameters.linear(&name("out"), device)?,
            heads,
        })
    }

    /// # Shapes
    ///
    /// `[B, 1, E]` and `[B, T, W]` to `[B, E]`.
    fn forward(&self, query: Tensor<3>, tokens: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = query.dims();
        let attended = attention(
            self.part(query, 0),
            self.part(tokens.clone(), 1),
            self.part(tokens, 2),
            None,
            None,
            AttentionModuleOptions::default(),
        );
        self.output.forward(attended.reshape([batch, width]))
    }

    /// Query, keys or values of all heads.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, H, T, E/H]`.
    fn part(&self, x: Tensor<3>, which: usize) -> Tensor<4> {
        let [batch, tokens, _] = x.dims();
        let width = self.bias.dims()[0] / 3;
        let weight = match &self.inputs {
            Inputs::Joined(weights) => weights.val().narrow(1, which * width, width),
            Inputs::Apart(weights) => weights[which].val(),
        };
        let bias = self.bias.val().narrow(0, which * width, width);
        let x = x.matmul(weight.unsqueeze::<3>()) + bias.reshape([1, 1, width]);
        x.reshape([batch, tokens, self.heads, width / self.heads])
            .swap_dims(1, 2)
    }
}
