//! The text tower in Burn: the vectors of a text's tokens to text features.

use crate::parameters::Parameters;
use crate::roberta::Roberta;
use crate::transformer::Transformer;
use crate::{ClipError, TextArchitecture, TextConfig, TextProjection};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor};

/// Token vectors to text features.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(crate) enum BurnTextTower {
    Clip(ClipText),
    Roberta(Roberta),
}

/// CLIP's text transformer.
#[derive(Module, Debug)]
pub(crate) struct ClipText {
    positions: Param<Tensor<2>>,
    blocks: Transformer,
    norm: LayerNorm,
    /// None where the tower is as wide as the space.
    projection: Option<Linear>,
}

impl BurnTextTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &TextConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        parameters.read_ahead("text.", "text.tokens")?;
        match config.architecture {
            TextArchitecture::Clip => ClipText::load(parameters, config, device).map(Self::Clip),
            TextArchitecture::Roberta(roberta) => {
                Roberta::load(parameters, config, roberta, device).map(Self::Roberta)
            }
        }
    }

    /// `ends` names the token of each text that is pooled.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` token vectors and `[B]` ends to `[B, E]` features, not normalised.
    pub(crate) fn forward(&self, tokens: Tensor<3>, ends: &[usize]) -> Tensor<2> {
        match self {
            Self::Clip(tower) => tower.forward(tokens, ends),
            Self::Roberta(tower) => tower.forward(tokens),
        }
    }
}

impl ClipText {
    fn load(
        parameters: &Parameters,
        config: &TextConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        Ok(Self {
            positions: parameters.param("text.positions", device)?,
            blocks: Transformer::load(parameters, "text", config.blocks, device)?,
            norm: parameters.layer_norm("text.norm", config.blocks.layer_norm_eps, device)?,
            projection: match config.projection {
                TextProjection::Matrix => Some(parameters.projection("text.projection", device)?),
                TextProjection::Linear => Some(parameters.linear("text.projection", device)?),
                TextProjection::None => None,
            },
        })
    }

    fn forward(&self, tokens: Tensor<3>, ends: &[usize]) -> Tensor<2> {
        let [_, length, _] = tokens.dims();
        let positions = self.positions.val().narrow(0, 0, length);
        let x = self.blocks.forward(tokens + positions.unsqueeze::<3>());
        // [B, T, W] -> [B, W] at each text's own end
        let pooled = ends
            .iter()
            .enumerate()
            .map(|(row, end)| {
                x.clone()
                    .slice([row..row + 1, *end..end + 1])
                    .squeeze_dim::<2>(1)
            })
            .collect();
        let normed = self.norm.forward(Tensor::cat(pooled, 0));
        match &self.projection {
            Some(projection) => projection.forward(normed),
            None => normed,
        }
    }
}
