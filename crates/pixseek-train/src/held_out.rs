//! Photos that are measured with and never learned from.

use crate::training_set::texts_of;
use anyhow::Result;
use pixseek_clip::training::Trainer;
use pixseek_clip::{Pixels, Retrieval, Rgb, Tokenizer};
use pixseek_lab::{Described, read_photo};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// One photo in this many is held out, unless a list is given.
const HELD_OUT_INTERVAL: usize = 5;

/// Pixels and texts to measure with.
pub struct HeldOut {
    pixels: Vec<Pixels>,
    /// The tokens of each text, and the positions of the photos that it describes.
    texts: Vec<(Vec<u32>, Vec<usize>)>,
}

/// Splits photos into those to learn from and those to measure with. Neighbours in a list, which
/// are often alike, go to both.
pub fn split(all: Vec<Described>) -> (Vec<Described>, Vec<Described>) {
    let (mut learn, mut measure) = (Vec::new(), Vec::new());
    for (place, one) in all.into_iter().enumerate() {
        if place % HELD_OUT_INTERVAL == HELD_OUT_INTERVAL / 2 {
            measure.push(one);
        } else {
            learn.push(one);
        }
    }
    (learn, measure)
}

impl HeldOut {
    /// Reads photos and encodes their texts. Photos that cannot be read are left out.
    ///
    /// # Errors
    ///
    /// When a text cannot be encoded.
    pub fn new(
        described: Vec<Described>,
        trainer: &Trainer,
        tokenizer: &Tokenizer,
    ) -> Result<Self> {
        let preprocess = &trainer.model().config().preprocess;
        let read = described.into_par_iter().filter_map(|one| {
            let photo = read_photo(&one.file).ok()?.image;
            let image = Rgb::new(photo.width(), photo.height(), photo.as_raw())?;
            Some((preprocess.pixels(image), one))
        });
        let (pixels, described): (Vec<Pixels>, Vec<Described>) = read.unzip();
        Ok(Self {
            pixels,
            texts: questions(&described)
                .into_iter()
                .map(|(text, right)| Ok((tokenizer.encode(&text)?, right)))
                .collect::<Result<_>>()?,
        })
    }

    /// Measures the model and prints the result.
    ///
    /// # Errors
    ///
    /// When the model fails.
    pub fn report(&self, when: &str, trainer: &Trainer) -> Result<()> {
        if self.pixels.is_empty() {
            return Ok(());
        }
        let photos = trainer.encode_images(&self.pixels)?;
        let rows: Vec<Vec<u32>> = self.texts.iter().map(|(row, _)| row.clone()).collect();
        let texts: Vec<_> = trainer
            .encode_texts(&rows)?
            .into_iter()
            .zip(&self.texts)
            .map(|(text, (_, right))| (text, right.clone()))
            .collect();
        eprintln!("{when}: {}", Retrieval::measure(&photos, &texts));
        Ok(())
    }
}

/// Each text of the photos, with the positions of all photos that it describes.
pub fn questions(described: &[Described]) -> Vec<(String, Vec<usize>)> {
    let mut questions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, one) in described.iter().enumerate() {
        for text in texts_of(one) {
            questions.entry(text).or_default().push(place);
        }
    }
    questions.into_iter().collect()
}
