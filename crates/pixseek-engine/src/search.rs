//! From a query to hits, one step per file: `plan` turns a query into vectors, words and filters,
//! `retrieve` finds the best rows of a plan, `fuse` merges the rows of all alternatives, `score`
//! gives each row one number, `fold` puts near-duplicates behind one hit. `find` calls them;
//! [`Searcher`] is the public interface.

mod dupes;
mod encoders;
mod family;
mod find;
mod fold;
mod fuse;
mod plan;
mod retrieve;
mod score;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use dupes::{Group, Likeness};
pub(crate) use encoders::Encoders;
pub use find::{Answer, Explanation, FindOptions, Folding, Hit, MatchedFile, Order, Shown};
pub use vocabulary::vocabulary_of;

use crate::calibrate::Calibration;
use crate::identity::model_named_in;
use crate::tag::{Labels, TagOptions, tag};
use crate::texts::StoredAdapter;
use crate::{EngineError, Names, Query, Vocabulary, Wording, query_context};
use pixseek_clip::{ComputeDevice, Embedding, Model};
use pixseek_index::{Attachment, GivenLabels, Manifest, Reader, Stamp};
use pixseek_photos::Workers;
use plan::{Plan, Planner};
use std::path::Path;

/// A unit vector to search with, in the model's space.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryVector(pub(crate) Embedding);

impl QueryVector {
    /// The unit vector.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        self.0.as_slice()
    }
}

/// A published index, opened with the model that encoded it.
pub struct Searcher {
    reader: Reader,
    encoders: Encoders,
    calibration: Option<Calibration>,
    names: Names,
    /// Messages about attachments (names, adapter) that could not be read.
    attachment_damage: Vec<EngineError>,
    /// The version of the file of the calibration.
    calibrated: Option<Stamp>,
}

/// The version of the file with an index's calibration; `None` if there is none.
fn calibrated(index: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(Attachment::Calibration.path(index));
    file.ok().map(|file| Stamp::of(&file))
}

impl Searcher {
    /// Opens the last published state. `model` replaces the one that the index names, in case its
    /// folder has moved.
    ///
    /// # Errors
    ///
    /// Fails when there is no index, it is damaged, or its model is not installed.
    pub fn open(
        index: &Path,
        model: Option<Model>,
        device: ComputeDevice,
    ) -> Result<Self, EngineError> {
        let reader = Reader::open(index)?;
        let model = match model {
            None => model_named_in(reader.manifest())?,
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
        let mut attachment_damage = Vec::new();
        let names = Names::read(index).unwrap_or_else(|error| {
            attachment_damage.push(error);
            Names::default()
        });
        let adapter = StoredAdapter::read(index, reader.manifest()).unwrap_or_else(|error| {
            attachment_damage.push(error);
            StoredAdapter::default()
        });
        // Before reading it, so that a later one is noticed.
        let calibrated = calibrated(index);
        // Without a valid calibration hits have no scores, but they are still found; the next index
        // run measures it again.
        let calibration = Calibration::read(&reader).unwrap_or_else(|error| {
            attachment_damage.push(error);
            None
        });
        Ok(Self {
            calibration: calibration.filter(|known| known.is_with(&adapter)),
            names,
            attachment_damage,
            calibrated,
            reader,
            encoders: Encoders::new(model, device, adapter.adapter),
        })
    }

    /// Has `workers` decode the pictures of queries that may hurt; without them, this process decodes
    /// all of them.
    #[must_use]
    pub fn with_workers(mut self, workers: Option<Workers>) -> Self {
        self.encoders.use_workers(workers);
        self
    }

    /// The folder of the index.
    #[must_use]
    pub fn index(&self) -> &Path {
        self.reader.index()
    }

    /// Number of photos in the opened state.
    #[must_use]
    pub fn photo_count(&self) -> u64 {
        self.reader.manifest().photos
    }

    /// Number of publications up to the opened state.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.reader.manifest().generation
    }

