//! Prompts, here called wordings, for short descriptions; the embeddings of all prompts are
//! averaged.
//!
//! A bare name says little to a model that has seen sentences; the CLIP paper (Radford et al.
//! 2021, section 3.1.4) found that "a photo of a {label}." and ensembles of such prompts help.
//! Which ones depends on what a model was trained with, so they were chosen by measurement
//! where that was possible.

use pixseek_clip::Embedding;

/// Only descriptions of at most this many words are asked in several prompts. Measured with the
/// embedded model: prompts help names and change captions of four words and more by less than a
/// point in either direction (the experiment `wordings` prints the table).
const SHORT: usize = 3;

/// For the embedded model, over the 1,000 names of `photos/objects`: recall@1 and @10 are 47.5 and
/// 90.5 % with these, 47.2 and 90.4 % with the bare name.
const EMBEDDED: [&str; 3] = ["{}", "a photo of {}", "a photo of a {}"];

/// For other models of the CLIP family, after the paper; not measured, because no weights of them
/// are here.
const GENERAL: [&str; 3] = ["{}", "a photo of {}.", "a photo of a {}."];

/// Whether a description is encoded in several prompts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Wording {
    /// Average several prompts for a short description.
    #[default]
    Ensemble,
    /// Encode every description as it is.
    Raw,
}

/// The texts to encode for a description; pass [`pixseek_clip::Model::is_like_embedded`] as
/// `is_like_embedded`.
#[must_use]
pub fn wordings(text: &str, wording: Wording, is_like_embedded: bool) -> Vec<String> {
    if wording == Wording::Raw || text.split_whitespace().count() > SHORT {
        return vec![text.into()];
    }
    let templates = if is_like_embedded { EMBEDDED } else { GENERAL };
    templates
        .iter()
        .map(|template| template.replace("{}", text))
        .collect()
}

/// The mean direction of unit vectors.
#[must_use]
pub fn mean_direction(embeddings: &[Embedding]) -> Vec<f32> {
    let dimension = embeddings.first().map_or(0, |first| first.as_slice().len());
    let mut mean = vec![0.0; dimension];
    for embedding in embeddings {
        for (sum, value) in mean.iter_mut().zip(embedding.as_slice()) {
            *sum += value;
        }
    }
    normalized(mean)
}

/// Scales a vector to length 1; a zero vector stays zero.
pub(crate) fn normalized(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    if length > 0.0 {
        for value in &mut vector {
            *value /= length;
        }
    }
    vector
}

/// Accumulates eight sums side by side, so that compilers emit vector instructions.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0f32; LANES];
    let (a_lanes, b_lanes) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_lanes
        .remainder()
        .iter()
        .zip(b_lanes.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_lanes.zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}
