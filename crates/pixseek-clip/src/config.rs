//! What a model is made of, in one form for every naming.
//!
//! Three forms are read: OpenCLIP's `open_clip_config.json`, Hugging Face's
//! `config.json` beside `preprocessor_config.json`, and none at all, for OpenAI's
//! state dicts, whose shapes say everything (see `openai.rs`). Settings that would
//! change the arithmetic and are not known here are refused by name: a model that
//! is silently computed differently is worse than one that does not load.

mod from_weights;
mod hugging_face;
mod open_clip;
mod timm;
mod tokenizer;

use crate::Preprocess;
pub use pixseek_kernels::{Activation, BlockConfig, ImagePooling, NormPlace};

/// How the numbers of a weight file are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightPrecision {
    /// f32.
    Full,
    /// f16.
    Half,
}

/// Which position of the text tower's output becomes the text's vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPooling {
    /// The position of the highest token id: end-of-text in CLIP's own vocabularies.
    HighestId,
    /// The first position: a class token in BERT's vocabularies.
    First,
    /// The first position of this token id.
    EndOfText(u32),
    /// The last position, padding or not: SigLIP's.
    Last,
    /// The mean over all tokens that are no padding.
    Mean,
}

/// How a text tower is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextArchitecture {
    /// CLIP's transformer, with the norms before the blocks.
    Clip,
    /// XLM-RoBERTa, in OpenCLIP's multilingual models.
    Roberta(RobertaConfig),
}

/// The sizes that an XLM-RoBERTa has and CLIP's tower does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RobertaConfig {
    /// The id that fills rows. The first token's position is this plus 1.
    pub padding: u32,
    /// Rows of the position table.
    pub positions: usize,
    /// Width between the projection's two layers.
    pub projection: usize,
}

/// How the pooled text reaches the shared space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextProjection {
    /// A bare matrix, stored as `[width, embedding]` in OpenCLIP's files: CLIP's.
    Matrix,
    /// A linear layer with a bias: SigLIP's.
    Linear,
    /// No projection: the tower is as wide as the space.
    None,
}

/// How a text is cleaned before it is split into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleaning {
    /// CLIP's: white space is made plain, letters are lower case.
    LowerCase,
    /// SigLIP's: that, and ASCII punctuation is taken out.
    NoPunctuation,
    /// Only white space is made plain: multilingual models know capitals.
    WhiteSpace,
}

/// The text tower.
#[derive(Debug, Clone, PartialEq)]
pub struct TextConfig {
    /// How it is built.
    pub architecture: TextArchitecture,
    /// Positions that the tower was trained with, in tokens.
    pub context_length: usize,
    /// Token ids, `0..vocabulary`.
    pub vocabulary: usize,
    /// Its residual blocks.
    pub blocks: BlockConfig,
    /// How the sequence becomes one vector.
    pub pooling: TextPooling,
    /// How a text is cleaned.
    pub cleaning: Cleaning,
    /// The token that fills a row after the text; `None` for the tokenizer's own.
    pub padding: Option<String>,
    /// A token whose id becomes 0 in every row: CLIPA's tower never saw BERT's `[SEP]`.
    pub blanked: Option<String>,
    /// How the pooled text reaches the shared space.
    pub projection: TextProjection,
}

/// The image tower.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionConfig {
    /// Side of the square input, in pixels.
    pub image_size: usize,
    /// The architecture and its sizes.
    pub tower: ImageTowerConfig,
}

/// The two image towers of the CLIP paper (Radford et al. 2021, section 2.4).
#[derive(Debug, Clone, PartialEq)]
pub enum ImageTowerConfig {
    /// Vision Transformer.
    VisionTransformer(VisionTransformerConfig),
    /// Modified ResNet: a three-convolution stem, blur pooling by averages, attention pooling.
    ModifiedResNet {
        /// Channels after the stem.
        width: usize,
        /// Bottleneck blocks of the four stages.
        layers: [usize; 4],
        /// Heads of the attention pooling; they divide `32 * width`.
        heads: usize,
    },
}

/// A Vision Transformer (Dosovitskiy et al. 2021) with what CLIP and its successors changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VisionTransformerConfig {
    /// Side of a square patch, in pixels. Pixels after the last whole patch are not seen.
    pub patch: usize,
    /// Its residual blocks.
    pub blocks: BlockConfig,
    /// Whether a layer norm stands before the blocks: CLIP's has one, most others do not.
    pub norm_in: bool,
    /// How the patches become one vector.
    pub pooling: ImagePooling,
}

/// `torch.nn.LayerNorm`'s default, which CLIP and OpenCLIP keep.
const LAYER_NORM_EPS: f64 = 1e-5;

/// CLIP's own blocks, without sizes. A size that stays 0 is refused.
const CLIP_BLOCKS: BlockConfig = BlockConfig {
    width: 0,
    heads: 0,
    layers: 0,
    hidden: 0,
    activation: Activation::QuickGelu,
    layer_norm_eps: LAYER_NORM_EPS,
    layer_scale: None,
    is_causal: false,
    norm_place: NormPlace::BeforeBranch,
};

impl TextConfig {
    /// CLIP's own tower, without sizes.
    pub(crate) fn clip() -> Self {
        Self {
            architecture: TextArchitecture::Clip,
            context_length: 0,
            vocabulary: 0,
            blocks: BlockConfig {
                is_causal: true,
                ..CLIP_BLOCKS
            },
            pooling: TextPooling::HighestId,
            cleaning: Cleaning::LowerCase,
            padding: None,
            blanked: None,
            projection: TextProjection::Matrix,
        }
    }
}

