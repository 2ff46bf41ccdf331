//! The Vision Transformer as CLIP has it: a class token, a layer norm before the blocks,
//! and a projection of the class token behind them.

use crate::parameters::Parameters;
use crate::transformer::{Block, BlockConfig, load_blocks};
use crate::{ClipError, ImageTowerConfig};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

#[derive(Module, Debug)]
pub(crate) struct VisionTransformer {
    patches: Param<Tensor<4>>,
    class: Param<Tensor<1>>,
    positions: Param<Tensor<2>>,
    norm_in: LayerNorm,
    blocks: Vec<Block>,
    norm_out: LayerNorm,
    projection: Linear,
}

impl VisionTransformer {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &ImageTowerConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let ImageTowerConfig::VisionTransformer {
            heads,
            layers,
            activation,
            layer_norm_eps: eps,
            ..
        } = *config
        else {
            unreachable!("the caller matched the tower's kind");
        };
        let blocks = BlockConfig {
            heads,
            layers,
            activation,
            layer_norm_eps: eps,
            causal: false,
        };
        Ok(Self {
            patches: parameters.param("image.patches", device)?,
            class: parameters.param("image.class", device)?,
            positions: parameters.param("image.positions", device)?,
            norm_in: parameters.layer_norm("image.norm_in", eps, device)?,
            blocks: load_blocks(parameters, "image", blocks, device)?,
            norm_out: parameters.layer_norm("image.norm_out", eps, device)?,
            projection: parameters.projection("image.projection", device)?,
        })
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` to `[B, E]`.
    pub(crate) fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let [batch, ..] = pixels.dims();
        let patches = self.patches.val();
        let [width, _, patch, _] = patches.dims();
        let options = ConvOptions::new([patch, patch], [0, 0], [1, 1], 1);
        // [B, W, S/P, S/P] -> [B, (S/P)^2, W]
        let patches: Tensor<3> = conv2d(pixels, patches, None, options)
            .flatten::<3>(2, 3)
            .swap_dims(1, 2);
        let class = self
            .class
            .val()
            .reshape([1, 1, width])
            .expand([batch, 1, width]);
        let x = Tensor::cat(vec![class, patches], 1) + self.positions.val().unsqueeze::<3>();
        let mut x = self.norm_in.forward(x);
        for block in &self.blocks {
            x = block.forward(x);
        }
        let class = x.slice([0..batch, 0..1]).squeeze_dim::<2>(1);
        self.projection.forward(self.norm_out.forward(class))
    }
}
