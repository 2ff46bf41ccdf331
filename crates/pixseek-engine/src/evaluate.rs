//! How well a model does on photos that someone has described.

use crate::pixels::pixels_of;
use crate::prompts::{mean, wordings};
use crate::{Described, EngineError, Wording};
use pixseek_clip::{
    Classification, ComputeDevice, Embedding, Model, Pixels, Preprocess, Retrieval,
};
use pixseek_photos::{Budget, DecodeLimits, Photo, PhotoFile};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Photos that are decoded and encoded together.
const BATCH: usize = 64;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Captions, each of which should find its photo; none without captions.
    pub captions: Option<Retrieval>,
    /// Labels, each of which should find its photos.
    pub labels: Option<Retrieval>,
    /// Photos, each of which should choose its label among all.
    pub classes: Option<Classification>,
    /// Photos that could not be read, and why.
    pub failed: Vec<(PathBuf, String)>,
}

/// Measures `model` on `described`. Searches are exact, and labels are asked in the wordings of
/// a search. When `stop` becomes true, what was encoded so far is measured.
///
/// # Errors
///
/// When a tower fails.
pub fn evaluate(
    model: &Model,
    device: &ComputeDevice,
    described: &[Described],
    stop: &AtomicBool,
    progress: &mut dyn FnMut(usize),
) -> Result<Evaluation, EngineError> {
    let encoder = model.image_encoder(device)?;
    let budget = Budget::default();
    let mut photos: Vec<Embedding> = Vec::new();
    let mut of_photo: Vec<&Described> = Vec::new();
    let mut failed = Vec::new();
    for batch in described.chunks(BATCH) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let decoded: Vec<Result<Pixels, String>> = batch
            .par_iter()
            .map(|one| pixels(&one.file, encoder.preprocess(), &budget))
            .collect();
        let mut pixels = Vec::new();
        let mut of_pixels = Vec::new();
        for (one, decoded) in batch.iter().zip(decoded) {
            match decoded {
                Ok(decoded) => {
                    pixels.push(decoded);
                    of_pixels.push(one);
                }
                Err(reason) => failed.push((one.file.clone(), reason)),
            }
        }
        for (one, vector) in of_pixels.into_iter().zip(encoder.encode(&pixels)?) {
            match vector {
                Ok(vector) => {
                    photos.push(vector);
                    of_photo.push(one);
                }
                Err(error) => failed.push((one.file.clone(), error.to_string())),
            }
        }
        progress(photos.len() + failed.len());
    }

    let texts = model.text_encoder(device)?;
    let encode = |all: &[String]| -> Result<Vec<Embedding>, EngineError> {
        let mut vectors = Vec::with_capacity(all.len());
        for part in all.chunks(BATCH) {
            let part: Vec<&str> = part.iter().map(String::as_str).collect();
            vectors.extend(texts.encode(&part)?);
        }
        Ok(vectors)
    };
    let (captions, places): (Vec<String>, Vec<Vec<usize>>) = of_photo
        .iter()
        .enumerate()
        .flat_map(|(place, one)| {
            one.captions
                .iter()
                .map(move |text| (text.clone(), vec![place]))
        })
        .unzip();
    let captions: Vec<_> = encode(&captions)?.into_iter().zip(places).collect();

    let mut names: Vec<&str> = of_photo
        .iter()
        .filter_map(|one| one.label.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut labels = Vec::new();
    for name in &names {
        let wordings = encode(&wordings(name, Wording::Ensemble, model.is_like_embedded()))?;
        let places = of_photo.iter().enumerate();
        let places = places.filter(|(_, one)| one.label.as_deref() == Some(name));
        labels.push((
            Embedding::normalize(mean(&wordings))?,
            places.map(|(place, _)| place).collect::<Vec<_>>(),
        ));
    }
    let classes: Vec<Embedding> = labels.iter().map(|(label, _)| label.clone()).collect();
    let labelled: Vec<(Embedding, usize)> = photos
        .iter()
        .zip(&of_photo)
        .filter_map(|(photo, one)| {
            let class = names.binary_search(&one.label.as_deref()?).ok()?;
            Some((photo.clone(), class))
        })
        .collect();
    Ok(Evaluation {
        captions: (!captions.is_empty()).then(|| Retrieval::measure(&photos, &captions)),
        labels: (!labels.is_empty()).then(|| Retrieval::measure(&photos, &labels)),
        classes: (!labelled.is_empty()).then(|| Classification::measure(&labelled, &classes)),
        failed,
    })
}

/// Reads a photo, upright; a failure is the reason in words.
///
/// # Errors
///
/// When the file cannot be read or decoded.
pub fn read_photo(path: &Path) -> Result<Photo, String> {
    PhotoFile::read(path, DecodeLimits::default())
        .and_then(|file| file.decode())
        .map_err(|failure| failure.reason)
}

fn pixels(path: &Path, preprocess: &Preprocess, budget: &Budget) -> Result<Pixels, String> {
    let file = PhotoFile::read_within(path, DecodeLimits::default(), budget);
    file.and_then(|file| pixels_of(&file, preprocess))
        .map(|(pixels, _)| pixels)
        .map_err(|failure| failure.reason)
}
