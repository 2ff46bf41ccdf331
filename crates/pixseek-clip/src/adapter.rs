//! A small learned change to a model's text vectors, kept in a file of its own beside the weights.

use crate::{ClipError, Embedding};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};

const MODEL: &str = "model";
const DOWN: &str = "down";
const UP: &str = "up";

/// A residual change of low rank to text vectors: `t` becomes the direction of `t + t D U`.
///
/// Photos keep their vectors, so a library need not be encoded again. A linear change to the
/// photos would be the same thing: `t . (p + p A) = (t + t Aᵀ) . p`.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    model: String,
    dimension: usize,
    /// `[E, R]`.
    down: Vec<f32>,
    /// `[R, E]`.
    up: Vec<f32>,
}

impl Adapter {
    /// Makes an adapter of its matrices, `[E, R]` and `[R, E]` row-major, for the model with this
    /// fingerprint. Returns `None` when their sizes disagree or a value is not finite.
    #[must_use]
    pub fn new(model: &str, dimension: usize, down: Vec<f32>, up: Vec<f32>) -> Option<Self> {
        let whole = dimension > 0 && down.len().is_multiple_of(dimension) && up.len() == down.len();
        let finite = down.iter().chain(&up).all(|value| value.is_finite());
        (whole && finite).then(|| Self {
            model: model.into(),
            dimension,
            down,
            up,
        })
    }

    /// The fingerprint of the model whose texts it changes.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Changes the vector of a text. A vector of another dimension is returned as it is.
    #[must_use]
    pub fn apply(&self, text: &Embedding) -> Embedding {
        let vector = text.as_slice();
        if vector.len() != self.dimension {
            return text.clone();
        }
        let rank = self.up.len() / self.dimension;
        let mut inner = vec![0.0; rank];
        for (value, row) in vector.iter().zip(self.down.chunks_exact(rank.max(1))) {
            for (sum, weight) in inner.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        let mut changed = vector.to_vec();
        for (value, row) in inner.iter().zip(self.up.chunks_exact(self.dimension)) {
            for (sum, weight) in changed.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        Embedding::normalize(changed).unwrap_or_else(|_| text.clone())
    }

    /// Reads an adapter; `None` when the bytes are something else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let model = header.metadata().as_ref()?.get(MODEL)?;
        let tensors = SafeTensors::deserialize(bytes).ok()?;
        let read = |name: &str| {
            let tensor = tensors.tensor(name).ok()?;
            let values = tensor.data().as_chunks().0.iter();
            let values = values.map(|bytes| f32::from_le_bytes(*bytes)).collect();
            (tensor.dtype() == Dtype::F32).then_some((tensor.shape().to_vec(), values))
        };
        let (shape, down) = read(DOWN)?;
        let (_, up) = read(UP)?;
        Self::new(model, *shape.first()?, down, up)
    }

    /// Writes the adapter as a safetensors file.
    ///
    /// # Errors
    ///
    /// When safetensors cannot describe the matrices, which no adapter of a model has caused.
    pub fn encode(&self) -> Result<Vec<u8>, ClipError> {
        let rank = self.up.len() / self.dimension;
        let bytes = |values: &[f32]| -> Vec<u8> {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        let (down, up) = (bytes(&self.down), bytes(&self.up));
        let tensors = [
            (
                DOWN,
                TensorView::new(Dtype::F32, vec![self.dimension, rank], &down),
            ),
            (
                UP,
                TensorView::new(Dtype::F32, vec![rank, self.dimension], &up),
            ),
        ];
        let notes = [(MODEL.to_owned(), self.model.clone())].into();
        let failed = |error: SafeTensorError| ClipError::Safetensors {
            path: "adapter".into(),
            source: error.into(),
        };
        let tensors = tensors.into_iter().map(|(name, view)| Ok((name, view?)));
        let tensors: Vec<_> = tensors.collect::<Result<_, _>>().map_err(failed)?;
        safetensors::serialize(tensors, Some(notes)).map_err(failed)
    }
}
