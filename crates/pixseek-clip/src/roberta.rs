//! XLM-RoBERTa as a text tower, in OpenCLIP's multilingual models (`HFTextEncoder` with
//! `mean_pooler` and `mlp`): norms behind the blocks, positions counted from behind the padding's
//! id, the mean over a text's tokens, and a projection of two layers without biases.

use crate::device::Target;
use crate::parameters::Parameters;
use crate::tokens::Tokens;
use crate::transformer::{Block, BlockConfig, load_blocks};
use crate::{ClipError, RobertaConfig, TextConfig};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;
use burn::tensor::activation::gelu;
use std::collections::BTreeMap;

#[derive(Module, Debug)]
pub(crate) struct Roberta {
    tokens: Tokens,
    positions: Param<Tensor<2>>,
    /// `[1, W]`, added to every token: one text is one sentence.
    sentence: Param<Tensor<2>>,
    norm_in: LayerNorm,
    blocks: Vec<Block>,
    expand: Linear,
    projection: Linear,
    padding: usize,
}

impl Roberta {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &TextConfig,
        roberta: RobertaConfig,
        target: &Target,
    ) -> Result<Self, ClipError> {
        let device = &target.device;
        let blocks = BlockConfig {
            heads: config.heads,
            layers: config.layers,
            activation: config.activation,
            layer_norm_eps: config.layer_norm_eps,
            causal: false,
        };
        Ok(Self {
            tokens: Tokens::load(parameters, config.width, target)?,
            positions: parameters.param("text.positions", device)?,
            sentence: parameters.param("text.sentence", device)?,
            norm_in: parameters.layer_norm("text.norm_in", config.layer_norm_eps, device)?,
            blocks: load_blocks(parameters, "text", blocks, device)?,
            expand: parameters.projection("text.expand", device)?,
            projection: parameters.projection("text.out", device)?,
            padding: roberta.padding as usize,
        })
    }

    /// Padding is not seen at all: texts of one length are computed together, at that length.
    ///
    /// # Shapes
    ///
    /// `[B, T]` ids to `[B, E]`.
    pub(crate) fn forward(&self, rows: &[Vec<u32>]) -> Result<Tensor<2>, ClipError> {
        let is_token = |id: &&u32| **id as usize != self.padding;
        let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            let length = row.iter().filter(is_token).count().max(1);
            by_length.entry(length).or_default().push(place);
        }
        let mut features: Vec<Option<Tensor<2>>> = vec![None; rows.len()];
        for (length, places) in by_length {
            let ids: Vec<u32> = places
                .iter()
                .flat_map(|place| &rows[*place][..length])
                .copied()
                .collect();
            let group = self.group(&ids, [places.len(), length])?;
            for (row, place) in places.into_iter().enumerate() {
                features[place] = Some(group.clone().narrow(0, row, 1));
            }
        }
        Ok(Tensor::cat(features.into_iter().flatten().collect(), 0))
    }

    /// `[B, L]` ids of texts without padding to `[B, E]`.
    fn group(&self, ids: &[u32], shape: [usize; 2]) -> Result<Tensor<2>, ClipError> {
        let device = self.positions.device();
        let [_, length] = shape;
        // `create_position_ids_from_input_ids`: the first token's position is padding + 1.
        let positions = self.positions.val().narrow(0, self.padding + 1, length);
        let sentence = self.sentence.val().unsqueeze::<3>();
        let x = self.tokens.embed(ids, shape, &device)? + positions.unsqueeze::<3>() + sentence;
        let mut x = self.norm_in.forward(x);
        for block in &self.blocks {
            x = block.forward_norms_behind(x);
        }
        let mean = x.mean_dim(1).squeeze_dim::<2>(1);
        Ok(self.projection.forward(gelu(self.expand.forward(mean))))
    }
}
