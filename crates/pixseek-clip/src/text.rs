//! The text tower: token ids to text features.

use crate::cpu::Kernels;
use crate::device::Target;
use crate::parameters::Parameters;
use crate::roberta::Roberta;
use crate::tokens::Tokens;
use crate::transformer::{BlockConfig, Stack};
use crate::{ClipError, TextArchitecture, TextConfig, TextPooling, TextProjection};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;

/// Token ids to text features.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process has one or two")]
pub(crate) enum TextTower {
    Clip(ClipText),
    Roberta(Roberta),
}

/// CLIP's text transformer.
#[derive(Module, Debug)]
pub(crate) struct ClipText {
    tokens: Tokens,
    positions: Param<Tensor<2>>,
    blocks: Stack,
    norm: LayerNorm,
    /// None where the tower is as wide as the space.
    projection: Option<Linear>,
    #[module(skip)]
    pooling: TextPooling,
    causal: bool,
}

impl TextTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &TextConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        parameters.read_ahead("text.", "text.tokens")?;
        match config.architecture {
            TextArchitecture::Clip => ClipText::load(parameters, config, target).map(Self::Clip),
            TextArchitecture::Roberta(roberta) => {
                Roberta::load(parameters, config, roberta, target).map(Self::Roberta)
            }
        }
    }

    /// Features of a batch of padded token rows, which are all `T` long and not empty.
    ///
    /// # Shapes
    ///
    /// `[B, T]` ids to `[B, E]` features, not normalised.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read any more.
    pub(crate) fn forward(&self, rows: &[Vec<u32>]) -> Result<Tensor<2>, ClipError> {
        match self {
            Self::Clip(tower) => tower.forward(rows),
            Self::Roberta(tower) => tower.forward(rows),
        }
    }
}

impl ClipText {
    fn load(
        parameters: &Parameters,
        config: &TextConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        let device = &target.device;
        let blocks = BlockConfig {
            heads: config.heads,
            layers: config.layers,
            activation: config.activation,
            layer_norm_eps: config.layer_norm_eps,
            causal: config.causal,
        };
        // A query is a few rows.
        let compact = Target {
            kernels: target.kernels.map(Kernels::compact),
            ..target.clone()
        };
        Ok(Self {
            tokens: Tokens::load(parameters, config.width, target)?,
            positions: parameters.param("text.positions", device)?,
            blocks: Stack::load(parameters, "text", blocks, &compact)?,
            norm: parameters.layer_norm("text.norm", config.layer_norm_eps, device)?,
            projection: match config.projection {
                TextProjection::Matrix => Some(parameters.projection("text.projection", device)?),
                TextProjection::Linear => Some(parameters.linear("text.projection", device)?),
                TextProjection::None => None,
            },
            pooling: config.pooling,
            causal: config.causal,
        })
    }

    /// In a causal tower nothing behind the pooled token reaches it, so the rows are cut
    /// behind the last one of the batch: a query is computed at its own length.
    fn forward(&self, rows: &[Vec<u32>]) -> Result<Tensor<2>, ClipError> {
        let device = self.positions.device();
        let ends: Vec<usize> = rows.iter().map(|row| self.pooling.position(row)).collect();
        let context = rows.iter().map(Vec::len).max().unwrap_or(0);
        let length = match ends.iter().max() {
            Some(last) if self.causal => last + 1,
            _ => context,
        };
        let ids: Vec<u32> = rows
            .iter()
            .flat_map(|row| &row[..length])
            .copied()
            .collect();
        let tokens = self.tokens.embed(&ids, [rows.len(), length], &device)?;
        let positions = self.positions.val().narrow(0, 0, length);
        let x = self.blocks.forward(tokens + positions.unsqueeze::<3>())?;
        // [B, T, W] -> [B, W] at each row's own end
        let pooled = ends
            .into_iter()
            .enumerate()
            .map(|(row, end)| {
                x.clone()
                    .slice([row..row + 1, end..end + 1])
                    .squeeze_dim::<2>(1)
            })
            .collect();
        let normed = self.norm.forward(Tensor::cat(pooled, 0));
        Ok(match &self.projection {
            Some(projection) => projection.forward(normed),
            None => normed,
        })
    }
}

impl TextPooling {
    /// The pooled position of a row of ids.
    fn position(self, row: &[u32]) -> usize {
        match self {
            // A tower of another architecture pools by itself.
            Self::Mean => None,
            Self::First => Some(0),
            Self::Last => row.len().checked_sub(1),
            Self::EndOfText(id) => row.iter().position(|other| *other == id),
            Self::HighestId => row
                .iter()
                .max()
                .and_then(|highest| row.iter().position(|id| id == highest)),
        }
        .unwrap_or(0)
    }
}
