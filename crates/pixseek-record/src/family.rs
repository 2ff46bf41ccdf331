//! The names of files that belong together: a raw file and the camera's JPEG, a photo and the short
//! film that a phone made with it, a photo and its edited copy.

use crate::{FilmFacts, PhotoFacts};

/// What programs append to the name of an edited copy.
const EDITED: [&str; 2] = ["-edited", "_edited"];
/// The name of an edited copy of `IMG_` by Apple's Photos.
const EDITED_START: &str = "IMG_E";
const START: &str = "IMG_";
/// Milliseconds of the longest film that belongs to a photo. Those of phones last three seconds.
const SHORT: u64 = 10_000;

/// The name that the files of one photo have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FamilyName(Vec<u8>);

impl FamilyName {
    /// Of paths with one beginning, so many are looked at: of `a.`, also `a.1.jpg`, which has another name.
    pub const LOOKED_AT: usize = 64;

    /// The name of a path's bytes, and whether the file is an edited copy.
    #[must_use]
    pub fn of(path: &[u8]) -> (Self, bool) {
        let (folder, file) = split(path);
        let stem = match file.iter().rposition(|byte| *byte == b'.') {
            Some(dot) if dot > 0 => &file[..dot],
            _ => file,
        };
        let (stem, is_edited) = unedited(stem);
        (Self([folder, &stem].concat()), is_edited)
    }

    /// The folder and the common part of the file names.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How the paths of this name begin. Other paths may begin so, too.
    #[must_use]
    pub fn starts(&self) -> Vec<Vec<u8>> {
        let with = |end: &str| [&self.0[..], end.as_bytes(), b"."].concat();
        let mut starts = vec![with("")];
        starts.extend(EDITED.map(with));
        let (folder, file) = split(&self.0);
        if let Some(rest) = file.strip_prefix(START.as_bytes()) {
            starts.push([folder, EDITED_START.as_bytes(), rest, b"."].concat());
        }
        starts
    }
}

impl PhotoFacts {
    /// Whether it is a film that is short enough to belong to a photo.
    #[must_use]
    pub fn is_short_film(&self) -> bool {
        let film = self.film.as_ref();
        film.and_then(FilmFacts::duration)
            .is_some_and(|duration| duration <= SHORT)
    }
}

/// A path's folder with its slash, and the name in it.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    path.split_at(slash.map_or(0, |slash| slash + 1))
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

#[cfg(test)]
mod tests {
    use super::FamilyName;

    #[test]
    fn files_of_one_photo_have_one_name() {
        for (path, name, is_edited) in [
            ("/p/IMG_1.HEIC", "/p/IMG_1", false),
            ("/p/IMG_1.MOV", "/p/IMG_1", false),
            ("/p/IMG_1-edited.jpg", "/p/IMG_1", true),
            ("/p/a_edited.jpg", "/p/a", true),
            ("/p/IMG_E1234.JPG", "/p/IMG_1234", true),
            ("/p/IMG_Eve.jpg", "/p/IMG_Eve", false),
            ("/p.q/a", "/p.q/a", false),
            ("/p/.hidden", "/p/.hidden", false),
            ("a.jpg", "a", false),
        ] {
            let (found, edited) = FamilyName::of(path.as_bytes());
            assert_eq!((found.bytes(), edited), (name.as_bytes(), is_edited));
            let starts = found.starts();
            let has_ending = path.rsplit('/').next().unwrap().find('.').unwrap_or(0) > 0;
            let begins = starts
                .iter()
                .any(|start| path.as_bytes().starts_with(start));
            assert_eq!(begins, has_ending, "{path}");
        }
    }
}
