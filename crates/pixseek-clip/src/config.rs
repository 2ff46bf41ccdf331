//! What a model is made of, in one form for every naming.
//!
//! Three forms are read: OpenCLIP's `open_clip_config.json`, Hugging Face's
//! `config.json` beside `preprocessor_config.json`, and none at all, for OpenAI's
//! state dicts, whose shapes say everything (see `openai.rs`). Settings that would
//! change the arithmetic and are not known here are refused by name: a model that
//! is silently computed differently is worse than one that does not load.

mod hugging_face;
mod open_clip;
mod roberta;

use crate::Preprocess;

/// How the numbers of a weight file are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    Full,
    /// f16.
    Half,
}

/// The nonlinearity between a block's two linear layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x * sigmoid(1.702 x)`: OpenAI's weights.
    QuickGelu,
    /// The exact, erf-based GELU: LAION's and DataComp's weights.
    Gelu,
    /// GELU through a hyperbolic tangent: SigLIP's weights.
    GeluTanh,
}

/// Which position of the text tower's output becomes the text's vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPooling {
    /// The position of the highest token id: end-of-text in CLIP's own vocabularies.
    HighestId,
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

/// What an XLM-RoBERTa has beyond CLIP's sizes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RobertaConfig {
    /// The id that fills rows; positions are counted from behind it.
    pub padding: u32,
    /// Rows of the position table.
    pub positions: usize,
    /// Width between the projection's two layers.
    pub projection: usize,
}

/// What is done to a text before it is split into tokens.
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
    /// Width of the residual stream.
    pub width: usize,
    /// Attention heads; they divide `width`.
    pub heads: usize,
    /// Residual blocks.
    pub layers: usize,
    /// Width between a block's two linear layers.
    pub hidden: usize,
    /// The nonlinearity of the blocks.
    pub activation: Activation,
    /// Epsilon of the layer norms.
    pub layer_norm_eps: f64,
    /// How the sequence becomes one vector.
    pub pooling: TextPooling,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
    /// What is done to a text first.
    pub cleaning: Cleaning,
    /// What fills a row behind the text; the tokenizer's own, if this is none.
    pub padding: Option<String>,
    /// Whether the projection into the shared space has a bias: SigLIP's has.
    pub projection_bias: bool,
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
    /// Vision Transformer with a class token and a layer norm before the blocks.
    VisionTransformer {
        /// Side of a square patch, in pixels; it divides `image_size`.
        patch: usize,
        /// Width of the residual stream.
        width: usize,
        /// Attention heads; they divide `width`.
        heads: usize,
        /// Residual blocks.
        layers: usize,
        /// Width between a block's two linear layers.
        hidden: usize,
        /// The nonlinearity of the blocks.
        activation: Activation,
        /// Epsilon of the layer norms.
        layer_norm_eps: f64,
        /// How the patches become one vector.
        pooling: ImagePooling,
    },
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

/// How a Vision Transformer's patches become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImagePooling {
    /// A class token among them, a layer norm before the blocks, and a projection: CLIP's.
    ClassToken,
    /// A learned query attends to all of them, and a small residual network follows, without a
    /// projection: SigLIP's.
    Attention,
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

impl ClipConfig {
    /// What makes these sizes impossible, if anything does.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let text = &self.text;
        let mut sizes = vec![
            ("embedding", self.embedding),
            ("context length", text.context_length),
            ("vocabulary", text.vocabulary),
            ("text width", text.width),
            ("text heads", text.heads),
            ("text layers", text.layers),
            ("text hidden width", text.hidden),
            ("image size", self.vision.image_size),
        ];
        if let TextArchitecture::Roberta(roberta) = text.architecture {
            sizes.push(("text positions", roberta.positions));
            sizes.push(("text projection width", roberta.projection));
            if roberta.padding as usize + 1 + text.context_length > roberta.positions {
                return Some(format!("context length is {}", text.context_length));
            }
        }
        let mut divisions = vec![("text heads", text.heads, "text width", text.width)];
        match &self.vision.tower {
            ImageTowerConfig::VisionTransformer {
                patch,
                width,
                heads,
                layers,
                hidden,
                pooling,
                ..
            } => {
                sizes.extend([
                    ("patch", *patch),
                    ("image width", *width),
                    ("image heads", *heads),
                    ("image layers", *layers),
                    ("image hidden width", *hidden),
                ]);
                divisions.push(("image heads", *heads, "image width", *width));
                divisions.push(("patch", *patch, "image size", self.vision.image_size));
                if *pooling == ImagePooling::Attention && *width != self.embedding {
                    return Some(format!(
                        "image width {width} is not the embedding's {}",
                        self.embedding
                    ));
                }
            }
            ImageTowerConfig::ModifiedResNet {
                width,
                layers,
                heads,
            } => {
                sizes.extend([("image width", *width), ("pooling heads", *heads)]);
                sizes.extend(layers.iter().map(|layers| ("stage layers", *layers)));
                divisions.push(("2", 2, "image width", *width));
                divisions.push(("pooling heads", *heads, "32 * image width", 32 * width));
                divisions.push(("32", 32, "image size", self.vision.image_size));
            }
        }
        if let Some((name, size)) = sizes
            .into_iter()
            .find(|(_, size)| !(1..=LARGEST_SIZE).contains(size))
        {
            return Some(format!("{name} is {size}"));
        }
        divisions
            .into_iter()
            .find(|(_, divisor, _, whole)| whole % divisor != 0)
            .map(|(part, divisor, name, whole)| {
                format!("{part} ({divisor}) does not divide {name} ({whole})")
            })
    }
}
