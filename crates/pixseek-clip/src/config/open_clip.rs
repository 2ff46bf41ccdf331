//! OpenCLIP's `open_clip_config.json`. Defaults are those of `open_clip.model.CLIPVisionCfg`
//! and `CLIPTextCfg`. Settings that do not change the towers' output are read and dropped; those
//! that do and are not known here are refused by name.

mod fields;

use super::tokenizer::padding_token;
use super::{
    Activation, BlockConfig, CLIP_BLOCKS, Cleaning, ClipConfig, ImagePooling, ImageTowerConfig,
    LAYER_NORM_EPS, NormPlace, RobertaConfig, TextArchitecture, TextConfig, TextPooling,
    TextProjection, VisionConfig, VisionTransformerConfig,
};
use crate::{Preprocess, ResizeMode};
use fields::{
    ActivationSettings, AttentionalPool, File, Layers, NormSettings, TextSection, VisionSection,
};
use serde::de::Error;
use serde_json::json;

/// `strip_sep_token` is only used with BERT's tokenizer, whose separator has this name.
const BERT_SEPARATOR: &str = "[SEP]";

impl ClipConfig {
    /// Reads OpenCLIP's form; `tokenizer` is the `tokenizer_config.json` beside it. Sizes that
    /// only the weights say stay 0 (see `fill_from_weights`).
    pub(crate) fn from_open_clip(
        json: &[u8],
        tokenizer: Option<&[u8]>,
    ) -> Result<Self, serde_json::Error> {
        let File {
            model_cfg: model,
            preprocess_cfg: preprocess,
        } = serde_json::from_slice(json)?;
        if preprocess.interpolation != "bicubic" {
            return Err(unknown("interpolation", &preprocess.interpolation));
        }
        let resize = match preprocess.resize_mode.as_str() {
            "shortest" => ResizeMode::Shortest,
            "squash" => ResizeMode::Squash,
            other => return Err(unknown("resize_mode", other)),
        };
        let image_size = model.vision_cfg.image_size;
        Ok(Self {
            embedding: model.embed_dim,
            logit_bias: model.init_logit_bias.is_some(),
            preprocess: Preprocess {
                size: image_size,
                resize,
                mean: preprocess.mean,
                std: preprocess.std,
            },
            text: match &model.text_cfg.hf_model_name {
                Some(name) => roberta(name, &model.text_cfg)?,
                None => text(&model.text_cfg, model.quick_gelu, tokenizer)?,
            },
            vision: VisionConfig {
                image_size,
                tower: vision(&model.vision_cfg, model.quick_gelu)?,
            },
        })
    }

