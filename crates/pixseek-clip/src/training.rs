//! CLIP's own method: two encoders learn one space from pairs of photos and texts
//! (Radford et al. 2021), or from a teacher that knows it already.
//!
//! A [`Trainer`] takes a [`Model`](crate::Model) and batches of [`Pair`]s. Every random number
//! comes from a seed and the number of the step (see [`Draw`]), so a run that was stopped continues
//! bit by bit as if it had not been.
//!
//! The optimiser is written here and not taken from `burn-optim`, because CLIP leaves biases,
//! gains and the temperature out of weight decay, clips all gradients by one norm, and because
//! a checkpoint must say which moments belong to which parameter by name.
//!
//! Batch norms of a modified ResNet stay folded into their convolutions, as they are loaded: their
//! statistics do not follow the batches. That suits fine-tuning on a small set; to train from
//! random weights, take a Vision Transformer.

mod adapt;
mod augment;
mod checkpoint;
mod clip;
mod draw;
mod export;
mod gradients;
mod initialize;
mod loss;
mod optimizer;
mod schedule;
#[cfg(test)]
mod tests;
mod trainer;

pub use adapt::{AdapterTraining, train_adapter};
pub use augment::Augmentation;
pub use draw::Draw;
pub use optimizer::AdamW;
pub use schedule::Schedule;
pub use trainer::{Distillation, Locked, Objective, Pair, StepReport, Trainer, TrainerConfig};
