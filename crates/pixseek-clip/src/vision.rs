//! The image tower, whichever of the two architectures it has.

use crate::device::Target;
use crate::parameters::Parameters;
use crate::resnet::ModifiedResNet;
use crate::vit::VisionTransformer;
use crate::{ClipError, ImageTowerConfig, Pixels, VisionConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

/// Pixels to image features.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(crate) enum ImageTower {
    VisionTransformer(VisionTransformer),
    ModifiedResNet(ModifiedResNet),
}

impl ImageTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &VisionConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        match &config.tower {
            ImageTowerConfig::VisionTransformer(vit) => {
                VisionTransformer::load(parameters, vit, target).map(Self::VisionTransformer)
            }
            ImageTowerConfig::ModifiedResNet { layers, heads, .. } => {
                ModifiedResNet::load(parameters, *layers, *heads, target).map(Self::ModifiedResNet)
            }
        }
    }

    /// The pixels of pictures of one side to their features.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, E]` features, not normalised.
    pub(crate) fn encode(
        &self,
        batch: &[Pixels],
        side: usize,
        device: &Device,
    ) -> Result<Tensor<2>, ClipError> {
        let own = match self {
            Self::VisionTransformer(tower) => tower.forward_own(batch, side),
            Self::ModifiedResNet(tower) => tower.forward_own(batch, side).map(Ok),
        };
        if let Some(features) = own {
            return features;
        }
        // GPUs compile and tune a program for each shape: powers of two are few shapes.
        let padded = if *device == Device::flex() {
            batch.len()
        } else {
            batch.len().next_power_of_two()
        };
        let mut values = Vec::with_capacity(padded * 3 * side * side);
        for pixels in batch {
            values.extend_from_slice(&pixels.0);
        }
        values.resize(padded * 3 * side * side, 0.0);
        let data = TensorData::new(values, [padded, 3, side, side]);
        let features = self.forward(Tensor::from_data(data, device))?;
        Ok(features.narrow(0, 0, batch.len()))
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` normalised pixels to `[B, E]` features, not normalised.
    pub(crate) fn forward(&self, pixels: Tensor<4>) -> Result<Tensor<2>, ClipError> {
        match self {
            Self::VisionTransformer(tower) => tower.forward(pixels),
            Self::ModifiedResNet(tower) => Ok(tower.forward(pixels)),
        }
    }
}
