//! The Vision Transformer as CLIP has it (a class token, a layer norm before the blocks, and a
//! projection of the class token after them), with what its successors changed: no norm before the
//! blocks (AugReg, CLIPA), the mean of the patches (CLIPA), a query that attends to all tokens
//! (CoCa), and SigLIP's towers without a class token.

mod pooling;

use crate::parameters::Parameters;
use crate::transformer::Transformer;
use crate::{ClipError, VisionTransformerConfig};
use burn::module::{Module, Param};
use burn::nn::LayerNorm;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};
use pooling::Pooling;

#[derive(Module, Debug)]
pub(crate) struct VisionTransformer {
    /// `[W, 3, P, P]`: a convolution whose squares do not overlap.
    patches: Param<Tensor<4>>,
    patches_bias: Option<Param<Tensor<1>>>,
    class_token: Option<Param<Tensor<1>>>,
    positions: Param<Tensor<2>>,
    norm_in: Option<LayerNorm>,
    blocks: Transformer,
    pooling: Pooling,
}

impl VisionTransformer {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &VisionTransformerConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let eps = config.blocks.layer_norm_eps;
        let has_class = config.has_class_token();
        let class_token = || parameters.param("image.class", device);
        let bias = || parameters.param("image.patches.bias", device);
        let norm_in = || parameters.layer_norm("image.norm_in", eps, device);
        Ok(Self {
            patches: parameters.param("image.patches", device)?,
            patches_bias: (!has_class).then(bias).transpose()?,
            class_token: has_class.then(class_token).transpose()?,
            positions: parameters.param("image.positions", device)?,
            norm_in: config.norm_in.then(norm_in).transpose()?,
            blocks: Transformer::load(parameters, "image", config.blocks, device)?,
            pooling: Pooling::load(parameters, config, device)?,
        })
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` to `[B, E]`.
    pub(crate) fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let filters = self.patches.val();
        let [width, _, patch, _] = filters.dims();
        let options = ConvOptions::new([patch, patch], [0, 0], [1, 1], 1);
        let bias = self.patches_bias.as_ref().map(Param::val);
        // [B, 3, S, S] -> [B, W, S/P, S/P] -> [B, W, (S/P)^2] -> [B, (S/P)^2, W]
        let patches = conv2d(pixels, filters, bias, options);
        let mut x = patches.flatten::<3>(2, 3).swap_dims(1, 2);
        if let Some(class_token) = &self.class_token {
            // [B, T - 1, W] -> [B, T, W]
            let [batch, _, _] = x.dims();
            let token = class_token.val().reshape([1, 1, width]);
            x = Tensor::cat(vec![token.expand([batch, 1, width]), x], 1);
        }
        x = x + self.positions.val().unsqueeze::<3>();
        if let Some(norm) = &self.norm_in {
            x = norm.forward(x);
        }
        // [B, T, W] -> [B, T, W] -> [B, E]
        self.pooling.forward(self.blocks.forward(x))
    }
}