    /// An OpenAI state dict's configuration in OpenCLIP's form.
    pub(crate) fn to_open_clip(&self) -> Vec<u8> {
        let (vision, text) = (&self.vision, &self.text);
        let vision = match &vision.tower {
            ImageTowerConfig::VisionTransformer(vit) => json!({
                "image_size": vision.image_size, "layers": vit.blocks.layers, "width": vit.blocks.width,
                "head_width": vit.blocks.width / vit.blocks.heads, "patch_size": vit.patch,
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
            "width": text.blocks.width, "heads": text.blocks.heads, "layers": text.blocks.layers,
        });
        let model = json!({
            "embed_dim": self.embedding, "quick_gelu": true, "vision_cfg": vision,
            "text_cfg": text,
        });
        json!({ "model_cfg": model }).to_string().into_bytes()
    }
}

fn vision(
    section: &VisionSection,
    quick_gelu: bool,
) -> Result<ImageTowerConfig, serde_json::Error> {
    if let Some(name) = &section.timm_model_name {
        let vit = VisionTransformerConfig::from_timm(name);
        let vit = vit.ok_or_else(|| unknown("timm_model_name", name))?;
        // timm would make another tower of the name than the one that the name says.
        let pool = match vit.pooling {
            ImagePooling::GlobalMean => "avg",
            _ => "map",
        };
        for (setting, value, default, known) in [
            ("timm_pool", &section.timm_pool, "avg", pool),
            ("timm_proj", &section.timm_proj, "linear", "none"),
        ] {
            let value = value.as_deref().unwrap_or(default);
            if value != known {
                return Err(unknown(setting, value));
            }
        }
        return Ok(ImageTowerConfig::VisionTransformer(vit));
    }
    let (width, head_width) = (section.width, section.head_width.max(1));
    let layers = match section.layers {
        Layers::Transformer(layers) => layers,
        Layers::Stages(layers) => {
            return Ok(ImageTowerConfig::ModifiedResNet {
                width,
                layers,
                heads: width.saturating_mul(32) / head_width,
            });
        }
    };
    let pool_type = section.pool_type.as_deref().unwrap_or("tok");
    let pooling = match (&section.attentional_pool, pool_type) {
        (AttentionalPool::Name(name), _) => return Err(unknown("attentional_pool", name)),
        (AttentionalPool::Flag(true), "tok") => ImagePooling::Query {
            queries: section.attn_pooler_queries,
            heads: section.attn_pooler_heads,
        },
        (AttentionalPool::Flag(false), "tok") => ImagePooling::ClassToken,
        (AttentionalPool::Flag(false), "avg") if section.final_ln_after_pool => {
            ImagePooling::MeanThenNorm
        }
        (AttentionalPool::Flag(false), "avg") => ImagePooling::NormThenMean,
        (AttentionalPool::Flag(_), other) => return Err(unknown("pool_type", other)),
    };
    Ok(ImageTowerConfig::VisionTransformer(
        VisionTransformerConfig {
            patch: section.patch_size.unwrap_or(0),
            blocks: BlockConfig {
                width,
                heads: width / head_width,
                layers,
                hidden: scaled(width, section.mlp_ratio),
                activation: activation(quick_gelu, section.act_kwargs.as_ref())?,
                layer_norm_eps: epsilon(section.norm_kwargs.as_ref()),
                layer_scale: section.ls_init_value,
                ..CLIP_BLOCKS
            },
            norm_in: !section.no_ln_pre,
            pooling,
        },
    ))
}

fn text(
    section: &TextSection,
    quick_gelu: bool,
    tokenizer: Option<&[u8]>,
) -> Result<TextConfig, serde_json::Error> {
    let projection = match (section.proj_type.as_deref(), section.proj_bias) {
        (None | Some("linear"), false) => TextProjection::Matrix,
        (None | Some("linear"), true) => TextProjection::Linear,
        (Some("none"), _) => TextProjection::None,
        (Some(other), _) => return Err(unknown("proj_type", other)),
    };
    let pooling = match section.pool_type.as_deref() {
        None | Some("argmax") => TextPooling::HighestId,
        Some("first") => TextPooling::First,
        Some("last") => TextPooling::Last,
        Some("eos") => TextPooling::EndOfText(section.eos_id),
        Some(other) => return Err(unknown("pool_type", other)),
    };
    // Hugging Face's tokenizers make letters lower case by themselves where the model was trained
    // so.
    let is_foreign = section.hf_tokenizer_name.is_some();
    let settings = section.tokenizer_kwargs.as_ref();
    let cleaning = match settings.and_then(|settings| settings.clean.as_deref()) {
        None if is_foreign => Cleaning::WhiteSpace,
        None | Some("lower") => Cleaning::LowerCase,
        Some("whitespace") => Cleaning::WhiteSpace,
        Some("canonicalize") => Cleaning::NoPunctuation,
        Some(other) => return Err(unknown("clean", other)),
    };
    let strips = settings.is_some_and(|settings| settings.strip_sep_token);
    Ok(TextConfig {
        architecture: TextArchitecture::Clip,
        context_length: section.context_length,
        vocabulary: section.vocab_size,
        blocks: BlockConfig {
            width: section.width,
            heads: section.heads,
            layers: section.layers,
            hidden: scaled(section.width, section.mlp_ratio),
            activation: activation(quick_gelu, section.act_kwargs.as_ref())?,
            layer_norm_eps: epsilon(section.norm_kwargs.as_ref()),
            layer_scale: section.ls_init_value,
            is_causal: !section.no_causal_mask,
            ..CLIP_BLOCKS
        },
        pooling,
        cleaning,
        padding: match tokenizer {
            Some(_) if is_foreign => padding_token(tokenizer)?,
            _ => None,
        },
        blanked: strips.then(|| BERT_SEPARATOR.into()),
        projection,
    })
}

fn activation(
    quick_gelu: bool,
    settings: Option<&ActivationSettings>,
) -> Result<Activation, serde_json::Error> {
    let approximate = settings.and_then(|settings| settings.approximate.as_deref());
    match (quick_gelu, approximate) {
        (true, None) => Ok(Activation::QuickGelu),
        (false, None | Some("none")) => Ok(Activation::Gelu),
        (false, Some("tanh")) => Ok(Activation::GeluTanh),
        (_, Some(other)) => Err(unknown("approximate", other)),
    }
}

fn epsilon(settings: Option<&NormSettings>) -> f64 {
    let eps = settings.and_then(|settings| settings.eps);
    eps.unwrap_or(LAYER_NORM_EPS)
}

/// A text tower from Hugging Face: its name is all that the file says, its sizes are in the
/// weights (see `fill_from_weights`).
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
        blocks: BlockConfig {
            activation: Activation::Gelu,
            norm_place: NormPlace::AfterSum,
            ..CLIP_BLOCKS
        },
        pooling: TextPooling::Mean,
        cleaning: Cleaning::WhiteSpace,
        padding: Some("<pad>".into()),
        ..TextConfig::clip()
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
