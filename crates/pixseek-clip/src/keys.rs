//! Where each parameter lies in a weight file: one ordered table per naming.
//!
//! A parameter has one name here (`text.blocks.0.attention.in.weight`) and one or more
//! keys in the file. [`table`] lists all parameters of a configuration in the order
//! of the forward pass; checking a file against it finds every missing, left-over or
//! misshapen key before a single weight is read.

mod resnet;
mod roberta;
mod rows;
mod timm;
mod vit;

use crate::{ClipConfig, ImageTowerConfig, TextArchitecture, TextConfig, TextProjection};
use rows::{Axis, BLOCK, Row, TEXT_HEAD, TEXT_IN, TEXT_NORM, TEXT_PROJECTION};

/// Whose names the keys of a weight file are.
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
    /// pixseek's converted files: parameters by their names and in their layout here, the text tower
    /// first.
    Pixseek,
}

/// The layout of a tensor in the file, compared with the layout of use.
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
    /// Keys in the file, whose values are joined along the first axis when there are several.
    pub keys: Vec<Key>,
    /// Shape of all keys' values together, in the file's layout.
    pub shape: Vec<usize>,
    /// How the file's tensor becomes the parameter.
    pub layout: Layout,
}

/// One tensor of a weight file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    /// Its name in the file.
    pub name: String,
    /// Its shape in the file.
    pub shape: Vec<usize>,
}

impl Entry {
    /// A parameter whose keys all have the shape `each`.
    pub(crate) fn new(
        parameter: String,
        names: Vec<String>,
        each: &[usize],
        layout: Layout,
    ) -> Self {
        let mut shape = each.to_vec();
        if let Some(rows) = shape.first_mut() {
            *rows *= names.len();
        }
        let keys = names.into_iter().map(|name| Key {
            name,
            shape: each.into(),
        });
        Self {
            parameter,
            keys: keys.collect(),
            shape,
            layout,
        }
    }
}

impl Naming {
    /// Recognises the naming by one key that only it has.
    pub(crate) fn of(has_key: impl Fn(&str) -> bool) -> Self {
        if has_key("text.tokens") {
            Self::Pixseek
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
            // A pooling layer that mean pooling does not use, and counters that are no weights.
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
    if naming == Naming::Pixseek {
        let converted = |mut entry: Entry| {
            if entry.layout == Layout::Transposed {
                entry.shape.reverse();
            }
            let name = entry.parameter.clone();
            Entry::new(entry.parameter, vec![name], &entry.shape, Layout::Stored)
        };
        let open_clip = table(Naming::OpenClip, config);
        return open_clip.into_iter().map(converted).collect();
    }
    let text = &config.text;
    let mut table = Table {
        naming,
        entries: Vec::new(),
        width: text.blocks.width,
        hidden: text.blocks.hidden,
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
        ImageTowerConfig::VisionTransformer(vit) => {
            // OpenCLIP's own towers always have a class token; SigLIP's come from timm.
            if naming != Naming::HuggingFace && !vit.has_class_token() {
                table.timm(&vit, config.vision.image_size);
            } else {
                table.vit(&vit, config.vision.image_size);
            }
        }
        ImageTowerConfig::ModifiedResNet { width, layers, .. } => {
            table.resnet(width, layers, config.vision.image_size);
        }
    }
    table.entries
}

/// A tower's residual blocks.
struct Blocks {
    layers: usize,
    /// Whether LayerScale's vectors are there.
    is_scaled: bool,
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
            &Blocks {
                layers: text.blocks.layers,
                is_scaled: text.blocks.layer_scale.is_some(),
            },
            "text",
            &format!("{text_prefix}transformer"),
            "text_model",
        );
        self.rows(text_prefix, TEXT_NORM);
        match text.projection {
            TextProjection::Matrix => self.rows(text_prefix, TEXT_PROJECTION),
            TextProjection::Linear => self.rows(text_prefix, TEXT_HEAD),
            TextProjection::None => {}
        }
    }

    fn one(&mut self, parameter: &str, key: &str, shape: &[usize], layout: Layout) {
        let entry = Entry::new(parameter.into(), vec![key.into()], shape, layout);
        self.entries.push(entry);
    }

    /// A linear layer or a layer norm: `weight` and `bias` under the same names as here.
    fn layer(&mut self, parameter: &str, key: &str, shape: &[usize]) {
        let layout = match shape {
            [_, _] => Layout::Transposed,
            _ => Layout::Stored,
        };
        let name = |of: &str, part: &str| format!("{of}.{part}");
        self.one(
            &name(parameter, "weight"),
            &name(key, "weight"),
            shape,
            layout,
        );
        self.one(
            &name(parameter, "bias"),
            &name(key, "bias"),
            &shape[..1],
            Layout::Stored,
        );
    }

    fn rows(&mut self, open_clip_prefix: &str, rows: &[Row]) {
        for row in rows {
            self.row(row, "", open_clip_prefix, "");
        }
    }

    fn blocks(&mut self, blocks: &Blocks, tower: &str, open_clip: &str, hugging_face: &str) {
        for layer in 0..blocks.layers {
            let parameter = format!("{tower}.blocks.{layer}.");
            let open_clip = format!("{open_clip}.resblocks.{layer}.");
            let hugging_face = format!("{hugging_face}.encoder.layers.{layer}.");
            for row in BLOCK {
                self.row(row, &parameter, &open_clip, &hugging_face);
            }
            if blocks.is_scaled {
                for (name, key) in [("scale_1", "ls_1.gamma"), ("scale_2", "ls_2.gamma")] {
                    let (parameter, key) =
                        (format!("{parameter}{name}"), format!("{open_clip}{key}"));
                    self.one(&parameter, &key, &[self.width], Layout::Stored);
                }
            }
        }
    }

    fn row(&mut self, row: &Row, parameter: &str, open_clip: &str, hugging_face: &str) {
        let (name, key, hugging_face_keys, axes) = *row;
        let mut shape: Vec<usize> = axes.iter().map(|axis| self.length(*axis)).collect();
        // A projection is a bare matrix `[in, out]` in OpenCLIP, unless it has a bias, and a
        // linear layer, stored `[out, in]`, in Hugging Face; all other matrices are linear layers.
        let is_hugging_face = self.naming == Naming::HuggingFace;
        let is_projection = name.ends_with(".projection.weight");
        let is_bare = is_projection && !is_hugging_face && !key.ends_with(".weight");
        let is_table = matches!(name, "text.tokens" | "text.positions" | "image.positions");
        let is_linear = shape.len() == 2 && !is_table && !is_bare;
        if is_projection && is_linear {
            shape.reverse();
        }
        let keys: Vec<String> = if is_hugging_face {
            let keys = hugging_face_keys.iter();
            keys.map(|key| format!("{hugging_face}{key}")).collect()
        } else {
            vec![format!("{open_clip}{key}")]
        };
        if let Some(rows) = shape.first_mut() {
            *rows /= keys.len();
        }
        let layout = if is_linear {
            Layout::Transposed
        } else {
            Layout::Stored
        };
        let entry = Entry::new(format!("{parameter}{name}"), keys, &shape, layout);
        self.entries.push(entry);
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
