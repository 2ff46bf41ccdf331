//! Files that belong together and are one hit: a raw file and the camera's JPEG, a photo and the
//! short film that a phone made with it, a photo and its edited copy. They have a [`FamilyName`] in
//! common.

#[cfg(test)]
mod tests;

use pixseek_index::{IndexError, PhotoFacts, PhotoRecord, Reader};
use pixseek_photos::is_raw_name;
use pixseek_record::{FamilyName, path_of};

/// What a file is to the others of its name, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Edited,
    Photo,
    Raw,
    Film,
}

/// A file's place among those of its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub name: FamilyName,
    pub kind: Kind,
}

impl Member {
    /// `None` for a film that is too long to belong to a photo.
    pub(super) fn of(path: &[u8], facts: &PhotoFacts) -> Option<Self> {
        if facts.film.is_some() && !facts.is_short_film() {
            return None;
        }
        let (name, is_edited) = FamilyName::of(path);
        let kind = if facts.film.is_some() {
            Kind::Film
        } else if is_edited {
            Kind::Edited
        } else if is_raw_name(&path_of(path)) {
            Kind::Raw
        } else {
            Kind::Photo
        };
        Some(Self { name, kind })
    }

    /// Whether two files belong together.
    pub(super) fn belongs_to(&self, other: &Self) -> bool {
        self.kind != other.kind && self.name == other.name
    }

    /// The other files that belong to this one.
    pub(super) fn others(
        &self,
        reader: &Reader,
    ) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let mut others = Vec::new();
        for start in self.name.starts() {
            let found = reader.photos_beginning(&start, FamilyName::LOOKED_AT)?;
            others.extend(found.into_iter().filter(|(path, record)| {
                Self::of(path, &record.facts).is_some_and(|other| self.belongs_to(&other))
            }));
        }
        Ok(others)
    }
}
