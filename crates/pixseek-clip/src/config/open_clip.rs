//! OpenCLIP's `open_clip_config.json`. Defaults are those of `open_clip.model.CLIPVisionCfg`
//! and `CLIPTextCfg`; fields that do not change what is computed here are read and dropped.

use super::{
    Activation, Cleaning, ClipConfig, ImagePooling, ImageTowerConfig, RobertaConfig,
    TextArchitecture, TextConfig, TextPooling, VisionConfig,
};
use crate::{Preprocess, ResizeMode};
use serde::Deserialize;
use serde::de::{Error, IgnoredAny};
use serde_json::json;

/// OpenCLIP has no setting for it: `torch.nn.LayerNorm`'s default.
const LAYER_NORM_EPS: f64 = 1e-5;

#[derive(Deserialize)]
struct File {
    model_cfg: ModelSection,
    #[serde(default)]
    preprocess_cfg: PreprocessSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelSection {
    embed_dim: usize,
    #[serde(default)]
    quick_gelu: bool,
    vision_cfg: VisionSection,
    text_cfg: TextSection,
    #[serde(default)]
    init_logit_bias: Option<f64>,
    #[serde(default, rename = "init_logit_scale")]
    _init_logit_scale: IgnoredAny,
    #[serde(default, rename = "custom_text")]
    _custom_text: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Layers {
    Transformer(usize),
    Stages([usize; 4]),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VisionSection {
    #[serde(default = "default_image_size")]
    image_size: usize,
    #[serde(default = "default_vision_layers")]
    layers: Layers,
    #[serde(default = "default_vision_width")]
    width: usize,
    #[serde(default = "default_head_width")]
    head_width: usize,
    #[serde(default = "default_mlp_ratio")]
    mlp_ratio: f64,
    #[serde(default = "default_patch")]
    patch_size: Option<usize>,
    #[serde(default, rename = "patch_dropout")]
    _patch_dropout: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextSection {
    #[serde(default = "default_context_length")]
    context_length: usize,
    #[serde(default = "default_vocabulary")]
    vocab_size: usize,
    #[serde(default = "default_text_width")]
    width: usize,
    #[serde(default = "default_text_heads")]
    heads: usize,
    #[serde(default = "default_text_layers")]
    layers: usize,
    #[serde(default = "default_mlp_ratio")]
    mlp_ratio: f64,
    #[serde(default)]
    no_causal_mask: bool,
    #[serde(default)]
    hf_model_name: Option<String>,
    #[serde(default)]
    hf_pooler_type: Option<String>,
    #[serde(default)]
    hf_proj_type: Option<String>,
    #[serde(default, rename = "hf_model_pretrained")]
    _hf_model_pretrained: IgnoredAny,
    #[serde(default, rename = "hf_tokenizer_name")]
    _hf_tokenizer_name: IgnoredAny,
    #[serde(default, rename = "tokenizer_kwargs")]
    _tokenizer_kwargs: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(default)]
struct PreprocessSection {
    mean: [f32; 3],
    std: [f32; 3],
    interpolation: String,
    resize_mode: String,
}

impl Default for PreprocessSection {
    fn default() -> Self {
        Self {
            mean: Preprocess::CLIP_MEAN,
            std: Preprocess::CLIP_STD,
            interpolation: "bicubic".into(),
            resize_mode: "shortest".into(),
        }
    }
}

impl ClipConfig {
    /// Reads OpenCLIP's form.
    pub(crate) fn from_open_clip(json: &[u8]) -> Result<Self, serde_json::Error> {
        let File {
            model_cfg: model,
            preprocess_cfg: preprocess,
        } = serde_json::from_slice(json)?;
        let activation = if model.quick_gelu {
            Activation::QuickGelu
        } else {
            Activation::Gelu
        };
        if preprocess.interpolation != "bicubic" {
            return Err(unknown("interpolation", &preprocess.interpolation));
        }
        let resize = match preprocess.resize_mode.as_str() {
            "shortest" => ResizeMode::Shortest,
            "squash" => ResizeMode::Squash,
            other => return Err(unknown("resize_mode", other)),
        };
        let vision = model.vision_cfg;
        let text = model.text_cfg;
        Ok(Self {
            embedding: model.embed_dim,
            logit_bias: model.init_logit_bias.is_some(),
            preprocess: Preprocess {
                size: vision.image_size,
                resize,
                mean: preprocess.mean,
                std: preprocess.std,
            },
            text: match &text.hf_model_name {
                Some(name) => roberta(name, &text)?,
                None => TextConfig {
                    architecture: TextArchitecture::Clip,
                    context_length: text.context_length,
                    vocabulary: text.vocab_size,
                    width: text.width,
                    heads: text.heads,
                    layers: text.layers,
                    hidden: scaled(text.width, text.mlp_ratio),
                    activation,
                    layer_norm_eps: LAYER_NORM_EPS,
                    pooling: TextPooling::HighestId,
                    causal: !text.no_causal_mask,
                    cleaning: Cleaning::LowerCase,
                    padding: None,
                    projection_bias: false,
                },
            },
            vision: VisionConfig {
                image_size: vision.image_size,
                tower: match vision.layers {
                    Layers::Stages(layers) => ImageTowerConfig::ModifiedResNet {
                        width: vision.width,
                        layers,
                        heads: vision.width.saturating_mul(32) / vision.head_width.max(1),
                    },
                    Layers::Transformer(layers) => ImageTowerConfig::VisionTransformer {
                        patch: vision.patch_size.unwrap_or(0),
                        width: vision.width,
                        heads: vision.width / vision.head_width.max(1),
                        layers,
                        hidden: scaled(vision.width, vision.mlp_ratio),
                        activation,
                        layer_norm_eps: LAYER_NORM_EPS,
                        pooling: ImagePooling::ClassToken,
                    },
                },
            },
        })
    }

    /// An OpenAI state dict's configuration in OpenCLIP's form.
    pub(crate) fn to_open_clip(&self) -> Vec<u8> {
        let (vision, text) = (&self.vision, &self.text);
        let vision = match &vision.tower {
            ImageTowerConfig::VisionTransformer {
                patch,
                width,
                heads,
                layers,
                ..
            } => json!({
                "image_size": vision.image_size, "layers": layers, "width": width,
                "head_width": width / heads, "patch_size": patch,
            }),
            ImageTowerConfig::ModifiedResNet {
                width,
                layers,
                heads,
            } => json!({
                "image_size": vision.image_size, "layers": layers, "width": width,
                "head_width": 32 * width / heads, "patch_size": null,
            }),
        };
        let text = json!({
            "context_length": text.context_length, "vocab_size": text.vocabulary,
            "width": text.width, "heads": text.heads, "layers": text.layers,
        });
        let model = json!({
            "embed_dim": self.embedding, "quick_gelu": true, "vision_cfg": vision,
            "text_cfg": text,
        });
        json!({ "model_cfg": model }).to_string().into_bytes()
    }
}

/// A text tower from Hugging Face: its name is all that the file says, its sizes are in the
/// weights (see `fill_roberta`).
fn roberta(name: &str, text: &TextSection) -> Result<TextConfig, serde_json::Error> {
    if !name.contains("xlm-roberta") {
        return Err(unknown("hf_model_name", name));
    }
    for (setting, value, known) in [
        ("hf_pooler_type", &text.hf_pooler_type, "mean_pooler"),
        ("hf_proj_type", &text.hf_proj_type, "mlp"),
    ] {
        if let Some(value) = value.as_ref().filter(|value| *value != known) {
            return Err(unknown(setting, value));
        }
    }
    Ok(TextConfig {
        architecture: TextArchitecture::Roberta(RobertaConfig {
            // `<pad>` in XLM-RoBERTa's vocabulary.
            padding: 1,
            ..RobertaConfig::default()
        }),
        context_length: text.context_length,
        vocabulary: 0,
        width: 0,
        heads: 0,
        layers: 0,
        hidden: 0,
        activation: Activation::Gelu,
        layer_norm_eps: LAYER_NORM_EPS,
        pooling: TextPooling::Mean,
        causal: false,
        cleaning: Cleaning::WhiteSpace,
        padding: Some("<pad>".into()),
        projection_bias: false,
    })
}

fn unknown(setting: &str, value: &str) -> serde_json::Error {
    serde_json::Error::custom(format!("{setting} {value:?} is not computed here"))
}

/// `int(width * ratio)`, as OpenCLIP rounds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a float-to-int cast saturates, and sizes are checked afterwards"
)]
fn scaled(width: usize, ratio: f64) -> usize {
    (width as f64 * ratio) as usize
}

fn default_image_size() -> usize {
    224
}
fn default_vision_layers() -> Layers {
    Layers::Transformer(12)
}
fn default_vision_width() -> usize {
    768
}
fn default_head_width() -> usize {
    64
}
fn default_mlp_ratio() -> f64 {
    4.0
}
#[expect(
    clippy::unnecessary_wraps,
    reason = "serde's default has the field's type"
)]
fn default_patch() -> Option<usize> {
    Some(16)
}
fn default_context_length() -> usize {
    77
}
fn default_vocabulary() -> usize {
    49_408
}
fn default_text_width() -> usize {
    512
}
fn default_text_heads() -> usize {
    8
}
fn default_text_layers() -> usize {
    12
}