    /// Whether another state has been published since this one was opened, or the library has been
    /// calibrated again: an index run does that behind the publication.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        let manifest = Manifest::read(self.index());
        let is_newer = |manifest: Manifest| manifest.generation != self.generation();
        manifest.is_ok_and(is_newer) || calibrated(self.index()) != self.calibrated
    }

    /// Messages about the damaged parts of the index that searches have skipped so far.
    #[must_use]
    pub fn damage(&self) -> Vec<String> {
        self.reader.damage()
    }

    /// What is damaged of the files beside the index: searches do without them.
    #[must_use]
    pub fn damaged_attachments(&self) -> &[EngineError] {
        &self.attachment_damage
    }

    /// Whether hits have scores: an index run has calibrated this library.
    #[must_use]
    pub fn is_calibrated(&self) -> bool {
        self.calibration.is_some()
    }

    /// Finds the photos that a query describes.
    ///
    /// # Errors
    ///
    /// Fails when a picture of the query cannot be read, the text tower fails, or the index is
    /// damaged.
    pub fn find(&self, query: &Query, options: &FindOptions) -> Result<Answer, EngineError> {
        let name = self.reader.manifest().model.name.to_lowercase();
        let is_ours = |model: &Option<String>| {
            let model = model.as_ref();
            model.is_none_or(|model| name.contains(model))
        };
        let planner = Planner {
            reader: &self.reader,
            encoders: &self.encoders,
            names: &self.names,
            calibration: self.calibration.as_ref(),
            wording: options.wording,
        };
        let plans = query
            .alternatives
            .iter()
            .filter(|alternative| is_ours(&alternative.model))
            .map(|alternative| planner.plan(alternative))
            .collect::<Result<Vec<_>, _>>()?;
        find::find(&self.reader, self.calibration.as_ref(), &plans, options)
    }

    /// Whether a text describes photos by what they show, apart from their names and notes. Teaching
    /// it as a name then changes searches that have it.
    #[must_use]
    pub fn describes_photos(&self, text: &str) -> bool {
        let options = FindOptions {
            limit: 20,
            ..FindOptions::default()
        };
        let query = Query::parse(text, query_context());
        let answer = query
            .ok()
            .and_then(|query| self.find(&query, &options).ok());
        let shows =
            |hit: &Hit| hit.score.is_some() && hit.cosine.is_some() && hit.coverage.is_none();
        answer.is_some_and(|answer| answer.hits.iter().any(shows))
    }

    /// Finds the photos nearest to a vector.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn find_like(
        &self,
        query: &QueryVector,
        options: &FindOptions,
    ) -> Result<Answer, EngineError> {
        let plan = Plan::like(query.as_slice().to_vec());
        find::find(&self.reader, self.calibration.as_ref(), &[plan], options)
    }

    /// Groups the photos that are alike, the largest group first. Near duplicates take one search
    /// per photo, about 3 ms on two cores among 100,000 photos; `on_photo` receives the number of
    /// photos done.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn duplicates(
        &self,
        likeness: Likeness,
        on_photo: &mut dyn FnMut(u64),
    ) -> Result<Vec<Group>, EngineError> {
        dupes::duplicates(&self.reader, likeness, on_photo)
    }

    /// Computes the best labels of every photo.
    ///
    /// # Errors
    ///
    /// Fails when the text tower fails.
    pub fn tag(&self, options: &TagOptions) -> Result<Labels<'_>, EngineError> {
        Ok(Labels {
            tags: tag(&self.reader, &self.encoders, options)?,
            reader: &self.reader,
        })
    }

    /// The labels that were stored last; `None` if there are none.
    ///
    /// # Errors
    ///
    /// Fails when they are damaged.
    pub fn labels(&self) -> Result<Option<Labels<'_>>, EngineError> {
        Labels::stored(&self.reader)
    }

    /// The labels that a person gave to photos.
    ///
    /// # Errors
    ///
    /// Fails when they are damaged.
    pub fn given_labels(&self) -> Result<GivenLabels, EngineError> {
        Ok(GivenLabels::read(self.reader.index())?)
    }

    /// The cameras, folders, names and other terms of the index, each once, for completion.
    ///
    /// # Errors
    ///
    /// Fails when a part of the index is damaged.
    pub fn vocabulary(&self) -> Result<Vocabulary, EngineError> {
        vocabulary::vocabulary(&self.reader, &self.names)
    }

    /// Encodes texts without further prompts, one vector each.
    ///
    /// # Errors
    ///
    /// Fails when the text tower fails.
    pub fn encode_texts(&self, texts: &[&str]) -> Result<Vec<QueryVector>, EngineError> {
        self.encoders.encode_texts(texts)
    }

    /// Encodes a description, with several prompts if it is short.
    ///
    /// # Errors
    ///
    /// Fails when the text tower fails.
    pub fn encode_description(
        &self,
        text: &str,
        wording: Wording,
    ) -> Result<QueryVector, EngineError> {
        let vector = self.encoders.encode_description(text, wording)?;
        Ok(QueryVector(Embedding::normalize(vector)?))
    }

    /// The vector of a picture: the stored one of an indexed photo, or else the file is encoded
    /// now. The result is cached until the file changes.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be decoded, or the image tower fails.
    pub fn encode_picture(&self, file: &Path) -> Result<QueryVector, EngineError> {
        self.encoders.encode_picture(file, &self.reader)
    }
}
