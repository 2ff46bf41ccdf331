//! The Vision Transformer as CLIP has it (a class token, a layer norm before the blocks, and a
//! projection of the class token behind them) and as SigLIP has it (no class token: a learned
//! query attends to all patches).

use crate::cpu::Patches;
use crate::device::Target;
use crate::parameters::Parameters;
use crate::transformer::{BlockConfig, Stack};
use crate::{Activation, ClipError, ImagePooling, ImageTowerConfig, Pixels};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::{attention, conv2d};
use burn::tensor::ops::{AttentionModuleOptions, ConvOptions};
use burn::tensor::{Tensor, TensorData};
use std::sync::Arc;

#[derive(Module, Debug)]
pub(crate) struct VisionTransformer {
    patches: Param<Tensor<4>>,
    patches_bias: Option<Param<Tensor<1>>>,
    /// Instead of them, where the processor's own instructions are used.
    #[module(skip)]
    own_patches: Option<Arc<Patches>>,
    positions: Param<Tensor<2>>,
    /// The class token and the norm behind it; none where attention pools.
    class: Option<ClassToken>,
    blocks: Stack,
    norm_out: LayerNorm,
    pooling: Pooling,
}

#[derive(Module, Debug)]
struct ClassToken {
    token: Param<Tensor<1>>,
    norm: LayerNorm,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
enum Pooling {
    ClassToken(Linear),
    Attention(AttentionHead),
}

/// SigLIP's multi-head attention pooling (Zhai et al. 2022, "Scaling Vision Transformers").
#[derive(Module, Debug)]
struct AttentionHead {
    query: Param<Tensor<3>>,
    input: Linear,
    output: Linear,
    norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    heads: usize,
    #[module(skip)]
    activation: Activation,
}

impl VisionTransformer {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &ImageTowerConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        let ImageTowerConfig::VisionTransformer {
            heads,
            layers,
            activation,
            layer_norm_eps: eps,
            pooling,
            ..
        } = *config
        else {
            unreachable!("the caller matched the tower's kind");
        };
        let device = &target.device;
        let blocks = BlockConfig {
            heads,
            layers,
            activation,
            layer_norm_eps: eps,
            causal: false,
        };
        let has_class = pooling == ImagePooling::ClassToken;
        let class = || -> Result<ClassToken, ClipError> {
            Ok(ClassToken {
                token: parameters.param("image.class", device)?,
                norm: parameters.layer_norm("image.norm_in", eps, device)?,
            })
        };
        let bias = || parameters.param("image.patches.bias", device);
        Ok(Self {
            patches: parameters.param("image.patches", device)?,
            patches_bias: (!has_class).then(bias).transpose()?,
            own_patches: target
                .kernels
                .map(|kernels| Patches::load(parameters, !has_class, kernels).map(Arc::new))
                .transpose()?,
            positions: parameters.param("image.positions", device)?,
            class: has_class.then(class).transpose()?,
            blocks: Stack::load(parameters, "image", blocks, target)?,
            norm_out: parameters.layer_norm("image.norm_out", eps, device)?,
            pooling: match pooling {
                ImagePooling::ClassToken => {
                    Pooling::ClassToken(parameters.projection("image.projection", device)?)
                }
                ImagePooling::Attention => Pooling::Attention(AttentionHead {
                    query: parameters.param("image.pool.query", device)?,
                    input: parameters.linear("image.pool.attention.in", device)?,
                    output: parameters.linear("image.pool.attention.out", device)?,
                    norm: parameters.layer_norm("image.pool.norm", eps, device)?,
                    expand: parameters.linear("image.pool.expand", device)?,
                    contract: parameters.linear("image.pool.contract", device)?,
                    heads,
                    activation,
                }),
            },
        })
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` to `[B, E]`.
    pub(crate) fn forward(&self, pixels: Tensor<4>) -> Result<Tensor<2>, ClipError> {
        let patches = self.patches.val();
        let [_, _, patch, _] = patches.dims();
        let options = ConvOptions::new([patch, patch], [0, 0], [1, 1], 1);
        let bias = self.patches_bias.as_ref().map(Param::val);
        // [B, W, S/P, S/P] -> [B, (S/P)^2, W]
        let patches = conv2d(pixels, patches, bias, options).flatten::<3>(2, 3);
        self.forward_patches(patches.swap_dims(1, 2))
    }

    /// The same by the processor's own instructions, where the tower was loaded for them.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, E]`.
    pub(crate) fn forward_own(
        &self,
        batch: &[Pixels],
        side: usize,
    ) -> Option<Result<Tensor<2>, ClipError>> {
        let own = self.own_patches.as_ref()?;
        let values = own.forward(batch, side);
        let [_, width] = self.positions.dims();
        let shape = [batch.len(), values.len() / width / batch.len(), width];
        let patches = Tensor::from_data(TensorData::new(values, shape), &self.positions.device());
        Some(self.forward_patches(patches))
    }

    /// # Shapes
    ///
    /// `[B, (S/P)^2, W]` to `[B, E]`.
    fn forward_patches(&self, patches: Tensor<3>) -> Result<Tensor<2>, ClipError> {
        let [batch, _, width] = patches.dims();
        let positions = self.positions.val().unsqueeze::<3>();
        let x = match &self.class {
            None => patches + positions,
            Some(class) => {
                let token = class.token.val().reshape([1, 1, width]);
                let token = token.expand([batch, 1, width]);
                let x = Tensor::cat(vec![token, patches], 1) + positions;
                class.norm.forward(x)
            }
        };
        let x = self.blocks.forward(x)?;
        Ok(match &self.pooling {
            Pooling::ClassToken(projection) => {
                let class = x.slice([0..batch, 0..1]).squeeze_dim::<2>(1);
                projection.forward(self.norm_out.forward(class))
            }
            Pooling::Attention(head) => head.forward(self.norm_out.forward(x)),
        })
    }
}

impl AttentionHead {
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, W]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = x.dims();
        // [W, 3W] -> three of [W, W]; the query meets the first, the patches the others.
        let weights = self.input.weight.val();
        let bias = self.input.bias.as_ref().map(Param::val);
        let part = |x: Tensor<3>, index: usize| {
            let length = x.dims()[1];
            let weight = weights.clone().narrow(1, index * width, width);
            let mut part = x.matmul(weight.unsqueeze::<3>());
            if let Some(bias) = &bias {
                let bias = bias.clone().narrow(0, index * width, width);
                part = part + bias.reshape([1, 1, width]);
            }
            part.reshape([batch, length, self.heads, width / self.heads])
                .swap_dims(1, 2)
        };
        let query = self.query.val().expand([batch, 1, width]);
        let attended = attention(
            part(query, 0),
            part(x.clone(), 1),
            part(x, 2),
            None,
            None,
            AttentionModuleOptions::default(),
        );
        let pooled = self.output.forward(attended.reshape([batch, width]));
        let hidden = self.expand.forward(self.norm.forward(pooled.clone()));
        pooled + self.contract.forward(self.activation.apply(hidden))
    }
}
