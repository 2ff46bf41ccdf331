//! Where each parameter lies in a weight file: one ordered table per naming.
//!
//! A parameter has one name here (`text.blocks.0.attention.in.weight`) and one or more
//! keys in the file. [`table`] lists all parameters of a configuration in the order
//! of the forward pass; checking a file against it finds every missing, left-over or
//! misshapen key before a single weight is read.

mod resnet;
mod roberta;
mod rows;

use crate::{ClipConfig, ImagePooling, ImageTowerConfig, TextArchitecture, TextConfig};
use rows::{
    Axis, BLOCK, POOLING, Row, TEXT_HEAD, TEXT_IN, TEXT_NORM, TEXT_PROJECTION, TRANSFORMER_IN,
    TRANSFORMER_NORM, TRANSFORMER_POSITIONS, TRANSFORMER_PROJECTION,
};

/// Who named the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// OpenCLIP's `CLIP`: `visual.transformer.resblocks.0.attn.in_proj_weight`.
    OpenClip,
    /// OpenCLIP's `CustomTextCLIP`: the same, text keys under `text.`.
    OpenClipCustomText,
    /// Hugging Face's `CLIPModel`: `vision_model.encoder.layers.0.self_attn.q_proj.weight`.
    HuggingFace,
    /// OpenAI's state dicts: OpenCLIP's keys and three sizes stored as tensors.
    OpenAi,
    /// This crate's own: parameters by their names and in their layout here, the text tower first.
    Own,
}

/// How a tensor lies in the file compared with how it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The same.
    Stored,
    /// `[out, in]` in the file, `[in, out]` in use.
    Transposed,
}

/// One parameter: its name here, and where its values are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Name in this crate.
    pub parameter: String,
    /// Keys in the file, joined along the first axis when there are several.
    pub keys: Vec<String>,
    /// Shape of each key's tensor in the file.
    pub shape: Vec<usize>,
    /// How the file's tensor becomes the parameter.
    pub layout: Layout,
}

impl Entry {
    /// The shape in the file, all keys together.
    pub(crate) fn joined_shape(&self) -> Vec<usize> {
        let mut shape = self.shape.clone();
        if let Some(rows) = shape.first_mut() {
            *rows *= self.keys.len();
        }
        shape
    }
}

impl Naming {
    /// Recognises the naming by one key that only it has.
    pub(crate) fn of(has_key: impl Fn(&str) -> bool) -> Self {
        if has_key("text.tokens") {
            Self::Own
        } else if has_key("text_model.embeddings.token_embedding.weight") {
            Self::HuggingFace
        } else if has_key("text.token_embedding.weight") || has_key(ROBERTA_TOKENS) {
            Self::OpenClipCustomText
        } else if has_key("input_resolution") {
            Self::OpenAi
        } else {
            Self::OpenClip
        }
    }

    /// Whether a key holds nothing that a forward pass needs.
    pub(crate) fn ignores(self, key: &str) -> bool {
        match self {
            Self::HuggingFace => key.ends_with(".position_ids"),
            Self::OpenAi if OPENAI_SIZES.contains(&key) => true,
            // A pooling layer that mean pooling leaves alone, and counts that are no weights.
            _ => {
                key.ends_with(".num_batches_tracked")
                    || key == "attn_mask"
                    || key.starts_with("text.transformer.pooler.")
                    || key.starts_with("text.transformer.embeddings.") && key.ends_with("_ids")
            }
        }
    }
}

const ROBERTA_TOKENS: &str = "text.transformer.embeddings.word_embeddings.weight";

const OPENAI_SIZES: [&str; 3] = ["input_resolution", "context_length", "vocab_size"];

