//! Labels without training: CLIP's zero-shot classification (Radford et al. 2021, 3.1).
//!
//! A label's vector is the mean over its prompts. A photo's probabilities are the softmax of its
//! scaled cosines with all labels: they say which of *these* labels fits best, not whether any
//! does.

use crate::prompts::{dot, normalized};
use crate::search::Encoders;
use crate::{EngineError, Wording};
use pixseek_index::{Reader, RowId, Tags};

/// Scale of the cosines with which the embedded model's probabilities match how often its labels
/// are right. The model was trained with 41, which makes it underconfident: with 1,000 labels its
/// best label had a mean probability of 26 % and was right in 47 % (the experiment `labels`).
const EMBEDDED_SCALE: f32 = 62.0;

/// Number of rows in one thread's task.
const CHUNK: u32 = 4096;

/// Options of labelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOptions {
    /// The labels, without duplicates, at most 65,535.
    pub labels: Vec<String>,
    /// Number of labels to store per photo.
    pub top: usize,
}

/// The labels of an index, and the best ones of each photo.
pub struct Labels<'a> {
    pub(crate) tags: Tags,
    pub(crate) reader: &'a Reader,
}

/// The best labels of a photo.
pub struct PhotoLabels {
    /// The bytes of the photo's path.
    pub path: Vec<u8>,
    /// Each label with its probability, the best first. Empty for a photo that was indexed later.
    pub best: Vec<(String, f32)>,
}

impl<'a> Labels<'a> {
    /// The labels that were stored last; `None` if there are none.
    pub(crate) fn stored(reader: &'a Reader) -> Result<Option<Self>, EngineError> {
        let tags = Tags::read(reader.index(), reader.manifest().epoch)?;
        Ok(tags.map(|tags| Self { tags, reader }))
    }

    /// All labels.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.tags.labels()
    }

    /// The labels of the photo at a path, given by its bytes, with their probabilities, the best
    /// first.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn of(&self, path: &[u8]) -> Result<Vec<(&str, f32)>, EngineError> {
        let photo = self.reader.photo_at(path)?;
        let best = photo.map(|(_, record)| self.tags.of(record.rows.first).collect());
        Ok(best.unwrap_or_default())
    }

    /// The labels of every photo.
    pub fn photos(&self) -> impl Iterator<Item = Result<PhotoLabels, EngineError>> + '_ {
        self.reader.photos().map(|photo| {
            let (path, record) = photo?;
            let best = self.tags.of(record.rows.first);
            let best = best.map(|(label, probability)| (label.to_owned(), probability));
            Ok(PhotoLabels {
                path,
                best: best.collect(),
            })
        })
    }

    /// Stores the labels in place of earlier ones, for the filter `tag:`.
    ///
    /// # Errors
    ///
    /// Fails when a write fails.
    pub fn store(&self) -> Result<(), EngineError> {
        Ok(self.tags.write(self.reader.index())?)
    }
}

/// The best labels of a row: the label's index and its probability.
type Best = Vec<(usize, f32)>;

/// Computes the best labels of every photo.
pub(crate) fn tag(
    reader: &Reader,
    encoders: &Encoders,
    options: &TagOptions,
) -> Result<Tags, EngineError> {
    let mut labels = Vec::new();
    for label in &options.labels {
        labels.push(normalized(
            encoders.encode_description(label, Wording::Ensemble)?,
        ));
    }
    let model = encoders.model();
    let scale = if model.is_embedded() {
        EMBEDDED_SCALE
    } else {
        model.logit_scale()?
    };
    let manifest = reader.manifest();
    let starts: Vec<u32> = (0..manifest.rows).step_by(CHUNK as usize).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let label_chunk = |start: u32| -> Vec<Best> {
        let end = start.saturating_add(CHUNK).min(manifest.rows);
        (start..end)
            .map(RowId)
            .map(|row| {
                if reader.live().has(row) {
                    best_labels(reader, row, &labels, scale, options.top)
                } else {
                    Best::new()
                }
            })
            .collect()
    };
    let mut tags = Tags::new(manifest.epoch, options.labels.clone(), options.top);
    for starts in starts.chunks(threads) {
        let chunks: Vec<Vec<Best>> = std::thread::scope(|scope| {
            let workers: Vec<_> = starts
                .iter()
                .map(|start| scope.spawn(|| label_chunk(*start)))
                .collect();
            let ended = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
            ended
                .collect::<Result<_, _>>()
                .map_err(|_| EngineError::Worker)
        })?;
        for best in chunks.iter().flatten() {
            tags.push(best);
        }
    }
    Ok(tags)
}

/// The best labels of a photo; empty if its row is damaged.
fn best_labels(reader: &Reader, row: RowId, labels: &[Vec<f32>], scale: f32, top: usize) -> Best {
    let Some(photo) = reader.vector(row) else {
        return Vec::new();
    };
    let logits: Vec<f32> = labels
        .iter()
        .map(|label| scale * dot(label, &photo))
        .collect();
    let mut best: Best = softmax(&logits).into_iter().enumerate().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(top);
    best
}

/// Converts logits to probabilities. Subtracting the largest logit first prevents an overflow.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::softmax;

    #[test]
    fn probabilities_equal_those_of_torch() {
        // torch.softmax(torch.tensor([1., 2., 3.]), 0)
        for (found, expected) in
            softmax(&[1.0, 2.0, 3.0])
                .iter()
                .zip([0.090_030_57, 0.244_728_5, 0.665_241])
        {
            assert!((found - expected).abs() < 1e-6);
        }
        assert_eq!(softmax(&[1000.0]), [1.0]);
        assert!(softmax(&[]).is_empty());
    }
}
