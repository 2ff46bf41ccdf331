//! Measures how well a model finds and labels described photos.

use crate::{Described, LabError};
use pixseek_clip::{
    Classification, ComputeDevice, Embedding, ImageEncoder, Model, Pixels, Retrieval, TextEncoder,
};
use pixseek_engine::{Failure, FailureKind, Pictures, Wording, mean_direction, wordings};
use pixseek_photos::{DecodeLimits, Photo, PhotoFile};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Number of photos in one batch.
const BATCH: usize = 64;

/// Number of photos that choose the fastest encoder, as in an index run.
const SAMPLE: usize = 8;

/// The results.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// How well captions find their photos; `None` without captions.
    pub captions: Option<Retrieval>,
    /// How well labels find their photos; `None` without labels.
    pub labels: Option<Retrieval>,
    /// How well photos choose their label among all; `None` without labels.
    pub classes: Option<Classification>,
    /// Photos that could not be measured.
    pub failed: Vec<(PathBuf, Failure)>,
}

/// A described photo and its vector.
type Encoded<'a> = (&'a Described, Embedding);

/// Measures `model` on `described`. Photos are processed as in an index run: JPEGs are decoded at
/// the size that the model needs, and the fastest correct encoder is used. Searches are exact. A
/// label is encoded with each of `templates`, in which `{}` stands for it, and their mean counts;
/// without templates, with the prompts of a search. If `stop` becomes true, the photos encoded so
/// far are measured.
///
/// # Errors
///
/// Fails when a tower fails.
pub fn evaluate(
    model: &Model,
    device: &ComputeDevice,
    described: &[Described],
    templates: &[String],
    stop: &AtomicBool,
) -> Result<Evaluation, LabError> {
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
            Embedding::normalize(mean_direction(&encode(&texts, &asked)?))?,
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

/// Encodes the photos that can be read; the others are added to `failed`.
fn encode_photos<'a>(
    model: &Model,
    device: &ComputeDevice,
    described: &'a [Described],
    stop: &AtomicBool,
    failed: &mut Vec<(PathBuf, Failure)>,
) -> Result<Vec<Encoded<'a>>, LabError> {
    let preprocess = &model.config().preprocess;
    let pictures = Pictures::default();
    let mut encoder: Option<ImageEncoder> = None;
    let mut photos = Vec::new();
    for batch in described.chunks(BATCH) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let decoded: Vec<Result<Pixels, Failure>> = batch
            .par_iter()
            .map(|one| pictures.pixels(&one.file, preprocess))
            .collect();
        let (mut made, mut of_made) = (Vec::new(), Vec::new());
        for (one, decoded) in batch.iter().zip(decoded) {
            match decoded {
                Ok(decoded) => {
                    made.push(decoded);
                    of_made.push(one);
                }
                Err(failure) => failed.push((one.file.clone(), failure)),
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
                Err(error) => {
                    let failure = Failure::new(FailureKind::NotEncoded, error.to_string());
                    failed.push((one.file.clone(), failure));
                }
            }
        }
    }
    Ok(photos)
}

fn encode(encoder: &TextEncoder, texts: &[String]) -> Result<Vec<Embedding>, LabError> {
    let mut vectors = Vec::with_capacity(texts.len());
    for part in texts.chunks(BATCH) {
        let part: Vec<&str> = part.iter().map(String::as_str).collect();
        vectors.extend(encoder.encode(&part)?);
    }
    Ok(vectors)
}

/// Reads a photo, upright.
///
/// # Errors
///
/// Fails when the file cannot be read or decoded.
pub fn read_photo(path: &Path) -> Result<Photo, Failure> {
    PhotoFile::read(path, DecodeLimits::default())?.decode()
}
