//! The tree `meta`: values that exist once in an epoch.

use super::{Catalog, Counts, encode};
use crate::manifest::MOST_COUNTED;
use crate::rows::MOST_ROWS;
use crate::{IndexError, ModelIdentity};

pub(super) const ROWS: &[u8] = b"rows";
pub(super) const COUNTS: &[u8] = b"counts";
pub(super) const COMMIT: &[u8] = b"commit";
pub(super) const ERASURE: &[u8] = b"erasure";
const MODEL: &[u8] = b"model";
const PRECISION: &[u8] = b"precision";
const GENERATION: &[u8] = b"generation";
const HEADER: &[u8] = b"header";

impl Catalog {
    /// The number of committed rows.
    pub(crate) fn rows(&self) -> Result<u32, IndexError> {
        let value = self.meta(ROWS)?;
        let rows = value.map_or(Ok(0), |value| self.number(&value))?;
        if rows > MOST_ROWS {
            return Err(self.damaged("it has more rows than an index can have"));
        }
        Ok(rows)
    }

    /// The numbers of photos and failures. Every transaction updates them, because sled's `len`
    /// reads the whole tree.
    pub(crate) fn counts(&self) -> Result<Counts, IndexError> {
        let value = self.meta(COUNTS)?;
        value.map_or(Ok(Counts::default()), |value| self.decode(&value))
    }

    /// The model of the vectors; `None` until it is set.
    pub(crate) fn model(&self) -> Result<Option<ModelIdentity>, IndexError> {
        let value = self.meta(MODEL)?;
        value
            .map(|value| {
                serde_json::from_slice(&value).map_err(|error| self.damaged(&error.to_string()))
            })
            .transpose()
    }

    pub(crate) fn set_model(&self, model: &ModelIdentity) -> Result<(), IndexError> {
        let json = serde_json::to_vec(model).map_err(|error| self.damaged(&error.to_string()))?;
        self.set_meta(MODEL, json)
    }

    /// The name of the precision, a copy of the one in `MANIFEST`.
    pub(crate) fn precision(&self) -> Result<Option<String>, IndexError> {
        let name = self.meta(PRECISION)?;
        name.map(|name| {
            String::from_utf8(name.to_vec()).map_err(|error| self.damaged(&error.to_string()))
        })
        .transpose()
    }

    pub(crate) fn set_precision(&self, name: &str) -> Result<(), IndexError> {
        self.set_meta(PRECISION, name.into())
    }

    /// The number of the last commit.
    pub(crate) fn commit(&self) -> Result<u64, IndexError> {
        self.count(COMMIT)
    }

    /// The last generation whose publication was begun.
    pub(crate) fn generation(&self) -> Result<u64, IndexError> {
        self.count(GENERATION)
    }

    pub(crate) fn set_generation(&self, generation: u64) -> Result<(), IndexError> {
        self.set_meta(GENERATION, encode(&generation))
    }

    /// Whether the index still has traces of forgotten photos.
    pub(crate) fn owes_erasure(&self) -> Result<bool, IndexError> {
        Ok(self.meta(ERASURE)?.is_some())
    }

    pub(crate) fn set_erasure(&self) -> Result<(), IndexError> {
        self.set_meta(ERASURE, Vec::new())
    }

    /// A copy of the vector file's header, for the case that it is damaged: without it no row can
    /// be decoded.
    pub(crate) fn header(&self) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.meta(HEADER)?.map(|value| value.to_vec()))
    }

    pub(crate) fn set_header(&self, header: &[u8]) -> Result<(), IndexError> {
        self.set_meta(HEADER, header.to_vec())
    }

    fn count(&self, key: &[u8]) -> Result<u64, IndexError> {
        let value = self.meta(key)?;
        let count = value.map_or(Ok(0), |value| self.decode(&value))?;
        if count > MOST_COUNTED {
            return Err(self.damaged("it counts further than an index can"));
        }
        Ok(count)
    }

    fn meta(&self, key: &[u8]) -> Result<Option<sled::IVec>, IndexError> {
        self.sled().meta.get(key).map_err(|e| self.failed(e))
    }

    fn set_meta(&self, key: &[u8], value: Vec<u8>) -> Result<(), IndexError> {
        self.sled()
            .meta
            .insert(key, value)
            .map_err(|e| self.failed(e))?;
        self.flush()
    }
}
