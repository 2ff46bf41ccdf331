//! The fields of `open_clip_config.json`. A field that is not here is an error which names it; a
//! field whose name begins with an underscore is read and dropped.

use crate::Preprocess;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) model_cfg: ModelSection,
    #[serde(default)]
    pub(super) preprocess_cfg: PreprocessSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelSection {
    pub(super) embed_dim: usize,
    #[serde(default)]
    pub(super) quick_gelu: bool,
    pub(super) vision_cfg: VisionSection,
    pub(super) text_cfg: TextSection,
    #[serde(default)]
    pub(super) init_logit_bias: Option<f64>,
    #[serde(default, rename = "init_logit_scale")]
    _init_logit_scale: IgnoredAny,
    #[serde(default, rename = "custom_text")]
    _custom_text: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Layers {
    Transformer(usize),
    Stages([usize; 4]),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisionSection {
    #[serde(default = "default_image_size")]
    pub(super) image_size: usize,
    #[serde(default = "default_vision_layers")]
    pub(super) layers: Layers,
    #[serde(default = "default_vision_width")]
    pub(super) width: usize,
    #[serde(default = "default_head_width")]
    pub(super) head_width: usize,
    #[serde(default = "default_mlp_ratio")]
    pub(super) mlp_ratio: f64,
    #[serde(default = "default_patch")]
    pub(super) patch_size: Option<usize>,
    #[serde(default)]
    pub(super) ls_init_value: Option<f64>,
    #[serde(default)]
    pub(super) no_ln_pre: bool,
    #[serde(default)]
    pub(super) final_ln_after_pool: bool,
    #[serde(default)]
    pub(super) pool_type: Option<String>,
    #[serde(default)]
    pub(super) attentional_pool: AttentionalPool,
    #[serde(default = "default_pooler_queries")]
    pub(super) attn_pooler_queries: usize,
    #[serde(default = "default_pooler_heads")]
    pub(super) attn_pooler_heads: usize,
    #[serde(default)]
    pub(super) act_kwargs: Option<ActivationSettings>,
    #[serde(default)]
    pub(super) norm_kwargs: Option<NormSettings>,
    #[serde(default)]
    pub(super) timm_model_name: Option<String>,
    #[serde(default)]
    pub(super) timm_pool: Option<String>,
    #[serde(default)]
    pub(super) timm_proj: Option<String>,
    // Training only, or a choice between ways to the same numbers. Sines and cosines as positions
    // lie in the weights like learned ones.
    #[serde(default, rename = "patch_dropout")]
    _patch_dropout: IgnoredAny,
    #[serde(default, rename = "pos_embed_type")]
    _pos_embed_type: IgnoredAny,
    #[serde(default, rename = "output_tokens")]
    _output_tokens: IgnoredAny,
    #[serde(default, rename = "timm_model_pretrained")]
    _timm_model_pretrained: IgnoredAny,
    #[serde(default, rename = "timm_drop")]
    _timm_drop: IgnoredAny,
    #[serde(default, rename = "timm_drop_path")]
    _timm_drop_path: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextSection {
    #[serde(default = "default_context_length")]
    pub(super) context_length: usize,
    #[serde(default = "default_vocabulary")]
    pub(super) vocab_size: usize,
    #[serde(default = "default_text_width")]
    pub(super) width: usize,
    #[serde(default = "default_text_heads")]
    pub(super) heads: usize,
    #[serde(default = "default_text_layers")]
    pub(super) layers: usize,
    #[serde(default = "default_mlp_ratio")]
    pub(super) mlp_ratio: f64,
    #[serde(default)]
    pub(super) ls_init_value: Option<f64>,
    #[serde(default)]
    pub(super) no_causal_mask: bool,
    #[serde(default)]
    pub(super) pool_type: Option<String>,
    #[serde(default = "default_end_of_text")]
    pub(super) eos_id: u32,
    #[serde(default)]
    pub(super) proj_bias: bool,
    #[serde(default)]
    pub(super) proj_type: Option<String>,
    #[serde(default)]
    pub(super) act_kwargs: Option<ActivationSettings>,
    #[serde(default)]
    pub(super) norm_kwargs: Option<NormSettings>,
    #[serde(default)]
    pub(super) hf_tokenizer_name: Option<String>,
    #[serde(default)]
    pub(super) tokenizer_kwargs: Option<TokenizerSettings>,
    #[serde(default)]
    pub(super) hf_model_name: Option<String>,
    #[serde(default)]
    pub(super) hf_pooler_type: Option<String>,
    #[serde(default)]
    pub(super) hf_proj_type: Option<String>,
    #[serde(default, rename = "hf_model_pretrained")]
    _hf_model_pretrained: IgnoredAny,
    // The order of layer norm and pooling does not matter where one token is taken.
    #[serde(default, rename = "final_ln_after_pool")]
    _final_ln_after_pool: IgnoredAny,
    #[serde(default, rename = "output_tokens")]
    _output_tokens: IgnoredAny,
}

/// `attentional_pool`: a flag, or the name of a variant that OpenCLIP calls untested.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum AttentionalPool {
    Flag(bool),
    Name(String),
}

impl Default for AttentionalPool {
    fn default() -> Self {
        Self::Flag(false)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActivationSettings {
    #[serde(default)]
    pub(super) approximate: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NormSettings {
    #[serde(default)]
    pub(super) eps: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenizerSettings {
    #[serde(default)]
    pub(super) clean: Option<String>,
    #[serde(default)]
    pub(super) strip_sep_token: bool,
}

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct PreprocessSection {
    pub(super) mean: [f32; 3],
    pub(super) std: [f32; 3],
    pub(super) interpolation: String,
    pub(super) resize_mode: String,
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
fn default_pooler_queries() -> usize {
    256
}
fn default_pooler_heads() -> usize {
    8
}
fn default_end_of_text() -> u32 {
    2
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
