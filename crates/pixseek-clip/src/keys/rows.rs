//! The rows of the key table that transformers share, in the order of the forward pass.

/// A length of a shape, in the tower's own sizes.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    Width,
    ThreeWidths,
    Hidden,
    Embedding,
    Vocabulary,
    Positions,
}

/// Parameter, OpenCLIP's key, Hugging Face's keys, shape in the file.
pub(super) type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [Axis],
);

use Axis::{Embedding, Hidden, Positions, ThreeWidths, Vocabulary, Width};

pub(super) const TEXT_IN: &[Row] = &[
    (
        "text.tokens",
        "token_embedding.weight",
        &["text_model.embeddings.token_embedding.weight"],
        &[Vocabulary, Width],
    ),
    (
        "text.positions",
        "positional_embedding",
        &["text_model.embeddings.position_embedding.weight"],
        &[Positions, Width],
    ),
];

pub(super) const BLOCK: &[Row] = &[
    (
        "norm_1.weight",
        "ln_1.weight",
        &["layer_norm1.weight"],
        &[Width],
    ),
    ("norm_1.bias", "ln_1.bias", &["layer_norm1.bias"], &[Width]),
    (
        "attention.in.weight",
        "attn.in_proj_weight",
        &[
            "self_attn.q_proj.weight",
            "self_attn.k_proj.weight",
            "self_attn.v_proj.weight",
        ],
        &[ThreeWidths, Width],
    ),
    (
        "attention.in.bias",
        "attn.in_proj_bias",
        &[
            "self_attn.q_proj.bias",
            "self_attn.k_proj.bias",
            "self_attn.v_proj.bias",
        ],
        &[ThreeWidths],
    ),
    (
        "attention.out.weight",
        "attn.out_proj.weight",
        &["self_attn.out_proj.weight"],
        &[Width, Width],
    ),
    (
        "attention.out.bias",
        "attn.out_proj.bias",
        &["self_attn.out_proj.bias"],
        &[Width],
    ),
    (
        "norm_2.weight",
        "ln_2.weight",
        &["layer_norm2.weight"],
        &[Width],
    ),
    ("norm_2.bias", "ln_2.bias", &["layer_norm2.bias"], &[Width]),
    (
        "expand.weight",
        "mlp.c_fc.weight",
        &["mlp.fc1.weight"],
        &[Hidden, Width],
    ),
    ("expand.bias", "mlp.c_fc.bias", &["mlp.fc1.bias"], &[Hidden]),
    (
        "contract.weight",
        "mlp.c_proj.weight",
        &["mlp.fc2.weight"],
        &[Width, Hidden],
    ),
    (
        "contract.bias",
        "mlp.c_proj.bias",
        &["mlp.fc2.bias"],
        &[Width],
    ),
];

pub(super) const TEXT_NORM: &[Row] = &[
    (
        "text.norm.weight",
        "ln_final.weight",
        &["text_model.final_layer_norm.weight"],
        &[Width],
    ),
    (
        "text.norm.bias",
        "ln_final.bias",
        &["text_model.final_layer_norm.bias"],
        &[Width],
    ),
];

pub(super) const TEXT_PROJECTION: &[Row] = &[(
    "text.projection.weight",
    "text_projection",
    &["text_projection.weight"],
    &[Width, Embedding],
)];

/// SigLIP's, a linear layer.
pub(super) const TEXT_HEAD: &[Row] = &[
    (
        "text.projection.weight",
        "text_projection.weight",
        &["text_model.head.weight"],
        &[Width, Embedding],
    ),
    (
        "text.projection.bias",
        "text_projection.bias",
        &["text_model.head.bias"],
        &[Embedding],
    ),
];

pub(super) const TRANSFORMER_IN: &[Row] = &[(
    "image.class",
    "visual.class_embedding",
    &["vision_model.embeddings.class_embedding"],
    &[Width],
)];

pub(super) const TRANSFORMER_NORM_IN: &[Row] = &[
    (
        "image.norm_in.weight",
        "visual.ln_pre.weight",
        &["vision_model.pre_layrnorm.weight"],
        &[Width],
    ),
    (
        "image.norm_in.bias",
        "visual.ln_pre.bias",
        &["vision_model.pre_layrnorm.bias"],
        &[Width],
    ),
];

pub(super) const TRANSFORMER_POSITIONS: &[Row] = &[(
    "image.positions",
    "visual.positional_embedding",
    &["vision_model.embeddings.position_embedding.weight"],
    &[Positions, Width],
)];

pub(super) const TRANSFORMER_NORM: &[Row] = &[
    (
        "image.norm_out.weight",
        "visual.ln_post.weight",
        &["vision_model.post_layernorm.weight"],
        &[Width],
    ),
    (
        "image.norm_out.bias",
        "visual.ln_post.bias",
        &["vision_model.post_layernorm.bias"],
        &[Width],
    ),
];

pub(super) const TRANSFORMER_PROJECTION: &[Row] = &[(
    "image.projection.weight",
    "visual.proj",
    &["visual_projection.weight"],
    &[Width, Embedding],
)];
