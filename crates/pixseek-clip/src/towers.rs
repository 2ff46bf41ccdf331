//! The towers of an encoder. Burn's modules compute on GPUs and on processors without kernels,
//! `pixseek-kernels` on all others; which of the two is chosen once, when a tower is loaded.

use crate::device::values_of;
use crate::keys::Layout;
use crate::parameters::Parameters;
use crate::sequences::Sequences;
use crate::text::BurnTextTower;
use crate::vision::BurnImageTower;
use crate::{
    ClipConfig, ClipError, ComputeDevice, ImageTowerConfig, Pixels, TextArchitecture,
    TextProjection, VisionTransformerConfig,
};
use burn::tensor::{Device, Tensor, TensorData};
use pixseek_kernels::{Order, ResNet, ResNetConfig, Text, TextHead, Vit, VitConfig, Weights};

/// Pixels to image features.
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(crate) enum ImageTower {
    /// Either architecture, on a device of Burn's.
    Burn {
        tower: BurnImageTower,
        device: Device,
    },
    /// A Vision Transformer on the processor's kernels.
    CpuVit(Vit),
    /// A modified ResNet on the processor's kernels.
    CpuResNet(ResNet),
}

/// Token vectors to text features.
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(crate) enum TextTower {
    /// Either architecture, on a device of Burn's.
    Burn {
        tower: BurnTextTower,
        device: Device,
    },
    /// Either architecture on the processor's kernels.
    Cpu(Text),
}

impl ImageTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &ClipConfig,
        on: &ComputeDevice,
    ) -> Result<Self, ClipError> {
        let Some(kernels) = on.kernels else {
            return Ok(Self::Burn {
                tower: BurnImageTower::load(parameters, &config.vision, &on.device)?,
                device: on.device.clone(),
            });
        };
        match &config.vision.tower {
            ImageTowerConfig::VisionTransformer(vit) => {
                Vit::load(parameters, vit_config(config, vit), kernels).map(Self::CpuVit)
            }
            ImageTowerConfig::ModifiedResNet {
                width,
                layers,
                heads,
            } => {
                let config = ResNetConfig {
                    side: config.vision.image_size,
                    width: *width,
                    layers: *layers,
                    heads: *heads,
                    embedding: config.embedding,
                };
                ResNet::load(parameters, config, kernels).map(Self::CpuResNet)
            }
        }
    }

    /// Features of pictures of side `S`, not normalised.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, E]`, row-major.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub(crate) fn features(&self, batch: &[Pixels], side: usize) -> Result<Vec<f32>, ClipError> {
        let pictures = || batch.iter().map(Pixels::as_slice).collect::<Vec<_>>();
        match self {
            Self::CpuVit(tower) => Ok(tower.forward(&pictures())),
            Self::CpuResNet(tower) => Ok(tower.forward(&pictures())),
            Self::Burn { tower, device } => {
                // GPUs compile and tune a program for each shape: powers of two are few shapes.
                let padded = if *device == Device::flex() {
                    batch.len()
                } else {
                    batch.len().next_power_of_two()
                };
                let mut values = pictures().concat();
                values.resize(padded * 3 * side * side, 0.0);
                let data = TensorData::new(values, [padded, 3, side, side]);
                let features = tower.forward(Tensor::from_data(data, device));
                values_of(features.narrow(0, 0, batch.len()))
            }
        }
    }
}

impl TextTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &ClipConfig,
        on: &ComputeDevice,
    ) -> Result<Self, ClipError> {
        Ok(match on.kernels {
            Some(kernels) => Self::Cpu(Text::load(parameters, text_config(config), kernels)?),
            None => Self::Burn {
                tower: BurnTextTower::load(parameters, &config.text, &on.device)?,
                device: on.device.clone(),
            },
        })
    }

    /// Features of texts, not normalised; `tokens` are the vectors of their ids.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` to `[B, E]`, row-major.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub(crate) fn features(
        &self,
        tokens: Vec<f32>,
        texts: &Sequences,
    ) -> Result<Vec<f32>, ClipError> {
        match self {
            Self::Cpu(tower) => Ok(tower.forward(tokens, &texts.ends)),
            Self::Burn { tower, device } => {
                let [batch, length] = texts.shape();
                let width = tokens.len() / (batch * length).max(1);
                let data = TensorData::new(tokens, [batch, length, width]);
                values_of(tower.forward(Tensor::from_data(data, device), &texts.ends))
            }
        }
    }
}

/// The kernels read the same parameters as Burn's modules, by the same names.
impl Weights for Parameters {
    type Error = ClipError;

    fn take(&self, name: &str) -> Result<Vec<f32>, ClipError> {
        self.values(name)
    }

    fn order(&self, name: &str) -> Order {
        match self.layout(name) {
            Layout::Stored => Order::InputsFirst,
            Layout::Transposed => Order::OutputsFirst,
        }
    }
}

fn vit_config(config: &ClipConfig, vit: &VisionTransformerConfig) -> VitConfig {
    VitConfig {
        side: config.vision.image_size,
        patch: vit.patch,
        blocks: vit.blocks,
        has_class_token: vit.has_class_token(),
        has_norm_in: vit.norm_in,
        pooling: vit.pooling,
        embedding: config.embedding,
    }
}

fn text_config(config: &ClipConfig) -> pixseek_kernels::TextConfig {
    let text = &config.text;
    let (positions, first_position, head) = match text.architecture {
        TextArchitecture::Roberta(roberta) => {
            let hidden = roberta.projection;
            let first = roberta.padding as usize + 1;
            (roberta.positions, first, TextHead::Roberta { hidden })
        }
        TextArchitecture::Clip => {
            let head = match text.projection {
                TextProjection::None => TextHead::Norm,
                TextProjection::Matrix => TextHead::Matrix,
                TextProjection::Linear => TextHead::Linear,
            };
            (text.context_length, 0, head)
        }
    };
    pixseek_kernels::TextConfig {
        positions,
        first_position,
        blocks: text.blocks,
        head,
        embedding: config.embedding,
    }
}
