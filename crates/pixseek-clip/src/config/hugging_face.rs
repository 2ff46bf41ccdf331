//! Hugging Face's `CLIPModel` and `SiglipModel`: `config.json`, `preprocessor_config.json` and,
//! for SigLIP's padding, `tokenizer_config.json`. Defaults are those of `transformers`, which
//! writes only what differs from them. SigLIP 2 with a fixed size is a `SiglipModel` too.

use super::tokenizer::padding_token;
use super::{
    Activation, BlockConfig, CLIP_BLOCKS, Cleaning, ClipConfig, ImagePooling, ImageTowerConfig,
    TextConfig, TextPooling, TextProjection, VisionConfig, VisionTransformerConfig,
};
use crate::{Preprocess, ResizeMode};
use serde::Deserialize;
use serde::de::Error;

/// `transformers` treats this id as "a config written before the id was right" and
/// pools at the highest id instead (`CLIPTextTransformer.forward`).
const LEGACY_EOS_TOKEN_ID: u32 = 2;

/// `PIL.Image.Resampling.BICUBIC`.
const PIL_BICUBIC: u8 = 3;

#[derive(Deserialize)]
struct Kind {
    model_type: String,
}

#[derive(Deserialize)]
struct ClipFile {
    #[serde(default = "default_projection")]
    projection_dim: usize,
    #[serde(default)]
    text_config: ClipText,
    #[serde(default)]
    vision_config: ClipVision,
}

#[derive(Deserialize)]
struct SiglipFile {
    #[serde(default)]
    text_config: SiglipText,
    #[serde(default)]
    vision_config: SiglipVision,
}

/// Declares a section of the configuration with `transformers`' fields and defaults.
macro_rules! section {
    ($name:ident { $($field:ident: $kind:ty = $default:expr,)* }) => {
        #[derive(Deserialize)]
        #[serde(default)]
        struct $name { $($field: $kind,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

/// The blocks of a tower, whose sizes all sections name alike.
macro_rules! blocks {
    ($section:ident) => {
        BlockConfig {
            width: $section.hidden_size,
            heads: $section.num_attention_heads,
            layers: $section.num_hidden_layers,
            hidden: $section.intermediate_size,
            activation: activation(&$section.hidden_act)?,
            layer_norm_eps: $section.layer_norm_eps,
            ..CLIP_BLOCKS
        }
    };
}

section!(ClipText {
    vocab_size: usize = 49_408,
    hidden_size: usize = 512,
    intermediate_size: usize = 2048,
    num_hidden_layers: usize = 12,
    num_attention_heads: usize = 8,
    max_position_embeddings: usize = 77,
    hidden_act: String = "quick_gelu".into(),
    layer_norm_eps: f64 = 1e-5,
    eos_token_id: u32 = 49_407,
});

section!(ClipVision {
    hidden_size: usize = 768,
    intermediate_size: usize = 3072,
    num_hidden_layers: usize = 12,
    num_attention_heads: usize = 12,
    image_size: usize = 224,
    patch_size: usize = 32,
    hidden_act: String = "quick_gelu".into(),
    layer_norm_eps: f64 = 1e-5,
});

section!(SiglipText {
    vocab_size: usize = 32_000,
    hidden_size: usize = 768,
    intermediate_size: usize = 3072,
    num_hidden_layers: usize = 12,
    num_attention_heads: usize = 12,
    max_position_embeddings: usize = 64,
    hidden_act: String = "gelu_pytorch_tanh".into(),
    layer_norm_eps: f64 = 1e-6,
    projection_size: Option<usize> = None,
});

section!(SiglipVision {
    hidden_size: usize = 768,
    intermediate_size: usize = 3072,
    num_hidden_layers: usize = 12,
    num_attention_heads: usize = 12,
    image_size: usize = 224,
    patch_size: usize = 16,
    hidden_act: String = "gelu_pytorch_tanh".into(),
    layer_norm_eps: f64 = 1e-6,
    vision_use_head: bool = true,
});

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
    /// Reads Hugging Face's form. Without a preprocessor file, pixels are made as for CLIP, or as
    /// for SigLIP if the model is one.
    pub(crate) fn from_hugging_face(
        config: &[u8],
        preprocessor: Option<&[u8]>,
        tokenizer: Option<&[u8]>,
    ) -> Result<Self, serde_json::Error> {
        let Kind { model_type } = serde_json::from_slice(config)?;
        match model_type.as_str() {
            "clip" => clip(serde_json::from_slice(config)?, preprocessor),
            "siglip" => siglip(serde_json::from_slice(config)?, preprocessor, tokenizer),
            other => Err(serde_json::Error::custom(format!(
                "model_type {other:?} is neither \"clip\" nor \"siglip\""
            ))),
        }
    }
}

fn clip(file: ClipFile, preprocessor: Option<&[u8]>) -> Result<ClipConfig, serde_json::Error> {
    let (text, vision) = (file.text_config, file.vision_config);
    Ok(ClipConfig {
        embedding: file.projection_dim,
        logit_bias: false,
        preprocess: preprocess(preprocessor, Preprocess::clip(vision.image_size))?,
        text: TextConfig {
            context_length: text.max_position_embeddings,
            vocabulary: text.vocab_size,
            blocks: BlockConfig {
                is_causal: true,
                ..blocks!(text)
            },
            pooling: match text.eos_token_id {
                LEGACY_EOS_TOKEN_ID => TextPooling::HighestId,
                id => TextPooling::EndOfText(id),
            },
            ..TextConfig::clip()
        },
        vision: VisionConfig {
            image_size: vision.image_size,
            tower: ImageTowerConfig::VisionTransformer(VisionTransformerConfig {
                patch: vision.patch_size,
                blocks: blocks!(vision),
                ..VisionTransformerConfig::clip()
            }),
        },
    })
}

fn siglip(
    file: SiglipFile,
    preprocessor: Option<&[u8]>,
    tokenizer: Option<&[u8]>,
) -> Result<ClipConfig, serde_json::Error> {
    let (text, vision) = (file.text_config, file.vision_config);
    if !vision.vision_use_head {
        return Err(serde_json::Error::custom(
            "vision_use_head false is not computed here",
        ));
    }
    Ok(ClipConfig {
        embedding: text.projection_size.unwrap_or(text.hidden_size),
        logit_bias: true,
        preprocess: preprocess(preprocessor, Preprocess::siglip(vision.image_size))?,
        text: TextConfig {
            context_length: text.max_position_embeddings,
            vocabulary: text.vocab_size,
            blocks: blocks!(text),
            pooling: TextPooling::Last,
            cleaning: Cleaning::NoPunctuation,
            padding: padding_token(tokenizer)?,
            projection: TextProjection::Linear,
            ..TextConfig::clip()
        },
        vision: VisionConfig {
            image_size: vision.image_size,
            tower: ImageTowerConfig::VisionTransformer(VisionTransformerConfig {
                patch: vision.patch_size,
                blocks: blocks!(vision),
                norm_in: false,
                pooling: ImagePooling::AttentionHead,
            }),
        },
    })
}

fn preprocess(json: Option<&[u8]>, usual: Preprocess) -> Result<Preprocess, serde_json::Error> {
    let Some(json) = json else {
        return Ok(usual);
    };
    let image_size = usual.size;
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
        "gelu_pytorch_tanh" => Ok(Activation::GeluTanh),
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
