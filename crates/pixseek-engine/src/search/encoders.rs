//! Encodes descriptions and pictures with an index's model.
//!
//! A tower is loaded when it is first needed. Vectors are cached, because an interactive search
//! asks for the same words and pictures again at every key.

use super::QueryVector;
use crate::identity::precision_of;
use crate::pictures::{Pictures, pixels_of};
use crate::prompts::{mean_direction, wordings};
use crate::texts::Texts;
use crate::{EngineError, PictureError, Wording};
use pixseek_clip::{Adapter, ComputeDevice, Embedding, ImageEncoder, Model, Precision};
use pixseek_index::Reader;
use pixseek_photos::{Workers, bytes_of};
use pixseek_record::Stamp;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Number of texts in one batch of the text tower.
const TEXT_BATCH: usize = 64;

/// The caches of descriptions and of pictures are cleared when they reach this size.
const REMEMBERED: usize = 1000;

/// Both towers of a model, with caches of their vectors.
pub(crate) struct Encoders {
    model: Model,
    device: ComputeDevice,
    adapter: Option<Adapter>,
    texts: OnceCell<Texts>,
    images: OnceCell<ImageEncoder>,
    descriptions: RefCell<HashMap<(String, Wording), Vec<f32>>>,
    /// Vectors of pictures, with the stamps that their files had when they were read.
    vectors: RefCell<HashMap<PathBuf, (Stamp, QueryVector)>>,
    pictures: Pictures,
}

impl Encoders {
    pub(super) fn new(model: Model, device: ComputeDevice, adapter: Option<Adapter>) -> Self {
        Self {
            model,
            device,
            adapter,
            texts: OnceCell::new(),
            images: OnceCell::new(),
            descriptions: RefCell::default(),
            vectors: RefCell::default(),
            pictures: Pictures::default(),
        }
    }

    pub(super) fn use_workers(&mut self, workers: Option<Workers>) {
        self.pictures = Pictures::default().with_workers(workers);
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    fn text_encoder(&self) -> Result<&Texts, EngineError> {
        if let Some(encoder) = self.texts.get() {
            return Ok(encoder);
        }
        let encoder = self.model.text_encoder(&self.device)?;
        let texts = Texts::new(encoder, self.adapter.clone());
        Ok(self.texts.get_or_init(|| texts))
    }

    fn image_encoder(&self, reader: &Reader) -> Result<&ImageEncoder, EngineError> {
        if let Some(encoder) = self.images.get() {
            return Ok(encoder);
        }
        // Without a precision there is no photo yet to compare with, so any precision will do.
        let precision = precision_of(reader.manifest())?.unwrap_or(Precision::F32);
        let encoder = self.model.image_encoder_in(precision, &self.device)?;
        Ok(self.images.get_or_init(|| encoder))
    }

    /// Encodes texts without further prompts, one vector each.
    pub(super) fn encode_texts(&self, texts: &[&str]) -> Result<Vec<QueryVector>, EngineError> {
        let encoder = self.text_encoder()?;
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(TEXT_BATCH) {
            vectors.extend(encoder.encode(batch)?.into_iter().map(QueryVector));
        }
        Ok(vectors)
    }

    /// The mean direction of a description's prompts.
    pub(crate) fn encode_description(
        &self,
        text: &str,
        wording: Wording,
    ) -> Result<Vec<f32>, EngineError> {
        let key = (text.to_owned(), wording);
        if let Some(known) = self.descriptions.borrow().get(&key) {
            return Ok(known.clone());
        }
        let texts = wordings(text, wording, self.model.is_like_embedded());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vector = mean_direction(&self.text_encoder()?.encode(&texts)?);
        let mut descriptions = self.descriptions.borrow_mut();
        if descriptions.len() >= REMEMBERED {
            descriptions.clear();
        }
        descriptions.insert(key, vector.clone());
        Ok(vector)
    }

    /// The vector of a picture: the stored one of an indexed photo, or else the file is encoded
    /// now. The result is cached until the file changes.
    pub(super) fn encode_picture(
        &self,
        file: &Path,
        reader: &Reader,
    ) -> Result<QueryVector, EngineError> {
        let refused = |source: PictureError| EngineError::Picture {
            path: file.into(),
            source,
        };
        let path = file.canonicalize().map_err(|error| refused(error.into()))?;
        let stamp = std::fs::metadata(&path).map_err(|error| refused(error.into()))?;
        let stamp = Stamp::of(&stamp);
        if let Some((known, vector)) = self.vectors.borrow().get(&path)
            && stamp.is_version_of(known)
        {
            return Ok(vector.clone());
        }
        let content = self.pictures.file(&path);
        let content = content.map_err(|failure| refused(failure.into()))?;
        let indexed = reader.photo_at(&bytes_of(&path))?;
        let indexed = indexed.filter(|(_, record)| record.content == content.hash());
        let vector = if let Some((vector, _)) = indexed {
            Embedding::normalize(vector)?
        } else {
            let encoder = self.image_encoder(reader)?;
            let (pixels, _) = pixels_of(&content, encoder.preprocess())
                .map_err(|failure| refused(failure.into()))?;
            let vectors = encoder.encode(&pixels)?.into_iter();
            mean(vectors.collect::<Result<Vec<_>, _>>()?)?
        };
        let vector = QueryVector(vector);
        let mut vectors = self.vectors.borrow_mut();
        if vectors.len() >= REMEMBERED {
            vectors.clear();
        }
        // Store the stamp of the content that was read, so that a later change is noticed.
        vectors.insert(path, (content.stamp(), vector.clone()));
        Ok(vector)
    }

    /// Tests call this to see whether the image tower's file can still be loaded.
    #[cfg(test)]
    pub(super) fn loads_images(&self) -> bool {
        self.model.image_encoder(&self.device).is_ok()
    }
}

/// The vector of a picture. A film stands for the mean direction of its key frames, as one that is
/// indexed does.
fn mean(mut vectors: Vec<Embedding>) -> Result<Embedding, EngineError> {
    match vectors.pop() {
        // A photo's vector stays as it is.
        Some(only) if vectors.is_empty() => Ok(only),
        last => {
            vectors.extend(last);
            Ok(Embedding::normalize(mean_direction(&vectors))?)
        }
    }
}
