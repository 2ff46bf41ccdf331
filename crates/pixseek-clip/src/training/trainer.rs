//! The trainer: a model in training, and one step of it.

use super::Schedule;
use super::clip::{Clip, value_of};
use super::optimizer::{self, AdamW, Optimizer};
use crate::device::values_of;
use crate::parameters::parameter_id;
use crate::{ClipError, ComputeDevice, Embedding, Model, Pixels, TrainingError, WeightPrecision};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;

/// A photo, a text that describes it, and a teacher's vectors of the two.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The photo as the image tower takes it.
    pub pixels: Pixels,
    /// The text's tokens, padded to the text tower's context.
    pub tokens: Vec<u32>,
    /// The subject of both. Photos and texts of one subject count as right answers to each other.
    pub subject: usize,
    /// A teacher's vectors of the photo and of the text, for distillation.
    pub teacher: Option<[Embedding; 2]>,
}

/// The loss that a trainer minimises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Objective {
    /// CLIP's: each photo chooses its text in the batch, and each text its photo.
    Contrastive,
    /// SigLIP's: each photo and text of the batch are judged alone. Needs a model with a bias.
    Sigmoid,
    /// A teacher's vectors and similarities.
    Distillation(Distillation),
}

/// The weights of the parts of a distillation loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distillation {
    /// Weight of the cosine between the student's vectors and the teacher's; needs equal
    /// dimensions.
    pub embeddings: f64,
    /// Weight of the teacher's distribution over the batch.
    pub similarities: f64,
    /// Weight of the contrastive loss of the pairs themselves.
    pub pairs: f64,
    /// The factor of the teacher's cosines: its own logit scale.
    pub teacher_scale: f64,
}

/// Which tower does not learn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Locked {
    /// Both learn.
    #[default]
    Neither,
    /// Only the image tower learns.
    Text,
    /// Only the text tower learns (Zhai et al. 2022).
    Image,
}

/// A run's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainerConfig {
    /// The loss.
    pub objective: Objective,
    /// Names the pairs and the order in which they come, in a form of the caller's choice: a
    /// checkpoint is resumed only under the same name.
    pub lesson: [u8; 32],
    /// The optimiser's constants.
    pub optimizer: AdamW,
    /// The learning rate, step by step.
    pub schedule: Schedule,
    /// The largest norm of all gradients together; larger ones are scaled down.
    pub longest_gradient: f64,
    /// Pairs that are on the device at once. A larger batch is computed in parts of this size, with
    /// the gradients of the whole: similarities are between all pairs of the batch (Gao et al.
    /// 2021, "gradient cache").
    pub part: usize,
    /// Which tower does not learn.
    pub locked: Locked,
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// The loss before the step.
    pub loss: f64,
    /// The norm of all gradients together, before it was limited.
    pub gradient: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// The factor of the cosines.
    pub scale: f64,
}

/// `open_clip_train` and CLIP keep the scale between 1 and 100.
const SCALE_LOGARITHMS: (f64, f64) = (0.0, 4.605_170_185_988_092);

/// A model in training.
pub struct Trainer {
    pub(super) model: Model,
    pub(super) config: TrainerConfig,
    pub(super) clip: Clip,
    pub(super) optimizer: Optimizer,
    pub(super) steps: u64,
    pub(super) device: Device,
}

impl Trainer {
    /// Loads both towers of `model`.
    ///
    /// # Errors
    ///
    /// When weights cannot be read, or the model has no bias and the objective needs one.
    pub fn new(model: Model, config: TrainerConfig, on: &ComputeDevice) -> Result<Self, ClipError> {
        if config.objective == Objective::Sigmoid && !model.parameters().has("logit_bias") {
            return Err(TrainingError::NoBias.into());
        }
        let device = on.device.clone().autodiff();
        let clip = Clip::load(&model, &device)?;
        let clip = match config.locked {
            Locked::Neither => clip,
            Locked::Text => clip.lock_text(),
            Locked::Image => clip.lock_image(),
        };
        Ok(Self {
            model,
            config,
            clip,
            optimizer: Optimizer::new(config.optimizer),
            steps: 0,
            device,
        })
    }

