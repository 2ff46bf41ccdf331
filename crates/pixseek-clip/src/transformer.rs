//! The residual attention block that both transformers are made of.

use crate::cpu;
use crate::device::Target;
use crate::parameters::Parameters;
use crate::{Activation, ClipError};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::{gelu, gelu_approximate, sigmoid};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::Arc;

/// Sizes of a stack of blocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockConfig {
    pub heads: usize,
    pub layers: usize,
    pub activation: Activation,
    pub layer_norm_eps: f64,
    pub causal: bool,
}

/// `x + attention(norm(x))`, then `x + mlp(norm(x))`.
#[derive(Module, Debug)]
pub(crate) struct Block {
    norm_1: LayerNorm,
    attention: SelfAttention,
    norm_2: LayerNorm,
    expand: Linear,
    contract: Linear,
    /// LayerScale's two vectors, where the tower has them.
    scales: Option<[Param<Tensor<1>>; 2]>,
    #[module(skip)]
    activation: Activation,
}

#[derive(Module, Debug)]
struct SelfAttention {
    /// Query, key and value in one matrix: one product instead of three.
    input: Linear,
    output: Linear,
    heads: usize,
    causal: bool,
}

/// A transformer's blocks, one behind the other.
#[derive(Module, Debug)]
pub(crate) struct Stack {
    blocks: Vec<Block>,
    /// Instead of them, where the processor's own instructions are used.
    #[module(skip)]
    own: Option<Arc<cpu::Blocks>>,
}

impl Stack {
    /// Loads all blocks of the tower `name` ("text" or "image").
    pub(crate) fn load(
        parameters: &Parameters,
        name: &str,
        config: BlockConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        Ok(match target.kernels {
            Some(kernels) => Self {
                blocks: Vec::new(),
                own: Some(Arc::new(cpu::Blocks::load(
                    parameters, name, config, kernels,
                )?)),
            },
            None => Self {
                blocks: load_blocks(parameters, name, config, &target.device)?,
                own: None,
            },
        })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`, `W` the tower's width.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Result<Tensor<3>, ClipError> {
        let Some(own) = &self.own else {
            return Ok(self.blocks.iter().fold(x, |x, block| block.forward(x)));
        };
        let (shape, device) = (x.dims(), x.device());
        let mut values = values_of(x)?;
        own.forward(&mut values, shape[1]);
        Ok(Tensor::from_data(TensorData::new(values, shape), &device))
    }
}

/// A tensor's values in memory, row-major.
pub(crate) fn values_of<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ClipError> {
    let data = tensor.try_into_data();
    data.map_err(|error| ClipError::Device(error.to_string()))?
        .try_to_vec()
        .map_err(|error| ClipError::Device(format!("{error:?}")))
}

/// Loads all blocks of the tower `name` ("text" or "image").
pub(crate) fn load_blocks(
    parameters: &Parameters,
    name: &str,
    config: BlockConfig,
    device: &Device,
) -> Result<Vec<Block>, ClipError> {
    (0..config.layers)
        .map(|layer| {
            Block::load(
                parameters,
                &format!("{name}.blocks.{layer}"),
                config,
                device,
            )
        })
        .collect()
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
                causal: config.causal,
            },
            norm_2: parameters.layer_norm(&format!("{name}.norm_2"), eps, device)?,
            expand: parameters.linear(&format!("{name}.expand"), device)?,
            contract: parameters.linear(&format!("{name}.contract"), device)?,
            scales: if parameters.has(&format!("{name}.scale_1")) {
                Some([
                    parameters.param(&format!("{name}.scale_1"), device)?,
                    parameters.param(&format!("{name}.scale_2"), device)?,
                ])
            } else {
                None
            },
            activation: config.activation,
        })
    }

    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`, `W` the tower's width.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let attended = self.attention.forward(self.norm_1.forward(x.clone()));
        let x = x + self.scaled(attended, 0);
        let hidden = self.expand.forward(self.norm_2.forward(x.clone()));
        let contracted = self.contract.forward(self.activation.apply(hidden));
        x + self.scaled(contracted, 1)
    }

    /// A residual branch, scaled where the tower has LayerScale.
    fn scaled(&self, branch: Tensor<3>, which: usize) -> Tensor<3> {
        match &self.scales {
            Some(scales) => branch * scales[which].val().unsqueeze::<3>(),
            None => branch,
        }
    }

    /// The same with each norm behind its sum, as in the first transformers: `norm(x +
    /// attention(x))`, then `norm(x + mlp(x))`.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, T, W]`.
    pub(crate) fn forward_norms_behind(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.norm_1.forward(x.clone() + self.attention.forward(x));
        let hidden = self.activation.apply(self.expand.forward(x.clone()));
        self.norm_2.forward(x + self.contract.forward(hidden))
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

impl Activation {
    /// Elementwise, any shape.
    pub(crate) fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            // 1.702 is OpenAI's constant (CLIP/clip/model.py).
            Self::QuickGelu => x.clone() * sigmoid(x * 1.702),
            Self::Gelu => gelu(x),
            Self::GeluTanh => gelu_approximate(x),
        }
    }
}
