//! Hugging Face's `CLIPModel`: `config.json` and `preprocessor_config.json`. Defaults are
//! those of `transformers`' `CLIPConfig`, which writes only what differs from them.

use super::{Activation, ClipConfig, ImageTowerConfig, TextConfig, TextPooling, VisionConfig};
use crate::{Preprocess, ResizeMode};
use serde::Deserialize;
use serde::de::Error;

/// `transformers` treats this id as "a config written before the id was right" and
/// pools at the highest id instead (`CLIPTextTransformer.forward`).
const LEGACY_EOS_TOKEN_ID: u32 = 2;

/// `PIL.Image.Resampling.BICUBIC`.
const PIL_BICUBIC: u8 = 3;

#[derive(Deserialize)]
struct File {
    model_type: String,
    #[serde(default = "default_projection")]
    projection_dim: usize,
    #[serde(default)]
    text_config: TextSection,
    #[serde(default)]
    vision_config: VisionSection,
}

#[derive(Deserialize)]
#[serde(default)]
struct TextSection {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    eos_token_id: u32,
}

impl Default for TextSection {
    fn default() -> Self {
        Self {
            vocab_size: 49_408,
            hidden_size: 512,
            intermediate_size: 2048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: "quick_gelu".into(),
            layer_norm_eps: 1e-5,
            eos_token_id: 49_407,
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct VisionSection {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    image_size: usize,
    patch_size: usize,
    hidden_act: String,
    layer_norm_eps: f64,
}

impl Default for VisionSection {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 224,
            patch_size: 32,
            hidden_act: "quick_gelu".into(),
            layer_norm_eps: 1e-5,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Size {
    Side(usize),
    ShortestEdge { shortest_edge: usize },
    Box { height: usize, width: usize },
}

#[derive(Deserialize)]
struct Preprocessor {
    size: Size,
    #[serde(default = "default_resample")]
    resample: u8,
    #[serde(default = "default_mean")]
    image_mean: [f32; 3],
    #[serde(default = "default_std")]
    image_std: [f32; 3],
}

impl ClipConfig {
    /// Reads Hugging Face's form; without a preprocessor file, CLIP's own pixels are taken.
    pub(crate) fn from_hugging_face(
        config: &[u8],
        preprocessor: Option<&[u8]>,
    ) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_slice(config)?;
        if file.model_type != "clip" {
            return Err(serde_json::Error::custom(format!(
                "model_type {:?} is not \"clip\"",
                file.model_type
            )));
        }
        let (text, vision) = (file.text_config, file.vision_config);
        Ok(Self {
            embedding: file.projection_dim,
            logit_bias: false,
            preprocess: preprocess(preprocessor, vision.image_size)?,
            text: TextConfig {
                context_length: text.max_position_embeddings,
                vocabulary: text.vocab_size,
                width: text.hidden_size,
                heads: text.num_attention_heads,
                layers: text.num_hidden_layers,
                hidden: text.intermediate_size,
                activation: activation(&text.hidden_act)?,
                layer_norm_eps: text.layer_norm_eps,
                pooling: match text.eos_token_id {
                    LEGACY_EOS_TOKEN_ID => TextPooling::HighestId,
                    id => TextPooling::EndOfText(id),
                },
                causal: true,
            },
            vision: VisionConfig {
                image_size: vision.image_size,
                tower: ImageTowerConfig::VisionTransformer {
                    patch: vision.patch_size,
                    width: vision.hidden_size,
                    heads: vision.num_attention_heads,
                    layers: vision.num_hidden_layers,
                    hidden: vision.intermediate_size,
                    activation: activation(&vision.hidden_act)?,
                    layer_norm_eps: vision.layer_norm_eps,
                },
            },
        })
    }
}

fn preprocess(json: Option<&[u8]>, image_size: usize) -> Result<Preprocess, serde_json::Error> {
    let Some(json) = json else {
        return Ok(Preprocess::clip(image_size));
    };
    let file: Preprocessor = serde_json::from_slice(json)?;
    let (size, resize) = match file.size {
        Size::Side(size)
        | Size::ShortestEdge {
            shortest_edge: size,
        } => (size, ResizeMode::Shortest),
        Size::Box { height, width } if height == width => (height, ResizeMode::Squash),
        Size::Box { .. } => {
            return Err(serde_json::Error::custom("size is not a square"));
        }
    };
    if size != image_size {
        return Err(serde_json::Error::custom(format!(
            "size {size} is not the image tower's {image_size}"
        )));
    }
    if file.resample != PIL_BICUBIC {
        return Err(serde_json::Error::custom(format!(
            "resample {} is not bicubic ({PIL_BICUBIC})",
            file.resample
        )));
    }
    Ok(Preprocess {
        size,
        resize,
        mean: file.image_mean,
        std: file.image_std,
    })
}

fn activation(name: &str) -> Result<Activation, serde_json::Error> {
    match name {
        "quick_gelu" => Ok(Activation::QuickGelu),
        "gelu" => Ok(Activation::Gelu),
        other => Err(serde_json::Error::custom(format!(
            "hidden_act {other:?} is not computed here"
        ))),
    }
}

fn default_projection() -> usize {
    512
}
fn default_resample() -> u8 {
    PIL_BICUBIC
}
fn default_mean() -> [f32; 3] {
    Preprocess::CLIP_MEAN
}
fn default_std() -> [f32; 3] {
    Preprocess::CLIP_STD
}
