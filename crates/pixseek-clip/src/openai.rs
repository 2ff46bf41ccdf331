//! The configuration of an OpenAI state dict, read off its shapes.
//!
//! OpenAI publishes no configuration beside its weights; `build_model` in CLIP/clip/model.py
//! derives every size from the tensors, and so does this.

use crate::weights::WeightFile;
use crate::{
    BlockConfig, ClipConfig, ClipError, ImageTowerConfig, Preprocess, TextConfig, VisionConfig,
    VisionTransformerConfig,
};

/// All of OpenAI's heads are this wide.
const HEAD_WIDTH: usize = 64;

/// Derives the configuration from the weights' shapes.
///
/// # Errors
///
/// When a key is missing that every OpenAI state dict has.
pub(crate) fn config_from_shapes(file: &WeightFile) -> Result<ClipConfig, ClipError> {
    let length = |key: &str, axis: usize| {
        file.shape(key)
            .and_then(|shape| shape.get(axis).copied())
            .ok_or_else(|| ClipError::MissingKey {
                path: file.path().into(),
                key: key.into(),
            })
    };
    let keys = file.keys();
    let numbered = |prefix: &str| {
        keys.iter()
            .filter_map(|key| key.strip_prefix(prefix)?.split('.').next()?.parse().ok())
            .max()
            .map_or(0, |last: usize| last.saturating_add(1))
    };
    let text_width = length("ln_final.weight", 0)?;
    let (tower, image_size) = if file.shape("visual.proj").is_some() {
        let width = length("visual.conv1.weight", 0)?;
        let patch = length("visual.conv1.weight", 3)?;
        let grid = (length("visual.positional_embedding", 0)?.saturating_sub(1)).isqrt();
        let vit = VisionTransformerConfig::clip();
        let tower = ImageTowerConfig::VisionTransformer(VisionTransformerConfig {
            patch,
            blocks: BlockConfig {
                width,
                heads: width / HEAD_WIDTH,
                layers: numbered("visual.transformer.resblocks."),
                hidden: width.saturating_mul(4),
                ..vit.blocks
            },
            ..vit
        });
        (tower, patch.saturating_mul(grid))
    } else {
        let width = length("visual.layer1.0.conv1.weight", 0)?;
        let positions = length("visual.attnpool.positional_embedding", 0)?;
        let tower = ImageTowerConfig::ModifiedResNet {
            width,
            layers: [1, 2, 3, 4].map(|stage| numbered(&format!("visual.layer{stage}."))),
            heads: width.saturating_mul(32) / HEAD_WIDTH,
        };
        (
            tower,
            positions.saturating_sub(1).isqrt().saturating_mul(32),
        )
    };
    let text = TextConfig::clip();
    Ok(ClipConfig {
        embedding: length("text_projection", 1)?,
        logit_bias: false,
        text: TextConfig {
            context_length: length("positional_embedding", 0)?,
            vocabulary: length("token_embedding.weight", 0)?,
            blocks: BlockConfig {
                width: text_width,
                heads: text_width / HEAD_WIDTH,
                layers: numbered("transformer.resblocks."),
                hidden: text_width.saturating_mul(4),
                ..text.blocks
            },
            ..text
        },
        vision: VisionConfig { image_size, tower },
        preprocess: Preprocess::clip(image_size),
    })
}
