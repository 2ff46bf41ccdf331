//! The sizes of an XLM-RoBERTa, which no configuration beside OpenCLIP's weights says.

use super::{ClipConfig, TextArchitecture};

/// All XLM-RoBERTas have heads of this width.
const HEAD_WIDTH: usize = 64;

/// Ten times those of the largest one that is published.
const MOST_LAYERS: usize = 480;

impl ClipConfig {
    /// Reads the sizes off the weights' shapes, under OpenCLIP's keys or this crate's own. What
    /// is missing stays 0, which no model is opened with.
    pub(crate) fn fill_roberta(&mut self, shape: impl Fn(&str) -> Option<Vec<usize>>) {
        let TextArchitecture::Roberta(mut roberta) = self.text.architecture else {
            return;
        };
        let length = |keys: [&str; 2], axes: [usize; 2]| {
            let mut both = keys.iter().zip(axes);
            let found = both.find_map(|(key, axis)| shape(key)?.get(axis).copied());
            found.unwrap_or(0)
        };
        let open_clip = |key: &str| format!("text.transformer.{key}");
        let tokens = open_clip("embeddings.word_embeddings.weight");
        let tokens = ["text.tokens", &tokens];
        let positions = open_clip("embeddings.position_embeddings.weight");
        let hidden = open_clip("encoder.layer.0.intermediate.dense.weight");
        let text = &mut self.text;
        text.vocabulary = length(tokens, [0, 0]);
        text.width = length(tokens, [1, 1]);
        text.heads = (text.width / HEAD_WIDTH).max(1);
        text.hidden = length(["text.blocks.0.expand.weight", &hidden], [1, 0]);
        text.layers = (0..MOST_LAYERS)
            .take_while(|layer| {
                let own = format!("text.blocks.{layer}.norm_1.bias");
                let other = open_clip(&format!("encoder.layer.{layer}.output.dense.bias"));
                shape(&own).or_else(|| shape(&other)).is_some()
            })
            .count();
        roberta.positions = length(["text.positions", &positions], [0, 0]);
        roberta.projection = length(["text.expand.weight", "text.proj.0.weight"], [1, 0]);
        text.architecture = TextArchitecture::Roberta(roberta);
    }
}
