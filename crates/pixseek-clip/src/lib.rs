//! CLIP in Burn: pixels or text in, unit vectors out.
//!
//! A [`Model`] is a folder (or the embedded `pocket`) with a configuration, a
//! tokenizer and weights in one of the namings that exist. From it come a
//! [`TextEncoder`] and an [`ImageEncoder`], each of which loads only its own
//! tower: a search never pays for the image tower. With the feature `training`, a
//! [`training::Trainer`] makes models of its own.
//!
//! This is the only crate that names `burn` and `tokenizers`.

mod adapter;
mod config;
mod cpu;
mod device;
mod embedding;
mod error;
mod keys;
mod metrics;
mod model;
mod openai;
mod parameters;
mod positions;
mod precision;
mod preprocess;
mod resample;
mod resnet;
mod roberta;
mod text;
mod tokenizer;
mod tokens;
#[cfg(feature = "training")]
pub mod training;
mod transformer;
mod vision;
mod vit;
mod weights;

pub use adapter::Adapter;
pub use config::{
    Activation, Cleaning, ClipConfig, ImagePooling, ImageTowerConfig, RobertaConfig,
    TextArchitecture, TextConfig, TextPooling, TextProjection, VisionConfig,
    VisionTransformerConfig, WeightPrecision,
};
pub use device::{ComputeDevice, DeviceChoice};
pub use embedding::Embedding;
pub use error::ClipError;
pub use metrics::{Classification, Retrieval};
pub use model::{ChosenEncoder, ImageEncoder, Model, TextEncoder};
pub use precision::Precision;
pub use preprocess::{Pixels, Preprocess, ResizeMode, Rgb};
pub use tokenizer::Tokenizer;