    /// The number of steps that were taken, in this process and before it.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The model with which training began. Its tokenizer and its preprocessing still hold.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Takes one step on a batch.
    ///
    /// # Errors
    ///
    /// When the loss is not a number any more, a teacher's vectors are missing or of another
    /// dimension, or the device fails.
    pub fn step(&mut self, batch: &[Pair]) -> Result<StepReport, ClipError> {
        let (loss, mut gradients) = self.gradients(batch)?;
        let gradient = optimizer::norm(&gradients)?;
        if !loss.is_finite() || !gradient.is_finite() {
            return Err(TrainingError::NotFinite {
                loss,
                gradient,
                step: self.steps,
            }
            .into());
        }
        optimizer::clip_norm(&mut gradients, gradient, self.config.longest_gradient);
        let learning_rate = self.config.schedule.at(self.steps);
        let scale = scalar(self.clip.scale())?;
        self.steps += 1;
        let clip = self.clip.clone();
        self.clip = self
            .optimizer
            .step(clip, gradients, learning_rate, self.steps);
        if self.config.objective != Objective::Sigmoid {
            self.clip = self.clip.clone().map(&mut KeepScale);
        }
        Ok(StepReport {
            loss,
            gradient,
            learning_rate,
            scale,
        })
    }

    /// Vectors of photos, as the model makes them now.
    ///
    /// # Errors
    ///
    /// When the device fails or a vector has no direction.
    pub fn encode_images(&self, batch: &[Pixels]) -> Result<Vec<Embedding>, ClipError> {
        let clip = self.clip.valid();
        let device = self.device.clone().without_autodiff();
        batch
            .chunks(self.config.part)
            .map(|part| rows(clip.images(self.pixels(part.iter(), &device))))
            .collect::<Result<Vec<_>, _>>()
            .map(|parts| parts.into_iter().flatten().collect())
    }

    /// Vectors of token rows, as the model makes them now.
    ///
    /// # Errors
    ///
    /// When the device fails or a vector has no direction.
    pub fn encode_texts(&self, texts: &[Vec<u32>]) -> Result<Vec<Embedding>, ClipError> {
        let clip = self.clip.valid();
        texts
            .chunks(self.config.part)
            .map(|part| rows(clip.texts(part)))
            .collect::<Result<Vec<_>, _>>()
            .map(|parts| parts.into_iter().flatten().collect())
    }

    /// Writes what was learned as a model folder, in the form of the model that it began with.
    /// The folder appears when it is whole.
    ///
    /// Each weight becomes `share` of the learned one plus the rest of the first one: after
    /// training on little, such a mean is better than either of the two (Wortsman et al. 2022,
    /// "Robust fine-tuning of zero-shot models").
    ///
    /// # Errors
    ///
    /// When `folder` is there already or cannot be written.
    pub fn export(
        &self,
        folder: &Path,
        precision: WeightPrecision,
        share: f32,
    ) -> Result<(), ClipError> {
        let mut values = self.clip.values()?;
        if share < 1.0 {
            let start = Clip::load(&self.model, &self.device.clone().without_autodiff())?;
            for (id, start) in start.values()? {
                for (value, start) in values.entry(id).or_default().iter_mut().zip(start) {
                    *value = share * *value + (1.0 - share) * start;
                }
            }
        }
        self.model
            .write_copy(folder, precision, |entry| Ok(value_of(entry, &values)))
    }

    /// # Shapes
    ///
    /// `B` pictures to `[B, 3, S, S]`.
    pub(super) fn pixels<'a>(
        &self,
        batch: impl ExactSizeIterator<Item = &'a Pixels>,
        device: &Device,
    ) -> Tensor<4> {
        let side = self.model.config().vision.image_size;
        let shape = [batch.len(), 3, side, side];
        let values: Vec<f32> = batch.flat_map(Pixels::as_slice).copied().collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

/// `[B, E]` to vectors in memory.
fn rows(vectors: Tensor<2>) -> Result<Vec<Embedding>, ClipError> {
    let [_, dimension] = vectors.dims();
    values_of(vectors)?
        .chunks_exact(dimension)
        .map(|row| Embedding::normalize(row.to_vec()))
        .collect()
}

pub(super) fn scalar(value: Tensor<1>) -> Result<f64, ClipError> {
    value
        .try_into_scalar::<f32>()
        .map(f64::from)
        .map_err(|error| ClipError::Device(error.into()))
}

struct KeepScale;

impl ModuleMapper for KeepScale {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if param.id != parameter_id("logit_scale") {
            return param;
        }
        let (low, high) = SCALE_LOGARITHMS;
        param.map(|value| {
            let value = value.without_autodiff().clamp(low, high);
            value.autodiff().require_grad()
        })
    }
}
