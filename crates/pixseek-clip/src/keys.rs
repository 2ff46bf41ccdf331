//! Where each parameter lies in a weight file: one ordered table per naming.
//!
//! A parameter has one name here (`text.blocks.0.attention.in.weight`) and one or more
//! keys in the file. [`table`] lists all parameters of a configuration in the order
//! of the forward pass; checking a file against it finds every missing, left-over or
//! misshapen key before a single weight is read.

use crate::{ClipConfig, ImagePooling, ImageTowerConfig};

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
        } else if has_key("text.token_embedding.weight") {
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
            _ => key.ends_with(".num_batches_tracked") || key == "attn_mask",
        }
    }
}

const OPENAI_SIZES: [&str; 3] = ["input_resolution", "context_length", "vocab_size"];

/// A length of a shape, in the tower's own sizes.
#[derive(Clone, Copy)]
enum Axis {
    Width,
    ThreeWidths,
    Hidden,
    Embedding,
    Vocabulary,
    Positions,
}

/// Parameter, OpenCLIP's key, Hugging Face's keys, shape in the file.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [Axis],
);

use Axis::{Embedding, Hidden, Positions, ThreeWidths, Vocabulary, Width};

const TEXT_IN: &[Row] = &[
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

const BLOCK: &[Row] = &[
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

const TEXT_NORM: &[Row] = &[
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

const TEXT_PROJECTION: &[Row] = &[(
    "text.projection.weight",
    "text_projection",
    &["text_projection.weight"],
    &[Width, Embedding],
)];

/// SigLIP's, a linear layer.
const TEXT_HEAD: &[Row] = &[
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

const TRANSFORMER_IN: &[Row] = &[
    (
        "image.class",
        "visual.class_embedding",
        &["vision_model.embeddings.class_embedding"],
        &[Width],
    ),
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

const TRANSFORMER_POSITIONS: &[Row] = &[(
    "image.positions",
    "visual.positional_embedding",
    &["vision_model.embeddings.position_embedding.weight"],
    &[Positions, Width],
)];

const TRANSFORMER_NORM: &[Row] = &[
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

const TRANSFORMER_PROJECTION: &[Row] = &[(
    "image.projection.weight",
    "visual.proj",
    &["visual_projection.weight"],
    &[Width, Embedding],
)];

/// SigLIP's attention pooling.
const POOLING: &[Row] = &[
    (
        "image.pool.attention.in.weight",
        "visual.head.attention.in_proj_weight",
        &["vision_model.head.attention.in_proj_weight"],
        &[ThreeWidths, Width],
    ),
    (
        "image.pool.attention.in.bias",
        "visual.head.attention.in_proj_bias",
        &["vision_model.head.attention.in_proj_bias"],
        &[ThreeWidths],
    ),
    (
        "image.pool.attention.out.weight",
        "visual.head.attention.out_proj.weight",
        &["vision_model.head.attention.out_proj.weight"],
        &[Width, Width],
    ),
    (
        "image.pool.attention.out.bias",
        "visual.head.attention.out_proj.bias",
        &["vision_model.head.attention.out_proj.bias"],
        &[Width],
    ),
    (
        "image.pool.norm.weight",
        "visual.head.layernorm.weight",
        &["vision_model.head.layernorm.weight"],
        &[Width],
    ),
    (
        "image.pool.norm.bias",
        "visual.head.layernorm.bias",
        &["vision_model.head.layernorm.bias"],
        &[Width],
    ),
    (
        "image.pool.expand.weight",
        "visual.head.mlp.fc1.weight",
        &["vision_model.head.mlp.fc1.weight"],
        &[Hidden, Width],
    ),
    (
        "image.pool.expand.bias",
        "visual.head.mlp.fc1.bias",
        &["vision_model.head.mlp.fc1.bias"],
        &[Hidden],
    ),
    (
        "image.pool.contract.weight",
        "visual.head.mlp.fc2.weight",
        &["vision_model.head.mlp.fc2.weight"],
        &[Width, Hidden],
    ),
    (
        "image.pool.contract.bias",
        "visual.head.mlp.fc2.bias",
        &["vision_model.head.mlp.fc2.bias"],
        &[Width],
    ),
];

/// The key table of `config` in `naming`, in the order of the forward pass.
pub(crate) fn table(naming: Naming, config: &ClipConfig) -> Vec<Entry> {
    if naming == Naming::Own {
        let own = |mut entry: Entry| {
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
    let text_prefix = match naming {
        Naming::OpenClipCustomText => "text.",
        _ => "",
    };
    table.rows(text_prefix, TEXT_IN);
    table.blocks(
        text.layers,
        "text",
        &format!("{text_prefix}transformer"),
        "text_model",
    );
    table.rows(text_prefix, TEXT_NORM);
    table.rows(
        text_prefix,
        if text.projection_bias {
            TEXT_HEAD
        } else {
            TEXT_PROJECTION
        },
    );
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
            Width => self.width,
            ThreeWidths => 3 * self.width,
            Hidden => self.hidden,
            Embedding => self.embedding,
            Vocabulary => self.vocabulary,
            Positions => self.positions,
        }
    }

    /// The modified ResNet, which only OpenCLIP and OpenAI publish, with the same keys.
    fn resnet(&mut self, width: usize, layers: [usize; 4], image_size: usize) {
        let half = width / 2;
        self.convolution("stem.0", ["conv1", "bn1"], [half, 3, 3]);
        self.convolution("stem.1", ["conv2", "bn2"], [half, half, 3]);
        self.convolution("stem.2", ["conv3", "bn3"], [width, half, 3]);
        let mut inputs = width;
        for (stage, blocks) in layers.into_iter().enumerate() {
            let planes = width << stage;
            for block in 0..blocks {
                let parameter = format!("stages.{stage}.{block}");
                let key = format!("layer{}.{block}", stage + 1);
                let part = |name: &str| format!("{key}.{name}");
                for (index, shape) in [
                    [planes, inputs, 1],
                    [planes, planes, 3],
                    [4 * planes, planes, 1],
                ]
                .into_iter()
                .enumerate()
                {
                    let keys = [
                        part(&format!("conv{}", index + 1)),
                        part(&format!("bn{}", index + 1)),
                    ];
                    let name = format!("{parameter}.convolutions.{index}");
                    self.convolution(&name, [&keys[0], &keys[1]], shape);
                }
                if block == 0 {
                    let keys = [part("downsample.0"), part("downsample.1")];
                    let name = format!("{parameter}.shortcut");
                    self.convolution(&name, [&keys[0], &keys[1]], [4 * planes, inputs, 1]);
                }
                inputs = 4 * planes;
            }
        }
        let positions = (image_size / 32).pow(2) + 1;
        self.one(
            "image.pool.positions",
            "visual.attnpool.positional_embedding",
            &[positions, inputs],
            Layout::Stored,
        );
        for (name, key, outputs) in [
            ("query", "q_proj", inputs),
            ("key", "k_proj", inputs),
            ("value", "v_proj", inputs),
            ("out", "c_proj", self.embedding),
        ] {
            let parameter = format!("image.pool.{name}");
            let key = format!("visual.attnpool.{key}");
            self.one(
                &format!("{parameter}.weight"),
                &format!("{key}.weight"),
                &[outputs, inputs],
                Layout::Transposed,
            );
            self.one(
                &format!("{parameter}.bias"),
                &format!("{key}.bias"),
                &[outputs],
                Layout::Stored,
            );
        }
    }

    /// A convolution without bias and the batch norm after it.
    fn convolution(
        &mut self,
        parameter: &str,
        [convolution, norm]: [&str; 2],
        [outputs, inputs, side]: [usize; 3],
    ) {
        self.one(
            &format!("image.{parameter}.weight"),
            &format!("visual.{convolution}.weight"),
            &[outputs, inputs, side, side],
            Layout::Stored,
        );
        for (name, key) in [
            ("norm.weight", "weight"),
            ("norm.bias", "bias"),
            ("norm.mean", "running_mean"),
            ("norm.variance", "running_var"),
        ] {
            self.one(
                &format!("image.{parameter}.{name}"),
                &format!("visual.{norm}.{key}"),
                &[outputs],
                Layout::Stored,
            );
        }
    }
}