/// The key table of `config` in `naming`, in the order of the forward pass.
pub(crate) fn table(naming: Naming, config: &ClipConfig) -> Vec<Entry> {
    if naming == Naming::Own {
        let own = |mut entry: Entry| {
            entry.shape = entry.joined_shape();
            entry.keys = vec![entry.parameter.clone()];
            if entry.layout == Layout::Transposed {
                entry.shape.reverse();
                entry.layout = Layout::Stored;
            }
            entry
        };
        let open_clip = table(Naming::OpenClip, config);
        return open_clip.into_iter().map(own).collect();
    }
    let text = &config.text;
    let mut table = Table {
        naming,
        entries: Vec::new(),
        width: text.width,
        hidden: text.hidden,
        embedding: config.embedding,
        vocabulary: text.vocabulary,
        positions: text.context_length,
    };
    match text.architecture {
        TextArchitecture::Clip => table.clip_text(text),
        TextArchitecture::Roberta(roberta) => table.roberta(text, roberta),
    }
    table.one("logit_scale", "logit_scale", &[], Layout::Stored);
    if config.logit_bias {
        table.one("logit_bias", "logit_bias", &[], Layout::Stored);
    }

    match config.vision.tower {
        ImageTowerConfig::VisionTransformer {
            patch,
            width,
            layers,
            hidden,
            pooling,
            ..
        } => {
            let has_class = pooling == ImagePooling::ClassToken;
            table.width = width;
            table.hidden = hidden;
            table.positions = (config.vision.image_size / patch).pow(2) + usize::from(has_class);
            let patches = match naming {
                Naming::HuggingFace => "vision_model.embeddings.patch_embedding",
                _ => "visual.conv1",
            };
            let shape = [width, 3, patch, patch];
            let key = format!("{patches}.weight");
            table.one("image.patches", &key, &shape, Layout::Stored);
            if !has_class {
                let key = format!("{patches}.bias");
                table.one("image.patches.bias", &key, &[width], Layout::Stored);
            }
            table.rows("", TRANSFORMER_POSITIONS);
            if has_class {
                table.rows("", TRANSFORMER_IN);
            }
            table.blocks(layers, "image", "visual.transformer", "vision_model");
            table.rows("", TRANSFORMER_NORM);
            if has_class {
                table.rows("", TRANSFORMER_PROJECTION);
            } else {
                let key = "vision_model.head.probe";
                table.one("image.pool.query", key, &[1, 1, width], Layout::Stored);
                table.rows("", POOLING);
            }
        }
        ImageTowerConfig::ModifiedResNet { width, layers, .. } => {
            table.resnet(width, layers, config.vision.image_size);
        }
    }
    table.entries
}

struct Table {
    naming: Naming,
    entries: Vec<Entry>,
    width: usize,
    hidden: usize,
    embedding: usize,
    vocabulary: usize,
    positions: usize,
}

impl Table {
    fn clip_text(&mut self, text: &TextConfig) {
        let text_prefix = match self.naming {
            Naming::OpenClipCustomText => "text.",
            _ => "",
        };
        self.rows(text_prefix, TEXT_IN);
        self.blocks(
            text.layers,
            "text",
            &format!("{text_prefix}transformer"),
            "text_model",
        );
        self.rows(text_prefix, TEXT_NORM);
        self.rows(
            text_prefix,
            if text.projection_bias {
                TEXT_HEAD
            } else {
                TEXT_PROJECTION
            },
        );
    }

    fn one(&mut self, parameter: &str, key: &str, shape: &[usize], layout: Layout) {
        self.entries.push(Entry {
            parameter: parameter.into(),
            keys: vec![key.into()],
            shape: shape.into(),
            layout,
        });
    }

    fn rows(&mut self, open_clip_prefix: &str, rows: &[Row]) {
        for row in rows {
            self.row(row, "", open_clip_prefix, "");
        }
    }

    fn blocks(&mut self, layers: usize, tower: &str, open_clip: &str, hugging_face: &str) {
        for layer in 0..layers {
            let parameter = format!("{tower}.blocks.{layer}.");
            let open_clip = format!("{open_clip}.resblocks.{layer}.");
            let hugging_face = format!("{hugging_face}.encoder.layers.{layer}.");
            for row in BLOCK {
                self.row(row, &parameter, &open_clip, &hugging_face);
            }
        }
    }

    fn row(&mut self, row: &Row, parameter: &str, open_clip: &str, hugging_face: &str) {
        let (name, key, hugging_face_keys, axes) = *row;
        let mut shape: Vec<usize> = axes.iter().map(|axis| self.length(*axis)).collect();
        // A projection is a bare matrix `[in, out]` in OpenCLIP and a linear layer, stored
        // `[out, in]`, in Hugging Face; all other matrices are linear layers in both.
        let is_projection = name.ends_with(".projection.weight");
        let is_table = matches!(name, "text.tokens" | "text.positions" | "image.positions");
        let keys = match self.naming {
            Naming::HuggingFace => {
                if is_projection {
                    shape.reverse();
                }
                shape[..1].iter_mut().for_each(|rows| {
                    *rows /= hugging_face_keys.len();
                });
                hugging_face_keys
                    .iter()
                    .map(|key| format!("{hugging_face}{key}"))
                    .collect()
            }
            _ => vec![format!("{open_clip}{key}")],
        };
        let is_linear =
            shape.len() == 2 && !is_table && (!is_projection || self.naming == Naming::HuggingFace);
        self.entries.push(Entry {
            parameter: format!("{parameter}{name}"),
            keys,
            shape,
            layout: if is_linear {
                Layout::Transposed
            } else {
                Layout::Stored
            },
        });
    }

    fn length(&self, axis: Axis) -> usize {
        match axis {
            Axis::Width => self.width,
            Axis::ThreeWidths => 3 * self.width,
            Axis::Hidden => self.hidden,
            Axis::Embedding => self.embedding,
            Axis::Vocabulary => self.vocabulary,
            Axis::Positions => self.positions,
        }
    }
}
