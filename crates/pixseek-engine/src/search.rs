//! From a query to hits: plan, retrieve, score, fold.

mod dupes;
mod find;
mod fold;
mod plan;
mod score;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use dupes::{Group, Likeness};
pub use find::{Answer, FindOptions, Folding, Found, Line, Order, Planned};

use crate::calibrate::Calibration;
use crate::identity::{model_of, precision_of};
use crate::pixels::pixels_of;
use crate::texts::{KeptAdapter, Texts};
use crate::{EngineError, Names, Wording};
use pixseek_clip::{Adapter, ComputeDevice, Embedding, ImageEncoder, Model, Precision};
use pixseek_index::{Manifest, PhotoRecord, Plan, Reader, RowFilter, RowId, SearchMode};
use pixseek_photos::{DecodeLimits, FileStamp, PhotoFile, bytes_of};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Texts that are encoded together.
const TEXT_BATCH: usize = 64;

/// What is looked for, in the model's space.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryVector(Embedding);

impl QueryVector {
    pub(crate) fn as_slice(&self) -> &[f32] {
        self.0.as_slice()
    }
}

/// A photo near to a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// Cosine with the query, in `-1..=1`; comparable within one model only.
    pub score: f32,
    /// What is known of the photo.
    pub record: PhotoRecord,
}

/// A published index and the model that it was made with.
pub struct Searcher {
    reader: Reader,
    model: Model,
    device: ComputeDevice,
    calibration: Option<Calibration>,
    names: Names,
    adapter: Option<Adapter>,
    /// What a person keeps beside the index and cannot be read.
    kept_damage: Vec<String>,
    text_encoder: OnceCell<Texts>,
    image_encoder: OnceCell<ImageEncoder>,
    /// Pictures that were asked before, and what their files were then: `like:FILE` is asked
    /// again with every letter that is typed behind it.
    pictures: RefCell<HashMap<PathBuf, (FileStamp, QueryVector)>>,
    /// Descriptions that were asked before: someone who types asks the same words again.
    described: RefCell<HashMap<(String, Wording), Vec<f32>>>,
    /// How near photos lie to descriptions in general, for the same reason.
    hubness: RefCell<HashMap<RowId, f32>>,
}

/// Descriptions and pictures that are remembered; then all are forgotten.
const REMEMBERED: usize = 1000;

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
        let mut kept_damage = Vec::new();
        let names = Names::read(index).unwrap_or_else(|error| {
            kept_damage.push(error.to_string());
            Names::default()
        });
        let adapter = KeptAdapter::read(index, reader.manifest()).unwrap_or_else(|error| {
            kept_damage.push(error.to_string());
            KeptAdapter::default()
        });
        // One that is damaged, or was measured with texts that are encoded differently now, costs
        // the scores, not the search; the next index run makes it again.
        let calibration = Calibration::read(&reader).ok().flatten();
        Ok(Self {
            calibration: calibration.filter(|known| known.is_with(&adapter)),
            names,
            adapter: adapter.adapter,
            kept_damage,
            reader,
            model,
            device,
            text_encoder: OnceCell::new(),
            image_encoder: OnceCell::new(),
            pictures: RefCell::default(),
            described: RefCell::default(),
            hubness: RefCell::default(),
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

    /// What was found damaged so far and done without.
    #[must_use]
    pub fn damage(&self) -> Vec<String> {
        let mut damage = self.reader.damage();
        damage.extend(self.kept_damage.iter().cloned());
        damage
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// Whether scores have a meaning in this library; an index run measures it.
    #[must_use]
    pub fn is_calibrated(&self) -> bool {
        self.calibration.is_some()
    }

    fn text_encoder(&self) -> Result<&Texts, EngineError> {
        if let Some(encoder) = self.text_encoder.get() {
            return Ok(encoder);
        }
        let encoder = self.model.text_encoder(&self.device)?;
        let texts = Texts::new(encoder, self.adapter.clone());
        Ok(self.text_encoder.get_or_init(|| texts))
    }

    /// A description in words, as it is.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn words(&self, text: &str) -> Result<QueryVector, EngineError> {
        let mut vectors = self.all_words(&[text])?;
        vectors.pop().ok_or(EngineError::Worker)
    }

    /// A description, in several wordings if it is short.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn description(&self, text: &str, wording: Wording) -> Result<QueryVector, EngineError> {
        Ok(QueryVector(Embedding::normalize(
            self.described(text, wording)?,
        )?))
    }

    /// Many descriptions, one vector each.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn all_words(&self, texts: &[&str]) -> Result<Vec<QueryVector>, EngineError> {
        let encoder = self.text_encoder()?;
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(TEXT_BATCH) {
            vectors.extend(encoder.encode(batch)?.into_iter().map(QueryVector));
        }
        Ok(vectors)
    }

    /// A picture: an indexed photo's own vector, or a file that is encoded now. A file that was
    /// asked for before and has not changed is not read again.
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
        let stamp = std::fs::metadata(&path).map_err(|error| refused(error.to_string()))?;
        let stamp = FileStamp::of(&stamp);
        if let Some((known, vector)) = self.pictures.borrow().get(&path)
            && stamp.is_version_of(known)
        {
            return Ok(vector.clone());
        }
        let content = PhotoFile::read(&path, DecodeLimits::default())
            .map_err(|failure| refused(failure.reason))?;
        let indexed = self.reader.photo_at(&bytes_of(&path))?;
        let indexed = indexed.filter(|(_, record)| record.content == content.hash());
        let vector = if let Some((vector, _)) = indexed {
            Embedding::normalize(vector)?
        } else {
            let encoder = self.image_encoder()?;
            let (pixels, _) = pixels_of(&content, encoder.preprocess())
                .map_err(|failure| refused(failure.reason))?;
            let mut vectors = encoder.encode(&[pixels])?;
            vectors.pop().ok_or(EngineError::Worker)??
        };
        let vector = QueryVector(vector);
        let mut pictures = self.pictures.borrow_mut();
        if pictures.len() >= REMEMBERED {
            pictures.clear();
        }
        // The stamp of what was read: a file that changes again is read again.
        pictures.insert(path, (content.stamp(), vector.clone()));
        Ok(vector)
    }

    fn image_encoder(&self) -> Result<&ImageEncoder, EngineError> {
        if let Some(encoder) = self.image_encoder.get() {
            return Ok(encoder);
        }
        // Without a precision there is no photo to compare with.
        let precision = precision_of(self.manifest())?.unwrap_or(Precision::F32);
        let encoder = self.model.image_encoder_in(precision, &self.device)?;
        Ok(self.image_encoder.get_or_init(|| encoder))
    }

    /// The `k` photos nearest to a vector, near or not.
    ///
    /// # Errors
    ///
    /// When a part of the index that the answer needs is damaged.
    pub fn nearest(
        &self,
        query: &QueryVector,
        k: usize,
        mode: SearchMode,
    ) -> Result<(Vec<Hit>, Plan), EngineError> {
        let (rows, plan) = self
            .reader
            .nearest(query.0.as_slice(), k, mode, RowFilter::All)?;
        let mut hits = Vec::new();
        for (row, score) in rows {
            if hits.len() >= k {
                break;
            }
            // Paths of one content stand together.
            let photos = self.reader.photos_of(row, None)?.into_iter();
            hits.extend(photos.map(|(path, record)| Hit {
                path,
                score,
                record,
            }));
        }
        hits.truncate(k);
        Ok((hits, plan))
    }
}
