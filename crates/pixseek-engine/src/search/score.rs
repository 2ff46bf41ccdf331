//! The fourth step: computes how well a photo answers, as the one number that orders hits and is
//! printed beside them.
//!
//! A photo answers by its vector, by its words, or by both; the two scores are
//! combined as independent evidence: 1 - (1 - by vector) * (1 - by words). The score by words is the square of the share of words that the photo
//! has: a photo that has a full name is what was searched for, and one that shares a word in four
//! is not. The experiment `fusion` measures words and vectors alone and together. Rejected:
//! reciprocal rank fusion, whose order did not agree with the scores (99, 91, 88, 92, 81).
//!
//! Of photos that have the same share of words, one that lies nearer to the description never has
//! the lower score. Therefore the nearest rows of each such group are enough to find the best of
//! all (`retrieve.rs`).

use super::plan::{Direction, Plan};
use crate::calibrate::Calibration;
use crate::prompts::dot;
use pixseek_index::{Manifest, Penalties, RowId, WordMatch};
use std::cmp::Ordering;

/// The score that counts as a match, in `0..=1`.
const MATCH: f32 = 0.5;

/// A negative term counts from two standard deviations above the mean similarity; each further one
/// halves the photo's score.
const NEGATIVE_FROM: f32 = 2.0;

/// The sort key of a hit: first by score, then by merit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// The score, 0 to 1; `None` if nothing was described, or the library is not calibrated.
    pub score: Option<f32>,
    /// Decides between equal scores, and orders hits without scores.
    pub merit: f32,
}

impl Standing {
    /// The standing of a photo that only had to pass a filter: a match, like a photo on the line.
    pub(super) fn unscored(merit: f32) -> Self {
        Self { score: None, merit }
    }

    pub(super) fn is_match(&self) -> bool {
        self.score.is_none_or(|score| score >= MATCH)
    }

    /// Orders the better one first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let score = |of: &Self| of.score.unwrap_or(MATCH);
        (score(other).total_cmp(&score(self))).then(other.merit.total_cmp(&self.merit))
    }
}

/// A retrieved row, before its photos are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub row: RowId,
    /// Index of the query's alternative that it answers.
    pub alternative: usize,
    /// Cosine with the description.
    pub cosine: Option<f32>,
    /// The share of the words that it has; `None` if it has none.
    pub coverage: Option<f32>,
    pub standing: Standing,
}

impl Candidate {
    /// Orders the better one first, and equally good rows by their number, so that answers are
    /// reproducible.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.standing
            .order(&other.standing)
            .then(self.row.cmp(&other.row))
    }
}

/// Scores photos for one plan.
#[derive(Clone, Copy)]
pub(super) struct Scorer<'a> {
    pub plan: &'a Plan,
    pub calibration: Option<&'a Calibration>,
}

impl<'a> Scorer<'a> {
    /// Whether photos get scores; otherwise each photo that passes the filter is a match.
    pub(super) fn has_scores(&self) -> bool {
        match &self.plan.direction {
            None => self.plan.describes(),
            Some(_) if self.calibration.is_none() => false,
            Some(direction) => direction.words.is_some() || !self.plan.phrases.is_empty(),
        }
    }

    /// The penalties that are subtracted from the cosines with a direction before rows are ranked.
    pub(super) fn penalties(
        &self,
        direction: &Direction,
        manifest: &Manifest,
    ) -> Option<Penalties<'a>> {
        let words = direction.words.filter(|words| *words > 0.0)?;
        Some(self.calibration?.penalties(manifest, words))
    }

    /// The standing of a photo by its words alone, for a query that describes nothing else.
    pub(super) fn by_words(words: &WordMatch) -> Standing {
        Standing {
            score: Some(words.coverage * words.coverage),
            merit: words.bm25,
        }
    }

    /// The standing of a photo. `nearness` is its cosine minus its penalty, `coverage` its share of
    /// the words, and `negative` the factor of the negative terms, 0 to 1.
    pub(super) fn standing(&self, nearness: f32, coverage: f32, negative: f32) -> Standing {
        let by_words = coverage * coverage;
        let Some(calibration) = self.calibration else {
            return Standing::unscored(nearness + by_words);
        };
        let wanted = self.plan.direction.as_ref().and_then(|of| of.words);
        let by_vector = wanted.map_or(0.0, |words| calibration.score(nearness, words));
        let score = (1.0 - (1.0 - by_vector) * (1.0 - by_words)) * negative;
        Standing {
            score: self.has_scores().then_some(score),
            merit: nearness,
        }
    }

    /// The factor by which negative terms lower a photo's score: 1 unless it clearly shows one of
    /// them.
    pub(super) fn negative_factor(&self, photo: Option<&Vec<f32>>) -> f32 {
        let Some(photo) = photo else {
            return 1.0;
        };
        let factors = self.plan.negatives.iter().map(|(vector, moments)| {
            let z = (dot(vector, photo) - moments.mean) / moments.deviation;
            (NEGATIVE_FROM - z).min(0.0).exp2()
        });
        factors.product()
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Standing};
    use pixseek_index::RowId;

    fn made(row: u32, score: Option<f32>, merit: f32) -> Candidate {
        Candidate {
            row: RowId(row),
            alternative: 0,
            cosine: None,
            coverage: None,
            standing: Standing { score, merit },
        }
    }

    #[test]
    fn the_score_comes_first_then_the_merit_then_the_row() {
        let mut all = [
            made(4, Some(0.5), 0.9),
            made(3, Some(1.0), 0.1),
            made(2, Some(1.0), 0.2),
            made(1, Some(0.5), 0.9),
        ];
        all.sort_by(Candidate::order);
        assert_eq!(all.map(|of| of.row.0), [2, 3, 1, 4]);
    }

    /// With `sushi OR in:library`, photos that pass the filter rank before photos that sushi scores
    /// below the line.
    #[test]
    fn photos_that_pass_a_filter_rank_before_photos_below_the_line() {
        let mut all = [
            made(1, Some(0.4), 0.0),
            made(2, None, -7.0),
            made(3, Some(0.6), 0.0),
        ];
        all.sort_by(Candidate::order);
        assert_eq!(all.map(|of| of.row.0), [3, 2, 1]);
        assert_eq!(all.map(|of| of.standing.is_match()), [true, true, false]);
    }
}
