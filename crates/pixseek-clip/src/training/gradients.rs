//! The loss of a batch and its gradients, also of a batch that is too large for the device.

use super::loss;
use super::optimizer::{self, FlatGradients};
use super::trainer::{Locked, Objective, Pair, Trainer, scalar};
use crate::{ClipError, Embedding, TrainingError};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

impl Trainer {
    /// The loss of a batch and its gradients.
    pub(super) fn gradients(&self, batch: &[Pair]) -> Result<(f64, FlatGradients), ClipError> {
        let mut gradients = FlatGradients::new();
        let loss = if batch.len() <= self.config.part {
            let loss = self.loss(self.images(batch), self.texts(batch), batch)?;
            optimizer::collect(&self.clip, loss.backward(), &mut gradients);
            scalar(loss)?
        } else {
            self.in_parts(batch, &mut gradients)?
        };
        Ok((loss, gradients))
    }

    fn loss(
        &self,
        images: Tensor<2>,
        texts: Tensor<2>,
        batch: &[Pair],
    ) -> Result<Tensor<1>, ClipError> {
        let scale = self.clip.scale();
        let pairs = self.pairs(batch);
        Ok(match self.config.objective {
            Objective::Contrastive => loss::contrastive(images, texts, scale, pairs),
            Objective::Sigmoid => {
                let bias = self.clip.bias().expect("checked when the trainer was made");
                loss::sigmoid(images, texts, [scale, bias], pairs)
            }
            Objective::Distillation(parts) => {
                let [teacher_images, teacher_texts] = self.teacher(batch)?;
                let mut loss = loss::similarities(
                    [images.clone(), texts.clone()],
                    scale.clone(),
                    [teacher_images.clone(), teacher_texts.clone()],
                    parts.teacher_scale,
                ) * parts.similarities;
                if parts.embeddings > 0.0 {
                    if images.dims() != teacher_images.dims() {
                        return Err(TrainingError::Dimensions {
                            teacher: teacher_images.dims()[1],
                            student: images.dims()[1],
                        }
                        .into());
                    }
                    let both = loss::embeddings(images.clone(), teacher_images)
                        + loss::embeddings(texts.clone(), teacher_texts);
                    loss = loss + both * (parts.embeddings / 2.0);
                }
                if parts.pairs > 0.0 {
                    loss = loss + loss::contrastive(images, texts, scale, pairs) * parts.pairs;
                }
                loss
            }
        })
    }

    /// Computes the gradients of a batch with only a part of it on the device at a time: first all
    /// vectors, without a graph; then the loss's gradient for each vector; then each part again,
    /// with its graph.
    fn in_parts(&self, batch: &[Pair], gradients: &mut FlatGradients) -> Result<f64, ClipError> {
        let clip = self.clip.valid();
        let plain = self.device.clone().without_autodiff();
        let parts = || batch.chunks(self.config.part);
        let images = parts()
            .map(|part| clip.images(self.pixels(part.iter().map(|pair| &pair.pixels), &plain)));
        let images = Tensor::cat(images.collect(), 0);
        let texts = parts().map(|part| clip.texts(&tokens(part)));
        let texts = Tensor::cat(texts.collect(), 0);
        let images = images.autodiff().require_grad();
        let texts = texts.autodiff().require_grad();
        let loss = self.loss(images.clone(), texts.clone(), batch)?;
        let mut backward = loss.backward();
        let missing = TrainingError::NoGradient;
        let by_image = images.grad_remove(&mut backward).ok_or(missing)?;
        let by_text = texts.grad_remove(&mut backward).ok_or(missing)?;
        optimizer::collect(&self.clip, backward, gradients);
        let mut start = 0;
        for part in parts() {
            let slice = |by: &Tensor<2>| by.clone().narrow(0, start, part.len()).autodiff();
            let mut surrogates = Vec::new();
            if self.config.locked != Locked::Image {
                surrogates.push((self.images(part) * slice(&by_image)).sum());
            }
            if self.config.locked != Locked::Text {
                surrogates.push((self.texts(part) * slice(&by_text)).sum());
            }
            for surrogate in surrogates {
                optimizer::collect(&self.clip, surrogate.backward(), gradients);
            }
            start += part.len();
        }
        scalar(loss)
    }

    fn images(&self, batch: &[Pair]) -> Tensor<2> {
        let pixels = batch.iter().map(|pair| &pair.pixels);
        self.clip.images(self.pixels(pixels, &self.device))
    }

    fn texts(&self, batch: &[Pair]) -> Tensor<2> {
        self.clip.texts(&tokens(batch))
    }

    /// `[B, B]`, ones where photo and text have one subject.
    fn pairs(&self, batch: &[Pair]) -> Tensor<2> {
        let values: Vec<f32> = batch
            .iter()
            .flat_map(|row| {
                let is_right = |column: &Pair| f32::from(u8::from(row.subject == column.subject));
                batch.iter().map(is_right)
            })
            .collect();
        let data = TensorData::new(values, [batch.len(), batch.len()]);
        Tensor::from_data(data, &self.device)
    }

    /// The teacher's vectors, `[B, F]` for the photos and for the texts.
    fn teacher(&self, batch: &[Pair]) -> Result<[Tensor<2>; 2], ClipError> {
        let rows: Vec<&[Embedding; 2]> = batch
            .iter()
            .map(|pair| pair.teacher.as_ref())
            .collect::<Option<_>>()
            .ok_or(TrainingError::NoTeacher)?;
        let tensor = |which: usize| {
            let dimension = rows.first().map_or(0, |row| row[which].as_slice().len());
            let values: Vec<f32> = rows
                .iter()
                .flat_map(|row| row[which].as_slice())
                .copied()
                .collect();
            let data = TensorData::new(values, [rows.len(), dimension]);
            Tensor::from_data(data, &self.device)
        };
        Ok([tensor(0), tensor(1)])
    }
}

fn tokens(batch: &[Pair]) -> Vec<Vec<u32>> {
    batch.iter().map(|pair| pair.tokens.clone()).collect()
}