impl VisionTransformerConfig {
    /// CLIP's own tower, without sizes.
    pub(crate) fn clip() -> Self {
        Self {
            patch: 0,
            blocks: CLIP_BLOCKS,
            norm_in: true,
            pooling: ImagePooling::ClassToken,
        }
    }

    /// Whether a learned token stands before the patches. SigLIP's towers have none, and a bias
    /// in their patch embedding instead.
    #[must_use]
    pub fn has_class_token(&self) -> bool {
        match self.pooling {
            ImagePooling::ClassToken
            | ImagePooling::NormThenMean
            | ImagePooling::MeanThenNorm
            | ImagePooling::Query { .. } => true,
            ImagePooling::GlobalMean | ImagePooling::AttentionHead => false,
        }
    }

    /// Patches along a side of a picture of `image_size` pixels.
    #[must_use]
    pub fn grid(&self, image_size: usize) -> usize {
        image_size / self.patch.max(1)
    }

    /// Tokens of such a picture: its patches, and the class token if there is one.
    #[must_use]
    pub fn tokens(&self, image_size: usize) -> usize {
        self.grid(image_size).pow(2) + usize::from(self.has_class_token())
    }
}

/// A whole CLIP: two towers, one space, one way to make pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipConfig {
    /// Dimensions of the shared space.
    pub embedding: usize,
    /// The text tower.
    pub text: TextConfig,
    /// The image tower.
    pub vision: VisionConfig,
    /// Whether cosines have a learned bias beside their scale: SigLIP's do.
    pub logit_bias: bool,
    /// From an image to the image tower's input.
    pub preprocess: Preprocess,
}

/// Sizes beyond this are refused: ten times the largest published CLIP, and small
/// enough that no product of two of them overflows.
const LARGEST_SIZE: usize = 1 << 20;

/// Most layers of a tower. The largest published CLIP has 56; a table of parameter names is made
/// for every layer before the weights are looked at.
const MOST_LAYERS: usize = 1 << 10;

impl ClipConfig {
    /// Describes the first contradiction between the sizes, if there is one.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let text = &self.text;
        let mut sizes = vec![
            ("embedding", self.embedding),
            ("context length", text.context_length),
            ("vocabulary", text.vocabulary),
            ("text width", text.blocks.width),
            ("text heads", text.blocks.heads),
            ("text hidden width", text.blocks.hidden),
            ("image size", self.vision.image_size),
        ];
        let mut layers = vec![("text layers", text.blocks.layers)];
        if let TextArchitecture::Roberta(roberta) = text.architecture {
            sizes.push(("text positions", roberta.positions));
            sizes.push(("text projection width", roberta.projection));
            if roberta.padding as usize + 1 + text.context_length > roberta.positions {
                return Some(format!("context length is {}", text.context_length));
            }
        }
        let mut divisions = vec![(
            "text heads",
            text.blocks.heads,
            "text width",
            text.blocks.width,
        )];
        // Widths that have to be the embedding's, because no projection follows.
        let mut equal = Vec::new();
        if text.projection == TextProjection::None {
            equal.push(("text width", text.blocks.width));
        }
        match &self.vision.tower {
            ImageTowerConfig::VisionTransformer(vit) => {
                sizes.extend([
                    ("patch", vit.patch),
                    ("patches along a side", vit.grid(self.vision.image_size)),
                    ("image width", vit.blocks.width),
                    ("image heads", vit.blocks.heads),
                    ("image hidden width", vit.blocks.hidden),
                ]);
                layers.push(("image layers", vit.blocks.layers));
                divisions.push((
                    "image heads",
                    vit.blocks.heads,
                    "image width",
                    vit.blocks.width,
                ));
                match vit.pooling {
                    ImagePooling::GlobalMean | ImagePooling::AttentionHead => {
                        equal.push(("image width", vit.blocks.width));
                    }
                    ImagePooling::Query { queries, heads } => {
                        sizes.extend([("pooling queries", queries), ("pooling heads", heads)]);
                        divisions.push(("pooling heads", heads, "embedding", self.embedding));
                    }
                    ImagePooling::ClassToken
                    | ImagePooling::NormThenMean
                    | ImagePooling::MeanThenNorm => {}
                }
            }
            ImageTowerConfig::ModifiedResNet {
                width,
                layers: stages,
                heads,
            } => {
                sizes.extend([("image width", *width), ("pooling heads", *heads)]);
                layers.extend(stages.iter().map(|layers| ("stage layers", *layers)));
                divisions.push(("2", 2, "image width", *width));
                divisions.push(("pooling heads", *heads, "32 * image width", 32 * width));
                divisions.push(("32", 32, "image size", self.vision.image_size));
            }
        }
        let too_large = |most: usize| move |(_, size): &(_, usize)| !(1..=most).contains(size);
        let size = sizes.into_iter().find(too_large(LARGEST_SIZE));
        let layers = layers.into_iter().find(too_large(MOST_LAYERS));
        if let Some((name, size)) = size.or(layers) {
            return Some(format!("{name} is {size}"));
        }
        if let Some((name, width)) = equal
            .into_iter()
            .find(|(_, width)| *width != self.embedding)
        {
            return Some(format!(
                "{name} ({width}) is not the embedding's ({})",
                self.embedding
            ));
        }
        divisions
            .into_iter()
            .find(|(_, divisor, _, whole)| whole % divisor != 0)
            .map(|(part, divisor, name, whole)| {
                format!("{part} ({divisor}) does not divide {name} ({whole})")
            })
    }
}
