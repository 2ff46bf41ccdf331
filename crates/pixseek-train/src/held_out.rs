//! Photos that are never learned from.

use crate::data::texts_of;
use anyhow::Result;
use pixseek_clip::training::Trainer;
use pixseek_clip::{Pixels, Retrieval, Rgb, Tokenizer};
use pixseek_lab::{Described, read_photo};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Every so many photos one is held out, when no list is given.
const EVERY: usize = 5;

/// Pixels and texts to measure with.
pub struct HeldOut {
    pixels: Vec<Pixels>,
    texts: Vec<(Vec<u32>, Vec<usize>)>,
}

/// Splits described photos into those to learn from and those to measure with. What lies
/// side by side in a list is spread over both.
pub fn split(all: Vec<Described>) -> (Vec<Described>, Vec<Described>) {
    let (mut learn, mut measure) = (Vec::new(), Vec::new());
    for (place, one) in all.into_iter().enumerate() {
        if place % EVERY == EVERY / 2 {
            measure.push(one);
        } else {
            learn.push(one);
        }
    }
    (learn, measure)
}

impl HeldOut {
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

    /// Measures, and says what was found.
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

/// Texts with the places of the photos that they describe: captions, and labels in all their
/// wordings.
pub fn questions(described: &[Described]) -> Vec<(String, Vec<usize>)> {
    let mut questions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, one) in described.iter().enumerate() {
        for text in texts_of(one) {
            questions.entry(text).or_default().push(place);
        }
    }
    questions.into_iter().collect()
}
