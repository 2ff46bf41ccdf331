//! From a query to hits, a step a file: `plan` (a query as vectors, words and filters), `retrieve`
//! (the best rows of a plan), `fuse` (the rows of all alternatives), `score` (one number for each),
//! `fold` (near-duplicates behind one hit). `find` calls them; [`Searcher`] is the front.

mod dupes;
mod encoders;
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
pub use find::{Answer, Explanation, FindOptions, Folding, Found, Order, Shown};

use crate::calibrate::Calibration;
use crate::identity::model_of;
use crate::tag::{TagOptions, tag};
use crate::texts::KeptAdapter;
use crate::{EngineError, Names, Query, Vocabulary, Wording};
use pixseek_clip::{ComputeDevice, Embedding, Model};
use pixseek_index::{Manifest, Reader, Tags};
use plan::{Plan, Planner};
use std::path::Path;

/// What is looked for, in the model's space.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryVector(Embedding);

impl QueryVector {
    /// The unit vector.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        self.0.as_slice()
    }
}

/// A published index and the model that it was made with.
pub struct Searcher {
    reader: Reader,
    encoders: Encoders,
    calibration: Option<Calibration>,
    names: Names,
    /// What a person keeps beside the index and cannot be read.
    kept_damage: Vec<String>,
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
            kept_damage,
            reader,
            encoders: Encoders::new(model, device, adapter.adapter),
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

    /// Whether scores have a meaning in this library; an index run measures it.
    #[must_use]
    pub fn is_calibrated(&self) -> bool {
        self.calibration.is_some()
    }

    /// Finds what a query asks for.
    ///
    /// # Errors
    ///
    /// When a picture of the query cannot be read, the text tower fails, or the index is
    /// damaged.
    pub fn find(&self, query: &Query, options: &FindOptions) -> Result<Answer, EngineError> {
        let name = self.manifest().model.name.to_lowercase();
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

    /// Finds what is like a vector.
    ///
    /// # Errors
    ///
    /// When the index is damaged.
    pub fn find_like(
        &self,
        query: &QueryVector,
        options: &FindOptions,
    ) -> Result<Answer, EngineError> {
        let plan = Plan::like(query.as_slice().to_vec());
        find::find(&self.reader, self.calibration.as_ref(), &[plan], options)
    }

    /// Groups of photos that are alike, the largest first. Near ones take a search for each
    /// photo, which `on_photo` counts: on two cores 3 ms among 100,000 photos.
    ///
    /// # Errors
    ///
    /// When the index is damaged.
    pub fn duplicates(
        &self,
        likeness: Likeness,
        on_photo: &mut dyn FnMut(u64),
    ) -> Result<Vec<Group>, EngineError> {
        dupes::duplicates(&self.reader, likeness, on_photo)
    }

    /// Labels every photo.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn tag(&self, options: &TagOptions) -> Result<Tags, EngineError> {
        tag(&self.reader, &self.encoders, options)
    }

    /// Cameras, folders, names and the like, each once: what completes words.
    ///
    /// # Errors
    ///
    /// When a part of the index is damaged.
    pub fn vocabulary(&self) -> Result<Vocabulary, EngineError> {
        vocabulary::vocabulary(&self.reader, &self.names)
    }

    /// Texts as they are, one vector each.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn encode_texts(&self, texts: &[&str]) -> Result<Vec<QueryVector>, EngineError> {
        self.encoders.encode_texts(texts)
    }

    /// A description, in several wordings if it is short.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub fn encode_description(
        &self,
        text: &str,
        wording: Wording,
    ) -> Result<QueryVector, EngineError> {
        let vector = self.encoders.encode_description(text, wording)?;
        Ok(QueryVector(Embedding::normalize(vector)?))
    }

    /// A picture: an indexed photo's own vector, or a file that is encoded now. A file that was
    /// asked for before and has not changed is not read again.
    ///
    /// # Errors
    ///
    /// When the file cannot be decoded, or the image tower fails.
    pub fn encode_picture(&self, file: &Path) -> Result<QueryVector, EngineError> {
        self.encoders.encode_picture(file, &self.reader)
    }
}
