//! Sizes that a configuration leaves out and that are read off the weights' shapes: those of
//! XLM-RoBERTa's text towers, and those of image towers for which the configuration gives timm's
//! name only.

use super::{ClipConfig, ImageTowerConfig, TextArchitecture};

/// All XLM-RoBERTas have heads of this width.
const ROBERTA_HEAD_WIDTH: usize = 64;

/// Ten times the layers of the largest published tower.
const MOST_LAYERS: usize = 480;

impl ClipConfig {
    /// Reads the missing sizes off the weights' shapes, under the publisher's keys or those of a
    /// converted file. A size that the weights lack too stays 0, and `contradiction` refuses it.
    pub(crate) fn fill_from_weights(&mut self, shape: impl Fn(&str) -> Option<Vec<usize>>) {
        self.fill_roberta(&shape);
        self.fill_timm(&shape);
    }

    fn fill_roberta(&mut self, shape: &impl Fn(&str) -> Option<Vec<usize>>) {
        let TextArchitecture::Roberta(mut roberta) = self.text.architecture else {
            return;
        };
        let open_clip = |key: &str| format!("text.transformer.{key}");
        let tokens = open_clip("embeddings.word_embeddings.weight");
        let tokens = ["text.tokens", &tokens];
        let positions = open_clip("embeddings.position_embeddings.weight");
        let hidden = open_clip("encoder.layer.0.intermediate.dense.weight");
        let text = &mut self.text;
        text.vocabulary = length(shape, tokens, [0, 0]);
        text.blocks.width = length(shape, tokens, [1, 1]);
        text.blocks.heads = (text.blocks.width / ROBERTA_HEAD_WIDTH).max(1);
        text.blocks.hidden = length(shape, ["text.blocks.0.expand.weight", &hidden], [1, 0]);
        text.blocks.layers = layers(shape, |layer| {
            [
                format!("text.blocks.{layer}.norm_1.bias"),
                open_clip(&format!("encoder.layer.{layer}.output.dense.bias")),
            ]
        });
        roberta.positions = length(shape, ["text.positions", &positions], [0, 0]);
        roberta.projection = length(shape, ["text.expand.weight", "text.proj.0.weight"], [1, 0]);
        text.architecture = TextArchitecture::Roberta(roberta);
    }

    fn fill_timm(&mut self, shape: &impl Fn(&str) -> Option<Vec<usize>>) {
        let ImageTowerConfig::VisionTransformer(vit) = &mut self.vision.tower else {
            return;
        };
        if vit.blocks.width > 0 {
            return;
        }
        let patches = ["image.patches", "visual.trunk.patch_embed.proj.weight"];
        let hidden = [
            "image.blocks.0.expand.weight",
            "visual.trunk.blocks.0.mlp.fc1.weight",
        ];
        vit.blocks.width = length(shape, patches, [0, 0]);
        vit.patch = length(shape, patches, [3, 3]);
        vit.blocks.hidden = length(shape, hidden, [1, 0]);
        vit.blocks.layers = layers(shape, |layer| {
            [
                format!("image.blocks.{layer}.norm_1.bias"),
                format!("visual.trunk.blocks.{layer}.norm1.bias"),
            ]
        });
    }
}

/// The length of the first tensor that the file has, along the axis given for its key; 0 if it has
/// none.
fn length(shape: &impl Fn(&str) -> Option<Vec<usize>>, keys: [&str; 2], axes: [usize; 2]) -> usize {
    let mut both = keys.iter().zip(axes);
    let found = both.find_map(|(key, axis)| shape(key)?.get(axis).copied());
    found.unwrap_or(0)
}

/// Counts the layers of which the file has one of two keys.
fn layers(
    shape: &impl Fn(&str) -> Option<Vec<usize>>,
    keys: impl Fn(usize) -> [String; 2],
) -> usize {
    (0..MOST_LAYERS)
        .take_while(|layer| keys(*layer).iter().any(|key| shape(key).is_some()))
        .count()
}
