//! The background descriptions, as texts and as vectors.
//!
//! Their vectors depend on the model alone, and a large text tower takes seconds for them. So a
//! converted model keeps them in a file beside its weights, and every index with it reads them there.

#[cfg(test)]
mod tests;

use crate::prompts::{mean_direction, wordings};
use crate::{EngineError, Wording};
use pixseek_clip::{Adapter, ComputeDevice, Embedding, Model};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) const BACKGROUND: &str = include_str!("background.txt");

/// The file beside the weights: a BLAKE3 hash of what the vectors belong to and of the vectors, then
/// the vectors as little-endian `f32`.
const FILE: &str = "background";

/// Texts that are encoded at once.
const BATCH: usize = 96;

/// Descriptions of everyday things, which stand for the queries that people may type.
pub fn everyday_texts() -> impl Iterator<Item = &'static str> {
    BACKGROUND.lines()
}

/// The vectors of the background descriptions for one model, in all their wordings.
#[derive(Debug, PartialEq)]
pub struct Background {
    /// Of each description, its wordings.
    vectors: Vec<Vec<Embedding>>,
}

impl Background {
    /// Computes the vectors that a converted model lacks, and writes them beside its weights. An index
    /// run does so, too, when it needs them; with this, the first run need not. `on_texts` is told how many texts are encoded, and how many there are. Nothing is written if `stop`
    /// becomes true meanwhile.
    ///
    /// # Errors
    ///
    /// When the text tower fails or the file cannot be written.
    pub fn prepare(
        model: &Model,
        on: &ComputeDevice,
        stop: &AtomicBool,
        on_texts: &mut dyn FnMut(usize, usize),
    ) -> Result<(), EngineError> {
        let file = BackgroundFile::of(model)?.filter(|file| file.read().is_none());
        let Some(file) = file else {
            return Ok(());
        };
        match Self::encode(model, on, stop, on_texts)? {
            Some(background) => file.write(&background),
            None => Ok(()),
        }
    }

    /// The vectors that the model keeps, or that are computed now; `None` if `stop` became true meanwhile.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub(super) fn of(
        model: &Model,
        on: &ComputeDevice,
        stop: &AtomicBool,
    ) -> Result<Option<Self>, EngineError> {
        let file = BackgroundFile::of(model)?;
        if let Some(kept) = file.as_ref().and_then(BackgroundFile::read) {
            return Ok(Some(kept));
        }
        let background = Self::encode(model, on, stop, &mut |_, _| {})?;
        if let Some((file, background)) = file.zip(background.as_ref())
            && let Err(error) = file.write(background)
        {
            tracing::debug!("the next index with this model computes them again: {error}");
        }
        Ok(background)
    }

    fn encode(
        model: &Model,
        on: &ComputeDevice,
        stop: &AtomicBool,
        on_texts: &mut dyn FnMut(usize, usize),
    ) -> Result<Option<Self>, EngineError> {
        let texts = texts(model);
        let mut flat: Vec<(usize, &str)> = texts
            .iter()
            .flatten()
            .map(String::as_str)
            .enumerate()
            .collect();
        // A batch is computed at the length of its longest text.
        flat.sort_by_key(|(_, text)| text.len());
        let tower = model.text_encoder(on)?;
        let mut vectors = Vec::with_capacity(flat.len());
        for batch in flat.chunks(BATCH) {
            let texts: Vec<&str> = batch.iter().map(|(_, text)| *text).collect();
            let places = batch.iter().map(|(place, _)| *place);
            vectors.extend(places.zip(tower.encode(&texts)?));
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            on_texts(vectors.len(), flat.len());
        }
        vectors.sort_by_key(|(place, _)| *place);
        let mut vectors = vectors.into_iter().map(|(_, vector)| vector);
        let wordings = texts
            .iter()
            .map(|texts| vectors.by_ref().take(texts.len()).collect());
        Ok(Some(Self {
            vectors: wordings.collect(),
        }))
    }

    /// The mean direction of each description's wordings: `[B, E]`, unit vectors.
    pub(super) fn directions(&self, adapter: Option<&Adapter>) -> Vec<f32> {
        let direction = |wordings: &Vec<Embedding>| match adapter {
            None => mean_direction(wordings),
            Some(adapter) => {
                let wordings: Vec<Embedding> =
                    wordings.iter().map(|it| adapter.apply(it)).collect();
                mean_direction(&wordings)
            }
        };
        self.vectors.iter().flat_map(direction).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let values = self.vectors.iter().flatten().flat_map(Embedding::as_slice);
        values.flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// Each description's wordings for a model.
fn texts(model: &Model) -> Vec<Vec<String>> {
    let in_wordings = |text| wordings(text, Wording::Ensemble, model.is_like_embedded());
    everyday_texts().map(in_wordings).collect()
}

/// The file of a converted model.
struct BackgroundFile {
    path: PathBuf,
    texts: Vec<Vec<String>>,
    dimension: usize,
    /// Has read the model's fingerprint and the texts.
    hasher: blake3::Hasher,
}

impl BackgroundFile {
    /// Nothing is written into folders that pixseek did not make.
    fn of(model: &Model) -> Result<Option<Self>, EngineError> {
        let Some(folder) = model.folder().filter(|_| model.is_converted()) else {
            return Ok(None);
        };
        let texts = texts(model);
        let mut hasher = blake3::Hasher::new();
        hasher.update(model.fingerprint()?.as_bytes());
        for text in texts.iter().flatten() {
            hasher.update(b"\n").update(text.as_bytes());
        }
        Ok(Some(Self {
            path: folder.join(FILE),
            texts,
            dimension: model.dimension(),
            hasher,
        }))
    }

    /// `None` if there is no such file, or it is damaged, or of another model or other texts.
    fn read(&self) -> Option<Background> {
        let texts = self.texts.iter().flatten().count();
        let length = blake3::OUT_LEN + texts * self.dimension * size_of::<f32>();
        let written = std::fs::metadata(&self.path).ok()?.len();
        if written != length as u64 {
            return None;
        }
        let bytes = pixseek_files::read_regular(&self.path).ok()?;
        let (hash, values) = bytes.split_first_chunk::<{ blake3::OUT_LEN }>()?;
        if bytes.len() != length || self.hash(values) != *hash {
            return None;
        }
        let (values, _) = values.as_chunks();
        let values: Vec<f32> = values
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect();
        let vectors = values.chunks_exact(self.dimension).map(<[f32]>::to_vec);
        let mut vectors = vectors.map(|vector| Embedding::normalize(vector).ok());
        let texts = self.texts.iter();
        let wordings = texts.map(|texts| vectors.by_ref().take(texts.len()).collect());
        Some(Background {
            vectors: wordings.collect::<Option<_>>()?,
        })
    }

    fn write(&self, background: &Background) -> Result<(), EngineError> {
        let values = background.bytes();
        let hash = self.hash(&values);
        let bytes = [hash.as_bytes(), &values[..]].concat();
        pixseek_files::replace(&self.path, &bytes).map_err(|source| EngineError::ModelFile {
            path: self.path.clone(),
            source,
        })
    }

    fn hash(&self, values: &[u8]) -> blake3::Hash {
        self.hasher.clone().update(values).finalize()
    }
}
