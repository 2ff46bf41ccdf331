//! How well a model does on photos that someone has described.

use crate::pixels::pixels_of;
use crate::prompts::{mean, wordings};
use crate::{Described, EngineError, Wording};
use pixseek_clip::{
    Classification, ComputeDevice, Embedding, ImageEncoder, Model, Pixels, Preprocess, Retrieval,
    TextEncoder,
};
use pixseek_photos::{Budget, DecodeLimits, Photo, PhotoFile};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Photos that are decoded and encoded together.
const BATCH: usize = 64;

/// Photos by which the encoder is chosen, as an index run does it.
const SAMPLE: usize = 8;

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

/// A described photo and its vector.
type Encoded<'a> = (&'a Described, Embedding);

/// Measures `model` on `described`. Photos travel as in an index run: JPEGs are decoded as far as
/// the model looks, and the fastest encoder that is right is taken. Searches are exact. A label
/// is asked in each of `templates`, in which `{}` stands for it, and the mean counts; without
/// templates, in the wordings of a search. When `stop` becomes true, what was encoded so far is
/// measured.
///
/// # Errors
///
/// When a tower fails.
pub fn evaluate(
    model: &Model,
    device: &ComputeDevice,
    described: &[Described],
    templates: &[String],
    stop: &AtomicBool,
) -> Result<Evaluation, EngineError> {
    let mut failed = Vec::new();
    let photos = encode_photos(model, device, described, stop, &mut failed)?;
    let texts = model.text_encoder(device)?;
    let vectors: Vec<Embedding> = photos.iter().map(|(_, vector)| vector.clone()).collect();

    let (captions, places): (Vec<String>, Vec<Vec<usize>>) = photos
        .iter()
        .enumerate()
        .flat_map(|(place, (one, _))| {
            one.captions
                .iter()
                .map(move |text| (text.clone(), vec![place]))
        })
        .unzip();
    let captions: Vec<_> = encode(&texts, &captions)?.into_iter().zip(places).collect();

    let mut names: Vec<&str> = photos
        .iter()
        .filter_map(|(one, _)| one.label.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut labels = Vec::new();
    for name in &names {
        let asked = if templates.is_empty() {
            wordings(name, Wording::Ensemble, model.is_like_embedded())
        } else {
            templates.iter().map(|of| of.replace("{}", name)).collect()
        };
        let places = photos.iter().enumerate();
        let places = places.filter(|(_, (one, _))| one.label.as_deref() == Some(name));
        labels.push((
            Embedding::normalize(mean(&encode(&texts, &asked)?))?,
            places.map(|(place, _)| place).collect::<Vec<_>>(),
        ));
    }
    let classes: Vec<Embedding> = labels.iter().map(|(label, _)| label.clone()).collect();
    let labelled: Vec<(Embedding, usize)> = photos
        .iter()
        .filter_map(|(one, photo)| {
            let class = names.binary_search(&one.label.as_deref()?).ok()?;
            Some((photo.clone(), class))
        })
        .collect();
    Ok(Evaluation {
        captions: (!captions.is_empty()).then(|| Retrieval::measure(&vectors, &captions)),
        labels: (!labels.is_empty()).then(|| Retrieval::measure(&vectors, &labels)),
        classes: (!labelled.is_empty()).then(|| Classification::measure(&labelled, &classes)),
        failed,
    })
}

/// Photos that can be read, with their vectors; the others go to `failed`.
fn encode_photos<'a>(
    model: &Model,
    device: &ComputeDevice,
    described: &'a [Described],
    stop: &AtomicBool,
    failed: &mut Vec<(PathBuf, String)>,
) -> Result<Vec<Encoded<'a>>, EngineError> {
    let preprocess = &model.config().preprocess;
    let budget = Budget::default();
    let mut encoder: Option<ImageEncoder> = None;
    let mut photos = Vec::new();
    for batch in described.chunks(BATCH) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let decoded: Vec<Result<Pixels, String>> = batch
            .par_iter()
            .map(|one| pixels(&one.file, preprocess, &budget))
            .collect();
        let (mut made, mut of_made) = (Vec::new(), Vec::new());
        for (one, decoded) in batch.iter().zip(decoded) {
            match decoded {
                Ok(decoded) => {
                    made.push(decoded);
                    of_made.push(one);
                }
                Err(reason) => failed.push((one.file.clone(), reason)),
            }
        }
        let encoder = match &mut encoder {
            Some(encoder) => encoder,
            empty => {
                let sample = &made[..made.len().min(SAMPLE)];
                let chosen = model.choose_image_encoder(None, device, sample)?;
                empty.insert(chosen.encoder)
            }
        };
        for (one, vector) in of_made.into_iter().zip(encoder.encode(&made)?) {
            match vector {
                Ok(vector) => photos.push((one, vector)),
                Err(error) => failed.push((one.file.clone(), error.to_string())),
            }
        }
    }
    Ok(photos)
}

fn encode(encoder: &TextEncoder, texts: &[String]) -> Result<Vec<Embedding>, EngineError> {
    let mut vectors = Vec::with_capacity(texts.len());
    for part in texts.chunks(BATCH) {
        let part: Vec<&str> = part.iter().map(String::as_str).collect();
        vectors.extend(encoder.encode(&part)?);
    }
    Ok(vectors)
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
