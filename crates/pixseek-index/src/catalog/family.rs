//! The files that belong to a photo by their names.

use super::Catalog;
use crate::{IndexError, PhotoRecord};
use pixseek_record::FamilyName;

impl Catalog {
    /// The other files of a path's name. Takes a few look-ups, however many photos there are.
    pub(crate) fn family(&self, path: &[u8]) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let (name, _) = FamilyName::of(path);
        let mut family = Vec::new();
        for start in name.starts() {
            let entries = self
                .sled()
                .photos
                .scan_prefix(&start)
                .take(FamilyName::LOOKED_AT);
            let is_other = |other: &[u8]| other != path && FamilyName::of(other).0 == name;
            let others =
                entries.filter(|entry| entry.as_ref().map_or(true, |(key, _)| is_other(key)));
            for entry in others {
                let (other, value) = entry.map_err(|e| self.failed(e))?;
                family.push((other.to_vec(), self.decode(&value)?));
            }
        }
        Ok(family)
    }

    /// Whether a short film belongs to a photo: in its file, or beside it under its name, as that of a
    /// Live Photo. One that is offline counts.
    pub(crate) fn has_motion(&self, path: &[u8], record: &PhotoRecord) -> Result<bool, IndexError> {
        let facts = &record.facts;
        let is_short = |(_, other): &(_, PhotoRecord)| other.facts.is_short_film();
        Ok(facts.has_motion || facts.film.is_none() && self.family(path)?.iter().any(is_short))
    }
}
