//! Files that belong together and are one hit: a raw file and the camera's JPEG, a photo and the
//! short film that a phone made with it, a photo and its edited copy. They have a name in common.

#[cfg(test)]
mod tests;

use pixseek_index::{IndexError, PhotoFacts, PhotoRecord, Reader};
use pixseek_photos::is_raw_name;
use pixseek_record::path_of;

/// What programs append to the name of an edited copy.
const EDITED: [&str; 2] = ["-edited", "_edited"];
/// The name of an edited copy of `IMG_` by Apple's Photos.
const EDITED_START: &str = "IMG_E";
const START: &str = "IMG_";
/// Milliseconds of the longest film that belongs to a photo. Those of phones last three seconds.
const SHORT: u64 = 10_000;
/// Files of one name to look at.
const MOST: usize = 8;

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
    /// The folder, and the name that all have in common.
    pub name: Vec<u8>,
    pub kind: Kind,
}

impl Member {
    /// `None` for a film that is too long to belong to a photo.
    pub(super) fn of(path: &[u8], facts: &PhotoFacts) -> Option<Self> {
        if facts
            .film
            .as_ref()
            .is_some_and(|film| film.milliseconds > SHORT)
        {
            return None;
        }
        let (folder, file) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => path.split_at(slash + 1),
            None => path.split_at(0),
        };
        let stem = match file.iter().rposition(|byte| *byte == b'.') {
            Some(dot) if dot > 0 => &file[..dot],
            _ => file,
        };
        let (stem, is_edited) = unedited(stem);
        let kind = if facts.film.is_some() {
            Kind::Film
        } else if is_edited {
            Kind::Edited
        } else if is_raw_name(&path_of(path)) {
            Kind::Raw
        } else {
            Kind::Photo
        };
        Some(Self {
            name: [folder, &stem].concat(),
            kind,
        })
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
        for start in self.starts() {
            let found = reader.photos_beginning(&start, MOST)?;
            others.extend(found.into_iter().filter(|(path, record)| {
                Self::of(path, &record.facts).is_some_and(|other| self.belongs_to(&other))
            }));
        }
        Ok(others)
    }

    /// How the paths of this name begin.
    fn starts(&self) -> Vec<Vec<u8>> {
        let with = |end: &str| [&self.name[..], end.as_bytes(), b"."].concat();
        let mut starts = vec![with("")];
        starts.extend(EDITED.map(with));
        let file = self.name.iter().rposition(|byte| *byte == b'/');
        let (folder, file) = self.name.split_at(file.map_or(0, |slash| slash + 1));
        if let Some(rest) = file.strip_prefix(START.as_bytes()) {
            starts.push([folder, EDITED_START.as_bytes(), rest, b"."].concat());
        }
        starts
    }
}

/// The name of the photo that an edited copy was made from, and whether it is one.
fn unedited(stem: &[u8]) -> (Vec<u8>, bool) {
    for end in EDITED {
        if let Some(start) = stem.strip_suffix(end.as_bytes()) {
            return (start.to_vec(), true);
        }
    }
    match stem.strip_prefix(EDITED_START.as_bytes()) {
        Some(rest) if rest.first().is_some_and(u8::is_ascii_digit) => {
            ([START.as_bytes(), rest].concat(), true)
        }
        _ => (stem.to_vec(), false),
    }
}
