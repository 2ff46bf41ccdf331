//! XLM-RoBERTa as the text tower of OpenCLIP's multilingual models (`HFTextEncoder` with
//! `mean_pooler` and `mlp`): norms after the sums, positions counted from the padding's id on, the
//! mean over a text's tokens, and a projection of two layers without biases.

use crate::parameters::Parameters;
use crate::transformer::Transformer;
use crate::{ClipError, RobertaConfig, TextConfig};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};

#[derive(Module, Debug)]
pub(crate) struct Roberta {
    positions: Param<Tensor<2>>,
    /// `[1, W]`, added to every token: one text is one sentence.
    sentence: Param<Tensor<2>>,
    norm_in: LayerNorm,
    blocks: Transformer,
    expand: Linear,
    projection: Linear,
    padding: usize,
}

impl Roberta {
    pub(crate) fn load(
        parameters: &Parameters,
        config: &TextConfig,
        roberta: RobertaConfig,
        device: &Device,
    ) -> Result<Self, ClipError> {
        Ok(Self {
            positions: parameters.param("text.positions", device)?,
            sentence: parameters.param("text.sentence", device)?,
            norm_in: parameters.layer_norm("text.norm_in", config.blocks.layer_norm_eps, device)?,
            blocks: Transformer::load(parameters, "text", config.blocks, device)?,
            expand: parameters.projection("text.expand", device)?,
            projection: parameters.projection("text.out", device)?,
            padding: roberta.padding as usize,
        })
    }

    /// Features of texts of one length, without padding.
    ///
    /// # Shapes
    ///
    /// `[B, T, W]` token vectors to `[B, E]`.
    pub(crate) fn forward(&self, tokens: Tensor<3>) -> Tensor<2> {
        let [_, length, _] = tokens.dims();
        // `create_position_ids_from_input_ids`: the first token's position is padding + 1.
        let positions = self.positions.val().narrow(0, self.padding + 1, length);
        let sentence = self.sentence.val().unsqueeze::<3>();
        let x = tokens + positions.unsqueeze::<3>() + sentence;
        let x = self.blocks.forward(self.norm_in.forward(x));
        // [B, T, W] -> [B, W]
        let mean = x.mean_dim(1).squeeze_dim::<2>(1);
        self.projection.forward(gelu(self.expand.forward(mean)))
    }
}
