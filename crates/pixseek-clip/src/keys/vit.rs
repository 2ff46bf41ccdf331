//! The keys of a Vision Transformer in OpenCLIP's and Hugging Face's form.

use super::rows::{
    TRANSFORMER_IN, TRANSFORMER_NORM, TRANSFORMER_NORM_IN, TRANSFORMER_POSITIONS,
    TRANSFORMER_PROJECTION,
};
use super::{Blocks, Layout, Naming, Table};
use crate::{ImagePooling, VisionTransformerConfig};

impl Table {
    pub(super) fn vit(&mut self, vit: &VisionTransformerConfig, image_size: usize) {
        self.width = vit.blocks.width;
        self.hidden = vit.blocks.hidden;
        self.positions = vit.tokens(image_size);
        let patches = match self.naming {
            Naming::HuggingFace => "vision_model.embeddings.patch_embedding",
            _ => "visual.conv1",
        };
        let shape = [vit.blocks.width, 3, vit.patch, vit.patch];
        let key = format!("{patches}.weight");
        self.one("image.patches", &key, &shape, Layout::Stored);
        if !vit.has_class_token() {
            let key = format!("{patches}.bias");
            self.one(
                "image.patches.bias",
                &key,
                &[vit.blocks.width],
                Layout::Stored,
            );
        }
        self.rows("", TRANSFORMER_POSITIONS);
        if vit.has_class_token() {
            self.rows("", TRANSFORMER_IN);
        }
        if vit.norm_in {
            self.rows("", TRANSFORMER_NORM_IN);
        }
        let blocks = Blocks {
            layers: vit.blocks.layers,
            is_scaled: vit.blocks.layer_scale.is_some(),
        };
        self.blocks(&blocks, "image", "visual.transformer", "vision_model");
        match vit.pooling {
            ImagePooling::ClassToken | ImagePooling::NormThenMean | ImagePooling::MeanThenNorm => {
                self.rows("", TRANSFORMER_NORM);
                self.rows("", TRANSFORMER_PROJECTION);
            }
            ImagePooling::Query { queries, .. } => {
                self.query_pooling(queries);
                // The norm after it is as wide as the space, and so is the projection's input.
                self.width = self.embedding;
                self.rows("", TRANSFORMER_NORM);
                self.rows("", TRANSFORMER_PROJECTION);
            }
            ImagePooling::GlobalMean => self.rows("", TRANSFORMER_NORM),
            ImagePooling::AttentionHead => {
                self.rows("", TRANSFORMER_NORM);
                self.attention_head();
            }
        }
    }

    /// SigLIP's attention pooling in Hugging Face's form.
    fn attention_head(&mut self) {
        let (width, hidden) = (self.width, self.hidden);
        let key = |name: &str| format!("vision_model.head.{name}");
        let probe = key("probe");
        self.one("image.pool.query", &probe, &[1, 1, width], Layout::Stored);
        self.one(
            "image.pool.attention.in.weight",
            &key("attention.in_proj_weight"),
            &[3 * width, width],
            Layout::Transposed,
        );
        self.one(
            "image.pool.attention.in.bias",
            &key("attention.in_proj_bias"),
            &[3 * width],
            Layout::Stored,
        );
        for (name, theirs, shape) in [
            ("attention.out", "attention.out_proj", &[width, width][..]),
            ("norm", "layernorm", &[width]),
            ("expand", "mlp.fc1", &[hidden, width]),
            ("contract", "mlp.fc2", &[width, hidden]),
        ] {
            self.layer(&format!("image.pool.{name}"), &key(theirs), shape);
        }
    }

    /// OpenCLIP's `AttentionalPooler`: PyTorch's multi-head attention from the space's width to
    /// the tower's, which has one matrix where both are equal and three where they are not.
    fn query_pooling(&mut self, queries: usize) {
        let (width, embedding) = (self.width, self.embedding);
        let key = |name: &str| format!("visual.attn_pool.{name}");
        self.one(
            "image.pool.query",
            &key("query"),
            &[queries, embedding],
            Layout::Stored,
        );
        self.layer("image.pool.norm_query", &key("ln_q"), &[embedding]);
        self.layer("image.pool.norm_tokens", &key("ln_k"), &[width]);
        if width == embedding {
            self.one(
                "image.pool.attention.in.weight",
                &key("attn.in_proj_weight"),
                &[3 * width, width],
                Layout::Transposed,
            );
        } else {
            for (name, letter, inputs) in [
                ("query", 'q', embedding),
                ("key", 'k', width),
                ("value", 'v', width),
            ] {
                self.one(
                    &format!("image.pool.attention.{name}.weight"),
                    &key(&format!("attn.{letter}_proj_weight")),
                    &[embedding, inputs],
                    Layout::Transposed,
                );
            }
        }
        self.one(
            "image.pool.attention.in.bias",
            &key("attn.in_proj_bias"),
            &[3 * embedding],
            Layout::Stored,
        );
        let key = key("attn.out_proj");
        self.layer("image.pool.attention.out", &key, &[embedding, embedding]);
    }
}
