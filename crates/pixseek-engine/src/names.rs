//! Names that a person taught with photos: "rex" becomes the mean direction of the photos of Rex.
//!
//! In a description a name stands for its photos: "rex on a beach" searches for photos that are
//! like those of Rex and like "on a beach". A prototype is the mean of unit vectors (prototypical
//! networks, Snell et al. 2017); two or three photos that show little else work best.

use crate::prompts::{dot, normalized};
use crate::{EngineError, QueryVector, json_attachment};
use pixseek_index::Attachment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The taught names of an index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    names: BTreeMap<String, Prototype>,
}

/// The mean direction of the photos that taught a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Prototype {
    photos: usize,
    vector: Vec<f32>,
}

impl Names {
    /// Reads the names of an index.
    ///
    /// # Errors
    ///
    /// Fails when their file is damaged.
    pub fn read(index: &Path) -> Result<Self, EngineError> {
        json_attachment::read(index, Attachment::Names)
    }

    /// Changes the names while no other process does. Returns the result of `change`.
    ///
    /// # Errors
    ///
    /// Fails when their file is damaged, or a write fails.
    pub fn update<R>(index: &Path, change: impl FnOnce(&mut Self) -> R) -> Result<R, EngineError> {
        json_attachment::update(index, Attachment::Names, change)
    }

    /// Teaches a name or replaces its prototype. Names are stored in lower case.
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

    /// Forgets a name; returns whether it existed.
    pub fn forget(&mut self, name: &str) -> bool {
        self.names.remove(&folded(name)).is_some()
    }

    /// The names, each with the number of photos that taught it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        let names = self.names.iter();
        names.map(|(name, prototype)| (name.as_str(), prototype.photos))
    }

    /// Splits a description into the text without its names, and the vectors of the names.
    pub(crate) fn extract(&self, text: &str, dimension: usize) -> (String, Vec<Vec<f32>>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut rest: Vec<&str> = Vec::new();
        let mut vectors = Vec::new();
        let mut at = 0;
        while at < words.len() {
            // Prefer the longest name that begins at this word.
            let found = (at + 1..=words.len()).rev().find_map(|end| {
                let prototype = self.names.get(&folded(&words[at..end].join(" ")))?;
                // Skip a name that was taught with another model.
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
    fn names_are_extracted_from_descriptions() {
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
                names.extract(text, 2),
                (rest.into(), taken.iter().map(|v| v.to_vec()).collect())
            );
        }
        assert_eq!(names.extract("rex", 3).1, Vec::<Vec<f32>>::new());
        assert!(names.forget("REX") && !names.forget("rex"));
    }
}
