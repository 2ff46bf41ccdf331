//! CLIP in Burn: pixels or text in, unit vectors out.
//!
//! A [`Model`] is a folder (or the embedded `pocket`) with a configuration, a
//! tokenizer and weights in one of the namings that exist. From it come a
//! [`TextEncoder`] and an [`ImageEncoder`], each of which loads only its own
//! tower: a search never pays for the image tower. With the feature `training`, a
//! [`training::Trainer`] makes models of its own.
//!
//! The towers are Burn modules (`vit`, `resnet`, `text`, `roberta`), which train, run on GPUs and are
//! the reference for `pixseek-kernels`: the same towers, faster, on processors that it has
//! instructions for. `towers` chooses between the two.
//!
//! This is the only crate that names `burn` and `tokenizers`.

// A model folder: what it says of itself, and the two encoders that come from it.
mod config;
mod model;
mod openai;

// Its weights: where each parameter lies, and its values.
mod keys;
mod parameters;
mod positions;
mod weights;

// From a photo or a text to what the towers take.
mod preprocess;
mod resample;
mod sequences;
mod tokenizer;
mod tokens;

// The towers: which code computes them, in which precision, and Burn's modules.
mod device;
mod precision;
mod resnet;
mod roberta;
mod text;
mod towers;
mod transformer;
mod vision;
mod vit;

// What comes out, and what is done with it.
mod adapter;
mod embedding;
mod metrics;
#[cfg(feature = "training")]
pub mod training;

mod error;

pub use adapter::Adapter;
pub use config::{
    Activation, BlockConfig, Cleaning, ClipConfig, ImagePooling, ImageTowerConfig, NormPlace,
    RobertaConfig, TextArchitecture, TextConfig, TextPooling, TextProjection, VisionConfig,
    VisionTransformerConfig, WeightPrecision,
};
pub use device::{ComputeDevice, DeviceChoice};
pub use embedding::Embedding;
pub use error::{ClipError, TrainingError};
pub use metrics::{Classification, Retrieval};
pub use model::{ChosenEncoder, ImageEncoder, MeasuredPrecision, Model, TextEncoder};
pub use pixseek_kernels::Level;
pub use precision::Precision;
pub use preprocess::{Pixels, Preprocess, ResizeMode, Rgb};
pub use tokenizer::Tokenizer;
