//! Names that a person taught with photos: "rex" becomes the mean direction of the photos of Rex.
//!
//! In a description a name stands for its photos: "rex on a beach" searches for photos that are
//! like those of Rex and like "on a beach". A prototype is the mean of unit vectors (prototypical
//! networks, Snell et al. 2017); two or three photos that show little else work best.

use crate::prompts::{dot, normalized};
use crate::{EngineError, QueryVector, json_attachment};
use pixseek_index::Attachment;
use pixseek_query::is_plain_words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The taught names of an index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    names: BTreeMap<String, Prototype>,
}

/// The mean direction of the photos that taught a name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Prototype {
    photos: usize,
    /// The sum of the photos' unit vectors: more photos can be added to it.
    sum: Vec<f32>,
}

/// The most common words of descriptions. A name must not be one of them, because it would change
/// most searches.
const COMMON: [&str; 20] = [
    "a", "an", "and", "are", "at", "by", "for", "from", "in", "is", "it", "my", "of", "on", "or",
    "the", "this", "to", "with", "without",
];

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

    /// Teaches a name, or adds photos to a known one. Names are stored in lower case. Returns the
    /// number of its photos.
    ///
    /// # Errors
    ///
    /// Fails when no search could have the name: it has signs of the query language, or is one of
    /// the commonest words.
    pub fn add(&mut self, name: &str, photos: &[QueryVector]) -> Result<usize, EngineError> {
        let is_one_line = !name.contains(char::is_control);
        let name = folded(name);
        if !is_one_line
            || !is_plain_words(&name)
            || name.split(' ').all(|word| COMMON.contains(&word))
        {
            return Err(EngineError::TaughtName(name));
        }
        let dimension = photos.first().map_or(0, |photo| photo.as_slice().len());
        let prototype = self.names.entry(name).or_default();
        // The vectors of another model say nothing in this one's space.
        if prototype.sum.len() != dimension {
            *prototype = Prototype {
                photos: 0,
                sum: vec![0.0; dimension],
            };
        }
        for photo in photos {
            for (sum, value) in prototype.sum.iter_mut().zip(photo.as_slice()) {
                *sum += value;
            }
        }
        prototype.photos += photos.len();
        Ok(prototype.photos)
    }

    /// Removes a name; returns whether it existed.
    pub fn remove(&mut self, name: &str) -> bool {
        self.names.remove(&folded(name)).is_some()
    }

    /// The number of photos that taught a name; `None` for an unknown one.
    #[must_use]
    pub fn photos(&self, name: &str) -> Option<usize> {
        let prototype = self.names.get(&folded(name))?;
        Some(prototype.photos)
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
                let vector = normalized(prototype.sum.clone());
                let fits = vector.len() == dimension && dot(&vector, &vector) > 0.5;
                fits.then_some((end, vector))
            });
            if let Some((end, vector)) = found {
                vectors.push(vector);
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
    use crate::QueryVector;
    use pixseek_clip::Embedding;

    #[test]
    fn names_are_extracted_from_descriptions() {
        let mut names = Names::default();
        for (name, vector) in [("rex", [1.0, 0.0]), ("grandma's house", [0.0, 1.0])] {
            let prototype = Prototype {
                photos: 2,
                sum: vector.to_vec(),
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
        assert!(names.remove("REX") && !names.remove("rex"));
    }

    #[test]
    fn names_that_no_search_could_have_are_refused() {
        let mut names = Names::default();
        let photo = [QueryVector(Embedding::normalize(vec![1.0, 0.0]).unwrap())];
        for name in ["tag:x", "@x", "-x", "a", "on the", "OR", "(x)", "x^2", "  "] {
            assert!(names.add(name, &photo).is_err(), "{name}");
        }
        assert_eq!(names.add("Rex", &photo).unwrap(), 1);
        assert_eq!(names.add("rex", &photo).unwrap(), 2);
        assert_eq!(names.photos("REX"), Some(2));
    }
}
