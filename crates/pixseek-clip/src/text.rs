//! The text tower: token ids to text features.

use crate::parameters::Parameters;
use crate::transformer::{Block, BlockConfig, load_blocks};
use crate::weights::WeightFile;
use crate::{ClipError, TextConfig, TextPooling};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::sync::Arc;

/// CLIP's text transformer.
#[derive(Module, Debug)]
pub(crate) struct TextTower {
    /// `[V, W]`; none where its rows are read when they are needed.
    tokens: Option<Param<Tensor<2>>>,
    #[module(skip)]
    rows: TokenRows,
    positions: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    projection: Linear,
    #[module(skip)]
    pooling: TextPooling,
    causal: bool,
}

/// The rows of the token table in the weight file. A query needs seven of its 49,408, which are
/// two fifths of a tower's weights.
#[derive(Clone)]
struct TokenRows {
    file: Arc<WeightFile>,
    key: String,
    width: usize,
}

impl std::fmt::Debug for TokenRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRows")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Where the token table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenTable {
    /// On the device, as training needs it.
    #[cfg_attr(not(feature = "training"), expect(dead_code, reason = "only trained"))]
    Loaded,
    /// In the weight file.
    InFile,
}

impl TextTower {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &TextConfig,
        device: &Device,
        table: TokenTable,
    ) -> Result<Self, ClipError> {
        parameters.read_ahead("text.", "text.tokens")?;
        let blocks = BlockConfig {
            heads: config.heads,
            layers: config.layers,
            activation: config.activation,
            layer_norm_eps: config.layer_norm_eps,
            causal: config.causal,
        };
        Ok(Self {
            tokens: match table {
                TokenTable::Loaded => Some(parameters.param("text.tokens", device)?),
                TokenTable::InFile => None,
            },
            rows: TokenRows {
                file: Arc::clone(parameters.file()),
                key: parameters.key("text.tokens").to_owned(),
                width: config.width,
            },
            positions: parameters.param("text.positions", device)?,
            blocks: load_blocks(parameters, "text", blocks, device)?,
            norm: parameters.layer_norm("text.norm", config.layer_norm_eps, device)?,
            projection: if config.projection_bias {
                parameters.linear("text.projection", device)?
            } else {
                parameters.projection("text.projection", device)?
            },
            pooling: config.pooling,
            causal: config.causal,
        })
    }

    /// Features of a batch of padded token rows, which are all `T` long and not empty.
    ///
    /// In a causal tower nothing behind the pooled token reaches it, so the rows are cut
    /// behind the last one of the batch: a query is computed at its own length.
    ///
    /// # Shapes
    ///
    /// `[B, T]` ids to `[B, E]` features, not normalised.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read any more.
    pub(crate) fn forward(&self, rows: &[Vec<u32>]) -> Result<Tensor<2>, ClipError> {
        let device = self.positions.device();
        let ends: Vec<usize> = rows.iter().map(|row| self.pooling.position(row)).collect();
        let context = rows.iter().map(Vec::len).max().unwrap_or(0);
        let length = match ends.iter().max() {
            Some(last) if self.causal => last + 1,
            _ => context,
        };
        let ids = rows.iter().flat_map(|row| &row[..length]).copied();
        let shape = [rows.len(), length];
        let tokens = match &self.tokens {
            Some(table) => {
                let ids: Vec<i64> = ids.map(i64::from).collect();
                let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, shape), &device);
                burn::tensor::module::embedding(table.val(), ids)
            }
            None => self.rows.tensor(&ids.collect::<Vec<_>>(), shape, &device)?,
        };
        let positions = self.positions.val().narrow(0, 0, length);
        let mut x = tokens + positions.unsqueeze::<3>();
        for block in &self.blocks {
            x = block.forward(x);
        }
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
        Ok(self
            .projection
            .forward(self.norm.forward(Tensor::cat(pooled, 0))))
    }
}

impl TokenRows {
    /// `B * T` ids to `[B, T, W]`; a row that occurs often is read once.
    fn tensor(
        &self,
        ids: &[u32],
        [batch, length]: [usize; 2],
        device: &Device,
    ) -> Result<Tensor<3>, ClipError> {
        let mut distinct = ids.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let table = self.file.read_rows(&self.key, &distinct, self.width)?;
        let row = |id: &u32| {
            let place = distinct.partition_point(|other| other < id) * self.width;
            &table[place..place + self.width]
        };
        let values: Vec<f32> = ids.iter().flat_map(row).copied().collect();
        let data = TensorData::new(values, [batch, length, self.width]);
        Ok(Tensor::from_data(data, device))
    }
}

impl TextPooling {
    /// The pooled position of a row of ids.
    fn position(self, row: &[u32]) -> usize {
        match self {
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
