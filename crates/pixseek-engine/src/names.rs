//! Names that a person has taught: "rex" is the mean direction of some photos.
//!
//! In a description a name stands for its photos: "rex on a beach" is what is like them, and
//! "on a beach". A prototype is the mean of unit vectors (prototypical networks, Snell et al.
//! 2017); two or three photos that show little else do best.

use crate::prompts::{dot, normalized};
use crate::{EngineError, QueryVector, kept};
use pixseek_index::Attachment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The names of an index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    names: BTreeMap<String, Prototype>,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Prototype {
    photos: usize,
    vector: Vec<f32>,
}

impl Names {
    /// The names that an index has.
    ///
    /// # Errors
    ///
    /// When they are damaged.
    pub fn read(index: &Path) -> Result<Self, EngineError> {
        kept::read(index, Attachment::Names)
    }

    /// Changes them while no other process does. Returns what `change` returns.
    ///
    /// # Errors
    ///
    /// When they are damaged, or a write fails.
    pub fn update<R>(index: &Path, change: impl FnOnce(&mut Self) -> R) -> Result<R, EngineError> {
        kept::update(index, Attachment::Names, change)
    }

    /// Teaches a name, or teaches it anew. Names are lower case.
    pub fn teach(&mut self, name: &str, photos: &[QueryVector]) {
        let mut sum = vec![0.0; photos.first().map_or(0, |photo| photo.as_slice().len())];
        for photo in photos {
            for (sum, value) in sum.iter_mut().zip(photo.as_slice()) {
                *sum += value;
            }
        }
        let prototype = Prototype {
            photos: photos.len(),
            vector: normalized(sum),
        };
        self.names.insert(folded(name), prototype);
    }

    /// Forgets a name; says whether there was one.
    pub fn forget(&mut self, name: &str) -> bool {
        self.names.remove(&folded(name)).is_some()
    }

    /// Names, and how many photos taught each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        let names = self.names.iter();
        names.map(|(name, prototype)| (name.as_str(), prototype.photos))
    }

    /// Takes the names out of a description: what is left of it, and their vectors.
    pub(crate) fn take(&self, text: &str, dimension: usize) -> (String, Vec<Vec<f32>>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut rest: Vec<&str> = Vec::new();
        let mut vectors = Vec::new();
        let mut at = 0;
        while at < words.len() {
            // The longest name that begins here.
            let found = (at + 1..=words.len()).rev().find_map(|end| {
                let prototype = self.names.get(&folded(&words[at..end].join(" ")))?;
                // One of another model means nothing here.
                let fits = prototype.vector.len() == dimension
                    && dot(&prototype.vector, &prototype.vector) > 0.5;
                fits.then_some((end, &prototype.vector))
            });
            if let Some((end, vector)) = found {
                vectors.push(vector.clone());
                at = end;
            } else {
                rest.push(words[at]);
                at += 1;
            }
        }
        (rest.join(" "), vectors)
    }
}

fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{Names, Prototype};

    #[test]
    fn names_are_taken_out_of_descriptions() {
        let mut names = Names::default();
        for (name, vector) in [("rex", [1.0, 0.0]), ("grandma's house", [0.0, 1.0])] {
            let prototype = Prototype {
                photos: 2,
                vector: vector.to_vec(),
            };
            names.names.insert(name.into(), prototype);
        }
        for (text, rest, taken) in [
            ("rex on a beach", "on a beach", vec![[1.0, 0.0]]),
            (
                "Rex at Grandma's  house",
                "at",
                vec![[1.0, 0.0], [0.0, 1.0]],
            ),
            ("t-rex", "t-rex", vec![]),
            ("grandma's", "grandma's", vec![]),
        ] {
            assert_eq!(
                names.take(text, 2),
                (rest.into(), taken.iter().map(|v| v.to_vec()).collect())
            );
        }
        assert_eq!(names.take("rex", 3).1, Vec::<Vec<f32>>::new());
        assert!(names.forget("REX") && !names.forget("rex"));
    }
}
