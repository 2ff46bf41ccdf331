//! An alternative of a query as vectors, words and a filter.

use super::{FindOptions, REMEMBERED, Searcher};
use crate::calibrate::Moments;
use crate::language::{index_filter, picture_file};
use crate::prompts::{mean, normalized, wordings};
use crate::{Alternative, EngineError, Subject, Wording};
use pixseek_index::{Passing, Phrase, search_terms, words};

/// How much a part that is taken away counts against those that are wanted.
const AWAY: f32 = 0.5;

/// Words that names, dates and places rarely have and sentences do.
const STOP_WORDS: [&str; 48] = [
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "from", "for", "with", "without", "and",
    "or", "not", "no", "is", "are", "was", "be", "it", "its", "this", "that", "there", "here",
    "some", "my", "our", "his", "her", "their", "me", "i", "we", "you", "he", "she", "they", "up",
    "down", "out", "into", "over", "photo", "picture", "image",
];

/// Words in front of the name of a place or a time.
const BEFORE_NAMES: [&str; 4] = ["in", "at", "from", "near"];
/// What such a name counts beside other words, chosen with `examples/fusion.rs`.
const NAMED: f64 = 2.0;

/// What to retrieve.
pub(super) struct Plan {
    /// Unit vector of all parts together; `None` when nothing describes.
    pub vector: Option<Vec<f32>>,
    /// The same of what is wanted alone, which scores are measured with.
    pub wanted: Option<Wanted>,
    /// What is taken away.
    pub away: Vec<(Vec<f32>, Moments)>,
    /// Words and phrases, folded as the index folds them.
    pub phrases: Vec<Phrase>,
    /// Photos that pass the filter; `None` when all do.
    pub passing: Option<Passing>,
}

impl Plan {
    /// Whether there is anything to rank by; else everything that passes is found.
    pub(super) fn describes(&self) -> bool {
        self.vector.is_some() || !self.phrases.is_empty()
    }
}

/// What hits should be like.
pub(super) struct Wanted {
    /// A unit vector.
    pub vector: Vec<f32>,
    /// The part of it that is words, 0 to 1; the rest is pictures.
    pub words: f32,
}

impl Wanted {
    /// A picture, or photos that taught a name.
    pub(super) fn picture(vector: Vec<f32>) -> Self {
        Self { vector, words: 0.0 }
    }
}

struct Weighed {
    vector: Vec<f32>,
    moments: Moments,
    weight: f32,
    is_words: bool,
}

impl Searcher {
    pub(super) fn plan(
        &self,
        alternative: &Alternative,
        options: &FindOptions,
    ) -> Result<Plan, EngineError> {
        let passing = (!alternative.filter.is_open())
            .then(|| self.reader.filter(&index_filter(&alternative.filter)))
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
                    let (rest, taught) = self.names.take(text, self.model.dimension());
                    for vector in taught {
                        parts.push(self.weighed(vector, part.weight, false));
                    }
                    if rest == *text || !names(&rest).is_empty() {
                        let vector = self.described(&rest, options.wording)?;
                        parts.push(self.weighed(vector, part.weight, true));
                    }
                }
                Subject::Picture(file) => {
                    let vector = self.picture(&picture_file(file))?.as_slice().to_vec();
                    parts.push(self.weighed(vector, part.weight, false));
                }
            }
        }
        phrases.retain(|phrase| !phrase.words.is_empty());
        phrases.sort_by(|a, b| a.words.cmp(&b.words).then(b.weight.total_cmp(&a.weight)));
        phrases.dedup_by(|a, b| a.words == b.words);
        let vector = combined(&parts);
        let (away, parts): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.weight < 0.0);
        let weight = |of: &dyn Fn(&&Weighed) -> bool| -> f32 {
            parts.iter().filter(of).map(|part| part.weight).sum()
        };
        let words = weight(&|part| part.is_words) / weight(&|_| true).max(f32::MIN_POSITIVE);
        let wanted = combined(&parts).map(|vector| Wanted { vector, words });
        Ok(Plan {
            vector,
            wanted,
            away: away
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
                .as_ref()
                .map_or(even, |calibration| calibration.moments(&vector)),
            vector,
            weight,
            is_words,
        }
    }

    /// The mean direction of a description's wordings.
    pub(crate) fn described(&self, text: &str, wording: Wording) -> Result<Vec<f32>, EngineError> {
        let key = (text.to_owned(), wording);
        if let Some(known) = self.described.borrow().get(&key) {
            return Ok(known.clone());
        }
        let texts = wordings(text, wording, self.model.is_like_embedded());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vector = mean(&self.text_encoder()?.encode(&texts)?);
        let mut described = self.described.borrow_mut();
        if described.len() >= REMEMBERED {
            described.clear();
        }
        described.insert(key, vector.clone());
        Ok(vector)
    }
}

/// The weighted sum of unit vectors, each through its deviation in the library, so that a
/// picture, whose cosines spread wide, does not outweigh words. Scaled to length 1.
fn combined(parts: &[Weighed]) -> Option<Vec<f32>> {
    let first = parts.first()?;
    let mut sum = vec![0.0; first.vector.len()];
    for part in parts {
        let weight = if part.weight < 0.0 {
            AWAY * part.weight
        } else {
            part.weight
        };
        for (sum, value) in sum.iter_mut().zip(&part.vector) {
            *sum += value * weight / part.moments.deviation;
        }
    }
    let sum = normalized(sum);
    sum.iter().any(|value| *value != 0.0).then_some(sum)
}

/// The words of a description that a name may have. Right behind one of `BEFORE_NAMES` most
/// likely stands one: "a street in Italy", "a party in June".
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
                NAMED
            } else {
                1.0
            },
        })
        .collect()
}
