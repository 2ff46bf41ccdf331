//! The first step: turns an alternative of a query into a vector, words and a filter.

use super::encoders::Encoders;
use crate::calibrate::{Calibration, Moments};
use crate::language::{picture_file, with_resolved_folders};
use crate::prompts::normalized;
use crate::{EngineError, Names, Wording};
use pixseek_index::{Passing, Phrase, Reader, search_terms, words};
use pixseek_query::{Alternative, Subject};

/// Words that are frequent in sentences and rare in names, dates and places.
const STOP_WORDS: [&str; 48] = [
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "from", "for", "with", "without", "and",
    "or", "not", "no", "is", "are", "was", "be", "it", "its", "this", "that", "there", "here",
    "some", "my", "our", "his", "her", "their", "me", "i", "we", "you", "he", "she", "they", "up",
    "down", "out", "into", "over", "photo", "picture", "image",
];

/// Words that often precede the name of a place or a time.
const BEFORE_NAMES: [&str; 4] = ["in", "at", "from", "near"];
/// Weight of a word behind one of [`BEFORE_NAMES`]; others have weight 1. Chosen with the
/// experiment `fusion`.
const NAME_WEIGHT: f64 = 2.0;

/// One alternative, prepared for retrieval.
pub(super) struct Plan {
    /// The direction that ranks photos; `None` if the query only has words to look up, or nothing.
    pub direction: Option<Direction>,
    /// Unit vectors of the negative terms, each with the moments of its cosines in the library.
    pub negatives: Vec<(Vec<f32>, Moments)>,
    /// Words and phrases to look up, folded in the same way as the index folds them.
    pub phrases: Vec<Phrase>,
    /// The photos that pass the filter; `None` if all do.
    pub passing: Option<Passing>,
}

/// A direction in the model's space that ranks photos.
pub(super) struct Direction {
    /// A unit vector.
    pub vector: Vec<f32>,
    /// The share of words in the vector, 0 to 1; the rest is pictures. `None` if the direction only
    /// leads away from negative terms: a photo that is farther away is no better match.
    pub words: Option<f32>,
}

impl Plan {
    /// A plan that ranks photos by their cosine with a vector, which is counted as a picture.
    pub(super) fn like(vector: Vec<f32>) -> Self {
        Self {
            direction: Some(Direction {
                vector,
                words: Some(0.0),
            }),
            negatives: Vec::new(),
            phrases: Vec::new(),
            passing: None,
        }
    }

    /// Whether the plan can rank photos; otherwise everything that passes the filter is found.
    pub(super) fn describes(&self) -> bool {
        self.direction.is_some() || !self.phrases.is_empty()
    }
}

/// Makes the plans of a query's alternatives.
pub(super) struct Planner<'a> {
    pub reader: &'a Reader,
    pub encoders: &'a Encoders,
    pub names: &'a Names,
    pub calibration: Option<&'a Calibration>,
    pub wording: Wording,
}

/// A part of a query, as a vector with its weight.
struct Weighed {
    vector: Vec<f32>,
    moments: Moments,
    weight: f32,
    is_words: bool,
}

impl Planner<'_> {
    pub(super) fn plan(&self, alternative: &Alternative) -> Result<Plan, EngineError> {
        let passing = (!alternative.filter.is_open())
            .then(|| {
                self.reader
                    .filter(&with_resolved_folders(&alternative.filter))
            })
            .transpose()?;
        let mut parts = Vec::new();
        let mut phrases = Vec::new();
        for part in &alternative.parts {
            match &part.subject {
                Subject::Text(text) => phrases.push(Phrase::from(words(text))),
                Subject::Words(text) => {
                    if part.weight > 0.0 {
                        phrases.extend(names(text));
                    }
                    let dimension = self.encoders.model().dimension();
                    let (rest, prototypes) = self.names.extract(text, dimension);
                    for vector in prototypes {
                        parts.push(self.weighed(vector, part.weight, false));
                    }
                    if rest == *text || !names(&rest).is_empty() {
                        let vector = self.encoders.encode_description(&rest, self.wording)?;
                        parts.push(self.weighed(vector, part.weight, true));
                    }
                }
                Subject::Picture(file) => {
                    let file = picture_file(file);
                    let vector = self.encoders.encode_picture(&file, self.reader)?;
                    let vector = vector.as_slice().to_vec();
                    parts.push(self.weighed(vector, part.weight, false));
                }
            }
        }
        phrases.retain(|phrase| !phrase.words.is_empty());
        phrases.sort_by(|a, b| a.words.cmp(&b.words).then(b.weight.total_cmp(&a.weight)));
        phrases.dedup_by(|a, b| a.words == b.words);
        let (negatives, wanted): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|part| part.weight < 0.0);
        let direction = if wanted.is_empty() {
            combined(&negatives).map(|vector| (vector, None))
        } else {
            combined(&wanted).map(|vector| (vector, Some(share_of_words(&wanted))))
        };
        Ok(Plan {
            direction: direction.map(|(vector, words)| Direction { vector, words }),
            negatives: negatives
                .into_iter()
                .map(|part| (part.vector, part.moments))
                .collect(),
            phrases,
            passing,
        })
    }

    fn weighed(&self, vector: Vec<f32>, weight: f32, is_words: bool) -> Weighed {
        let even = Moments {
            mean: 0.0,
            deviation: 1.0,
        };
        Weighed {
            moments: self
                .calibration
                .map_or(even, |calibration| calibration.moments(&vector)),
            vector,
            weight,
            is_words,
        }
    }
}

fn share_of_words(parts: &[Weighed]) -> f32 {
    let weight = |of: &dyn Fn(&&Weighed) -> bool| -> f32 {
        parts.iter().filter(of).map(|part| part.weight).sum()
    };
    weight(&|part| part.is_words) / weight(&|_| true).max(f32::MIN_POSITIVE)
}

/// The weighted sum of unit vectors, scaled to length 1. Each is divided by the deviation of its
/// cosines in the library, so that a picture, whose cosines spread wide, does not outweigh words.
fn combined(parts: &[Weighed]) -> Option<Vec<f32>> {
    let first = parts.first()?;
    let mut sum = vec![0.0; first.vector.len()];
    for part in parts {
        for (sum, value) in sum.iter_mut().zip(&part.vector) {
            *sum += value * part.weight / part.moments.deviation;
        }
    }
    let sum = normalized(sum);
    sum.iter().any(|value| *value != 0.0).then_some(sum)
}

/// The words of a description that may be part of a name. A word behind one of `BEFORE_NAMES` most
/// likely is: "a street in Italy", "a party in June".
fn names(text: &str) -> Vec<Phrase> {
    let terms = search_terms(text);
    let terms = terms.iter().map(String::as_str);
    let before = std::iter::once("").chain(terms.clone());
    terms
        .zip(before)
        .filter(|(term, _)| !STOP_WORDS.contains(term))
        .map(|(term, before)| Phrase {
            words: term.into(),
            weight: if BEFORE_NAMES.contains(&before) {
                NAME_WEIGHT
            } else {
                1.0
            },
        })
        .collect()
}
