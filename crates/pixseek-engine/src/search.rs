//! From a query to hits.

use crate::EngineError;
use crate::identity::model_of;
use pixseek_clip::{ComputeDevice, Embedding, Model, Rgb};
use pixseek_index::{Hit, Manifest, Plan, Reader, SearchMode};
use pixseek_photos::{DecodeLimits, PhotoFile, bytes_of};
use std::path::Path;

/// Texts that are encoded together.
const TEXT_BATCH: usize = 64;

/// What is looked for, in the model's space.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryVector(Embedding);

/// Hits, best first, and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The hits.
    pub hits: Vec<Hit>,
    /// The plan.
    pub plan: Plan,
}

/// A published index and the model that it was made with.
pub struct Searcher {
    reader: Reader,
    model: Model,
    device: ComputeDevice,
}

impl Searcher {
    /// Opens the last published state; `model` replaces the one that the index names, for
    /// when its folder has moved.
    ///
    /// # Errors
    ///
    /// When there is no index, it is damaged, or its model is not here.
    pub fn open(
        index: &Path,
        model: Option<Model>,
        device: ComputeDevice,
    ) -> Result<Self, EngineError> {
        let reader = Reader::open(index)?;
        let model = match model {
            None => model_of(reader.manifest())?,
            Some(model) if model.fingerprint()? == reader.manifest().model.fingerprint => model,
            Some(model) => {
                return Err(pixseek_index::IndexError::OtherModel {
                    index: index.into(),
                    indexed: reader.manifest().model.name.clone(),
                    wanted: model.name().into(),
                }
                .into());
            }
        };
        Ok(Self {
            reader,
            model,
            device,
        })
    }

    /// What is published.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.reader.manifest()
    }

    /// The index that is searched.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// A description in words.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn words(&self, text: &str) -> Result<QueryVector, EngineError> {
        let mut vectors = self.all_words(&[text])?;
        vectors.pop().ok_or(EngineError::Worker)
    }

    /// Many descriptions, one vector each.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn all_words(&self, texts: &[&str]) -> Result<Vec<QueryVector>, EngineError> {
        let encoder = self.model.text_encoder(&self.device)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(TEXT_BATCH) {
            vectors.extend(encoder.encode(batch)?.into_iter().map(QueryVector));
        }
        Ok(vectors)
    }

    /// A picture: an indexed photo's own vector, or a file that is encoded now.
    ///
    /// # Errors
    ///
    /// When the file cannot be decoded, or the image tower fails.
    pub fn picture(&self, file: &Path) -> Result<QueryVector, EngineError> {
        let refused = |reason: String| EngineError::Picture {
            path: file.into(),
            reason,
        };
        let path = file
            .canonicalize()
            .map_err(|error| refused(error.to_string()))?;
        let content = PhotoFile::read(&path, DecodeLimits::default())
            .map_err(|failure| refused(failure.reason))?;
        if let Some((vector, record)) = self.reader.photo_at(&bytes_of(&path))?
            && record.content == content.hash()
        {
            return Ok(QueryVector(Embedding::normalize(vector)?));
        }
        let photo = content
            .decode()
            .map_err(|failure| refused(failure.reason))?;
        let (width, height) = photo.image.dimensions();
        let image = Rgb::new(width, height, photo.image.as_raw())
            .ok_or_else(|| refused("it has no pixels".into()))?;
        let encoder = self.model.image_encoder(&self.device)?;
        let pixels = encoder.preprocess().pixels(image);
        let vector = encoder
            .encode(&[pixels])?
            .pop()
            .ok_or(EngineError::Worker)?;
        Ok(QueryVector(vector?))
    }

    /// The best `k` photos.
    ///
    /// # Errors
    ///
    /// When a part of the index that the answer needs is damaged.
    pub fn search(
        &self,
        query: &QueryVector,
        k: usize,
        mode: SearchMode,
    ) -> Result<Answer, EngineError> {
        let (hits, plan) = self.reader.search(query.0.as_slice(), k, mode)?;
        Ok(Answer { hits, plan })
    }
}
