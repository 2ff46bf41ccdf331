//! The losses. Every function takes unit vectors; the rows with one number are a pair.

use burn::tensor::Tensor;
use burn::tensor::activation::{log_sigmoid, log_softmax, softmax};

/// CLIP's symmetric contrastive loss: each image must choose its text among the batch's texts,
/// and each text its image (Radford et al. 2021, figure 3). Where several are right, each is
/// as right as the others (Yang et al. 2022).
///
/// # Shapes
///
/// `[B, E]`, `[B, E]` unit rows, the logit scale `[1]` (not its logarithm) and `pairs` `[B, B]`,
/// ones where row and column belong together, to `[1]`.
pub(crate) fn contrastive(
    images: Tensor<2>,
    texts: Tensor<2>,
    scale: Tensor<1>,
    pairs: Tensor<2>,
) -> Tensor<1> {
    let over_texts = pairs.clone() / pairs.clone().sum_dim(1);
    let over_images = pairs.clone() / pairs.sum_dim(0);
    cross_entropy(logits(images, texts, scale), [over_texts, over_images])
}

/// SigLIP's loss: each image and each text of the batch are judged alone, as a pair or as none
/// (Zhai et al. 2023, algorithm 1).
///
/// # Shapes
///
/// `[B, E]`, `[B, E]` unit rows, scale and bias `[1]`, and `pairs` `[B, B]` to `[1]`.
pub(crate) fn sigmoid(
    images: Tensor<2>,
    texts: Tensor<2>,
    [scale, bias]: [Tensor<1>; 2],
    pairs: Tensor<2>,
) -> Tensor<1> {
    let logits = logits(images, texts, scale) + bias.unsqueeze::<2>();
    let rows = count(&logits);
    let signs = pairs * 2.0 - 1.0;
    -log_sigmoid(logits * signs).sum() / rows
}

/// The distillation loss: the targets are the teacher's distribution of each image over the batch's
/// texts and of each text over its images, in place of the pairs (as `open_clip`'s
/// `DistillClipLoss`).
///
/// # Shapes
///
/// The student's `[B, E]` twice and its scale `[1]`, the teacher's `[B, F]` twice and its
/// scale, to `[1]`.
pub(crate) fn similarities(
    [images, texts]: [Tensor<2>; 2],
    scale: Tensor<1>,
    [teacher_images, teacher_texts]: [Tensor<2>; 2],
    teacher_scale: f64,
) -> Tensor<1> {
    let teacher = teacher_images.matmul(teacher_texts.transpose()) * teacher_scale;
    let targets = [softmax(teacher.clone(), 1), softmax(teacher, 0)];
    cross_entropy(logits(images, texts, scale), targets)
}

/// One minus the mean cosine between the student's rows and the teacher's.
///
/// # Shapes
///
/// `[B, E]` unit rows twice to `[1]`.
pub(crate) fn embeddings(student: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
    let rows = count(&student);
    -(student * teacher).sum() / rows + 1.0
}

/// `[B, E]` and `[B, E]` to `[B, B]`: a row for each image, a column for each text.
fn logits(images: Tensor<2>, texts: Tensor<2>, scale: Tensor<1>) -> Tensor<2> {
    images.matmul(texts.transpose()) * scale.unsqueeze::<2>()
}

/// The mean cross entropy of both directions: over texts with the first targets, over images with
/// the second.
fn cross_entropy(logits: Tensor<2>, [over_texts, over_images]: [Tensor<2>; 2]) -> Tensor<1> {
    let rows = count(&logits);
    let texts = over_texts * log_softmax(logits.clone(), 1);
    let images = over_images * log_softmax(logits, 0);
    -(texts + images).sum() / (2.0 * rows)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "batches are far below 2^52 rows"
)]
fn count(rows: &Tensor<2>) -> f64 {
    rows.dims()[0] as f64
}
