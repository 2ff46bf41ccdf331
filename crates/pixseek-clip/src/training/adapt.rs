//! A small change to a model's text vectors, learned from stored vectors in seconds.

use super::clip::unit;
use super::loss;
use super::optimizer::{self, AdamW, FlatGradients, Optimizer};
use super::{Draw, Schedule};
use crate::device::values_of;
use crate::parameters::named;
use crate::{Adapter, ClipError, Embedding, TrainingError};
use burn::module::{Module, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

/// How an adapter is learned. The defaults were chosen with the embedded model on 20 names
/// with 5 or 20 photos each: of the first ten photos of a name 54 % were right before, 78 %
/// and 82 % after, and everyday texts kept a cosine of 0.99 with themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdapterTraining {
    /// Rank of the change.
    pub rank: usize,
    /// Steps, each over all texts.
    pub steps: u64,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// What cosines are multiplied with: the model's own logit scale.
    pub scale: f64,
    /// Weight of the loss that keeps other texts where they are.
    pub steadiness: f64,
    /// The seed of the random start.
    pub seed: u64,
}

impl Default for AdapterTraining {
    fn default() -> Self {
        Self {
            rank: 32,
            steps: 200,
            learning_rate: 2e-3,
            scale: 30.0,
            steadiness: 30.0,
            seed: 0,
        }
    }
}

/// How many snapshots of the change are returned.
const MOMENTS: u64 = 10;

#[derive(Module, Debug)]
struct LowRank {
    down: Param<Tensor<2>>,
    up: Param<Tensor<2>>,
}

impl LowRank {
    /// # Shapes
    ///
    /// `[B, E]` unit rows to `[B, E]` unit rows.
    fn forward(&self, texts: Tensor<2>) -> Tensor<2> {
        unit(texts.clone() + texts.matmul(self.down.val()).matmul(self.up.val()))
    }
}

/// Learns a change of text vectors under which each text of `texts` finds its photos among all
/// `photos`, while the texts of `others` stay where they are. Returns snapshots of the change at
/// ten moments, the last one at the end: training soon overfits a few photos, and only other photos
/// can tell which moment was best.
///
/// Each text is given with the places of its photos in `photos`; texts without a photo are left
/// out.
///
/// # Errors
///
/// When there is no text with a photo, or the loss is not a number any more.
pub fn train_adapter(
    photos: &[Embedding],
    texts: &[(Embedding, Vec<usize>)],
    others: &[Embedding],
    model: &str,
    training: AdapterTraining,
) -> Result<Vec<Adapter>, ClipError> {
    let texts: Vec<&(Embedding, Vec<usize>)> = texts
        .iter()
        .filter(|(_, found)| !found.is_empty() && found.iter().all(|place| *place < photos.len()))
        .collect();
    let Some((first, _)) = texts.first() else {
        return Err(TrainingError::NoText.into());
    };
    let dimension = first.as_slice().len();
    let device = Device::flex().autodiff();
    let matrix = |rows: &[&Embedding]| -> Tensor<2> {
        let values: Vec<f32> = rows
            .iter()
            .flat_map(|row| row.as_slice())
            .copied()
            .collect();
        Tensor::from_data(TensorData::new(values, [rows.len(), dimension]), &device)
    };
    let queries = matrix(&texts.iter().map(|(text, _)| text).collect::<Vec<_>>());
    let library = matrix(&photos.iter().collect::<Vec<_>>()).transpose();
    let steady = (!others.is_empty()).then(|| matrix(&others.iter().collect::<Vec<_>>()));
    let targets = targets(&texts, photos.len(), &device);

    let mut change = LowRank::start(dimension, training, &device);
    let mut optimizer = Optimizer::new(AdamW {
        beta_2: 0.999,
        eps: 1e-8,
        weight_decay: 0.01,
        ..AdamW::default()
    });
    let schedule = Schedule {
        peak: training.learning_rate,
        warm_up: training.steps / 20,
        steps: training.steps,
    };
    #[expect(clippy::cast_precision_loss, reason = "numbers of texts")]
    let count = texts.len() as f64;
    let every = (training.steps / MOMENTS).max(1);
    let mut moments = Vec::new();
    for step in 0..training.steps {
        let logits = change.forward(queries.clone()).matmul(library.clone()) * training.scale;
        let mut loss = -(targets.clone() * log_softmax(logits, 1)).sum() / count;
        if let Some(steady) = &steady {
            let moved = loss::embeddings(change.forward(steady.clone()), steady.clone());
            loss = loss + moved * training.steadiness;
        }
        let mut gradients = FlatGradients::new();
        optimizer::collect(&change, loss.backward(), &mut gradients);
        change = optimizer.step(change, gradients, schedule.at(step), step + 1);
        if (step + 1) % every == 0 {
            moments.push(change.adapter(model, dimension)?);
        }
    }
    Ok(moments)
}

impl LowRank {
    fn adapter(&self, model: &str, dimension: usize) -> Result<Adapter, ClipError> {
        let (down, up) = (values_of(self.down.val())?, values_of(self.up.val())?);
        Adapter::new(model, dimension, down, up).ok_or_else(|| TrainingError::TooLarge.into())
    }

    /// A change without effect: the second matrix is zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "to storage precision"
    )]
    fn start(dimension: usize, training: AdapterTraining, device: &Device) -> Self {
        let mut draw = Draw::new(training.seed, &["adapter"]);
        let deviation = (dimension as f64).sqrt().recip();
        let values: Vec<f32> = (0..dimension * training.rank)
            .map(|_| (deviation * draw.normal()) as f32)
            .collect();
        let down = TensorData::new(values, [dimension, training.rank]);
        Self {
            down: named("adapter.down", Tensor::from_data(down, device)),
            up: named(
                "adapter.up",
                Tensor::zeros([training.rank, dimension], device),
            ),
        }
    }
}

/// The target of each text, `[M, N]`: its photos share a probability of 1 equally.
fn targets(texts: &[&(Embedding, Vec<usize>)], photos: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0; texts.len() * photos];
    for (row, (_, found)) in values.chunks_exact_mut(photos).zip(texts) {
        #[expect(clippy::cast_precision_loss, reason = "numbers of photos")]
        let share = 1.0 / found.len() as f32;
        for place in found {
            row[*place] = share;
        }
    }
    Tensor::from_data(TensorData::new(values, [texts.len(), photos]), device)
}
