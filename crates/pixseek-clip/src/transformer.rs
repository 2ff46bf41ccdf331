//! The residual attention block that both transformers are made of.
//!
//! Burn's `nn::transformer` was rejected: its attention has three matrices where published weights
//! have one, and neither LayerScale nor QuickGELU.

use crate::parameters::Parameters;
use crate::{Activation, ClipError};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::{gelu, gelu_approximate, sigmoid};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor};
use pixseek_kernels::{BlockConfig, NormPlace};

/// A tower's blocks.
#[derive(Module, Debug)]
pub(crate) struct Transformer {
    blocks: Vec<Block>,
}

/// Attention and a small network, each on a residual branch.
#[derive(Module, Debug)]
struct Block {
    norm_1: LayerNorm,
    attention: SelfAttention,
    norm_2: LayerNorm,
    expand: Linear,
    contract: Linear,
    /// LayerScale's two vectors, where the tower has them.
    scales: Option<[Param<Tensor<1>>; 2]>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    norm_place: NormPlace,
}

#[derive(Module, Debug)]
struct SelfAttention {
    /// Query, key and value in one matrix: one product instead of three.
    input: Linear,
    output: Linear,
    heads: usize,
    causal: bool,
}

impl Transformer {
    /// Loads all blocks of the tower `name` ("text" or "image").
    pub(crate) fn load(
        parameters: &Parameters,
        name: &str,
        config: BlockConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let load = |layer| {
            let block = format!("{name}.blocks.{layer}");
            Block::load(parameters, &block, config, device)
        };
        let blocks = (0..config.layers).map(load).collect::<Result<_, _>>()?;
        Ok(Self { blocks })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`, `W` the tower's width.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }
}

impl Block {
    fn load(
        parameters: &Parameters,
        name: &str,
        config: BlockConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let eps = config.layer_norm_eps;
        Ok(Self {
            norm_1: parameters.layer_norm(&format!("{name}.norm_1"), eps, device)?,
            attention: SelfAttention {
                input: parameters.linear(&format!("{name}.attention.in"), device)?,
                output: parameters.linear(&format!("{name}.attention.out"), device)?,
                heads: config.heads,
                causal: config.is_causal,
            },
            norm_2: parameters.layer_norm(&format!("{name}.norm_2"), eps, device)?,
            expand: parameters.linear(&format!("{name}.expand"), device)?,
            contract: parameters.linear(&format!("{name}.contract"), device)?,
            scales: if config.layer_scale.is_some() {
                Some([
                    parameters.param(&format!("{name}.scale_1"), device)?,
                    parameters.param(&format!("{name}.scale_2"), device)?,
                ])
            } else {
                None
            },
            activation: config.activation,
            norm_place: config.norm_place,
        })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`, `W` the tower's width.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        match self.norm_place {
            NormPlace::BeforeBranch => {
                let attended = self.attention.forward(self.norm_1.forward(x.clone()));
                let x = x + self.scaled(attended, 0);
                let hidden = self.mlp(self.norm_2.forward(x.clone()));
                x + self.scaled(hidden, 1)
            }
            NormPlace::AfterSum => {
                let attended = self.attention.forward(x.clone());
                let x = self.norm_1.forward(x + self.scaled(attended, 0));
                let hidden = self.mlp(x.clone());
                self.norm_2.forward(x + self.scaled(hidden, 1))
            }
        }
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`; between the two layers it is wider.
    fn mlp(&self, x: Tensor<3>) -> Tensor<3> {
        let hidden = activate(self.activation, self.expand.forward(x));
        self.contract.forward(hidden)
    }

    /// A residual branch, scaled where the tower has LayerScale.
    fn scaled(&self, branch: Tensor<3>, which: usize) -> Tensor<3> {
        match &self.scales {
            Some(scales) => branch * scales[which].val().unsqueeze::<3>(),
            None => branch,
        }
    }
}

impl SelfAttention {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        // [B, T, 3W] -> three of [B, H, T, W/H]
        let [query, key, value] = self
            .input
            .forward(x)
            .reshape([batch, tokens, 3, self.heads, width / self.heads])
            .permute([2, 0, 3, 1, 4])
            .chunk(3, 0)
            .try_into()
            .map(|parts: [Tensor<5>; 3]| parts.map(|part| part.squeeze_dim::<4>(0)))
            .expect("three chunks of an axis of three");
        let options = AttentionModuleOptions {
            is_causal: self.causal,
            ..Default::default()
        };
        let attended = attention(query, key, value, None, None, options);
        // [B, H, T, W/H] -> [B, T, W]
        let joined = attended.swap_dims(1, 2).reshape([batch, tokens, width]);
        self.output.forward(joined)
    }
}

/// Applies an activation to each value.
pub(crate) fn activate<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    match activation {
        // 1.702 is OpenAI's constant (CLIP/clip/model.py).
        Activation::QuickGelu => x.clone() * sigmoid(x * 1.702),
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => gelu_approximate(x),
    }
}
