//! The Vision Transformer as CLIP has it (a class token, a layer norm before the blocks, and a
//! projection of the class token behind them), with what its successors changed: no norm before
//! the blocks (AugReg, CLIPA), the mean of the patches (CLIPA), a query that attends to all tokens
//! (CoCa), and SigLIP's tower without a class token.

mod pooling;

use crate::cpu::Patches;
use crate::device::Target;
use crate::parameters::Parameters;
use crate::transformer::{BlockConfig, Stack};
use crate::{ClipError, Pixels, VisionTransformerConfig};
use burn::module::{Module, Param};
use burn::nn::LayerNorm;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};
use pooling::Pooling;
use std::sync::Arc;

#[derive(Module, Debug)]
pub(crate) struct VisionTransformer {
    patches: Param<Tensor<4>>,
    patches_bias: Option<Param<Tensor<1>>>,
    /// Instead of them, where the processor's own instructions are used.
    #[module(skip)]
    own_patches: Option<Arc<Patches>>,
    class_token: Option<Param<Tensor<1>>>,
    positions: Param<Tensor<2>>,
    norm_in: Option<LayerNorm>,
    blocks: Stack,
    pooling: Pooling,
}

impl VisionTransformer {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &VisionTransformerConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        let device = &target.device;
        let eps = config.layer_norm_eps;
        let blocks = BlockConfig {
            heads: config.heads,
            layers: config.layers,
            activation: config.activation,
            layer_norm_eps: eps,
            causal: false,
        };
        let has_class = config.has_class_token();
        let class_token = || parameters.param("image.class", device);
        let bias = || parameters.param("image.patches.bias", device);
        let norm_in = || parameters.layer_norm("image.norm_in", eps, device);
        let own_patches = |kernels| Patches::load(parameters, !has_class, kernels).map(Arc::new);
        Ok(Self {
            patches: parameters.param("image.patches", device)?,
            patches_bias: (!has_class).then(bias).transpose()?,
            own_patches: target.kernels.map(own_patches).transpose()?,
            class_token: has_class.then(class_token).transpose()?,
            positions: parameters.param("image.positions", device)?,
            norm_in: config.norm_in.then(norm_in).transpose()?,
            blocks: Stack::load(parameters, "image", blocks, target)?,
            pooling: Pooling::load(parameters, config, device)?,
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
        let mut x = patches;
        if let Some(class_token) = &self.class_token {
            let token = class_token.val().reshape([1, 1, width]);
            x = Tensor::cat(vec![token.expand([batch, 1, width]), x], 1);
        }
        x = x + self.positions.val().unsqueeze::<3>();
        if let Some(norm) = &self.norm_in {
            x = norm.forward(x);
        }
        let x = self.blocks.forward(x)?;
        Ok(self.pooling.forward(x))
    }
}
