//! The image tower in Burn, whichever of the two architectures it has.

use crate::parameters::Parameters;
use crate::resnet::ModifiedResNet;
use crate::vit::VisionTransformer;
use crate::{ClipError, ImageTowerConfig, VisionConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Pixels to image features.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(crate) enum BurnImageTower {
    VisionTransformer(VisionTransformer),
    ModifiedResNet(ModifiedResNet),
}

impl BurnImageTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &VisionConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        match &config.tower {
            ImageTowerConfig::VisionTransformer(vit) => {
                VisionTransformer::load(parameters, vit, device).map(Self::VisionTransformer)
            }
            ImageTowerConfig::ModifiedResNet { layers, heads, .. } => {
                ModifiedResNet::load(parameters, *layers, *heads, device).map(Self::ModifiedResNet)
            }
        }
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` normalised pixels to `[B, E]` features, not normalised.
    pub(crate) fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        match self {
            Self::VisionTransformer(tower) => tower.forward(pixels),
            Self::ModifiedResNet(tower) => tower.forward(pixels),
        }
    }
}
