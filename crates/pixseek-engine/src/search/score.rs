//! The fourth step: how well a photo answers, as one number, which orders hits and is printed
//! beside them.
//!
//! A photo answers by its vector, by its words, or by both: what is left of doubt is multiplied.
//! Words answer as far as the photo has them, by the square of the part: a photo that has a name in
//! full is what was asked for, and one that shares a word in four is not. The experiment `fusion`
//! measures words and vectors alone and together. Rejected: reciprocal rank fusion, whose order did
//! not agree with the scores (99, 91, 88, 92, 81).
//!
//! Of photos that have the same part of the words, one that lies nearer to the description never
//! has the lower score. That is why a few nearest rows of each such group are enough to know the
//! best of all (`retrieve.rs`).

use super::plan::{Direction, Plan};
use crate::calibrate::Calibration;
use crate::prompts::dot;
use pixseek_index::{Manifest, Penalties, RowId, WordMatch};
use std::cmp::Ordering;

/// The score that counts as a match, in `0..=1`.
const MATCH: f32 = 0.5;

/// A negative term counts from two standard deviations above the mean similarity; each further one
/// halves the photo's score.
const AWAY_FROM: f32 = 2.0;

/// What a hit is ordered by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// 0 to 1; `None` where nothing was described, or the library is not measured.
    pub score: Option<f32>,
    /// Decides between equal scores, and orders what has none.
    pub merit: f32,
}

impl Standing {
    /// What only had to pass a filter: a match, like a photo on the line.
    pub(super) fn unscored(merit: f32) -> Self {
        Self { score: None, merit }
    }

    pub(super) fn is_match(&self) -> bool {
        self.score.is_none_or(|score| score >= MATCH)
    }

    /// The better one first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let score = |of: &Self| of.score.unwrap_or(MATCH);
        (score(other).total_cmp(&score(self))).then(other.merit.total_cmp(&self.merit))
    }
}

/// A row that was retrieved, on its way to a hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub row: RowId,
    /// Which of the query's alternatives it answers.
    pub alternative: usize,
    /// With the description.
    pub cosine: Option<f32>,
    /// The part of the words that it has, if it has any.
    pub coverage: Option<f32>,
    pub standing: Standing,
}

impl Candidate {
    /// The better one first; of two that are as good the lower row, so that an answer is the same
    /// every time.
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
    /// Whether photos have scores; else each that passes the filter is a match.
    pub(super) fn has_scores(&self) -> bool {
        match &self.plan.direction {
            None => self.plan.describes(),
            Some(_) if self.calibration.is_none() => false,
            Some(direction) => direction.words.is_some() || !self.plan.phrases.is_empty(),
        }
    }

    /// What the cosines with a direction are lowered by before photos are ranked.
    pub(super) fn penalties(
        &self,
        direction: &Direction,
        manifest: &Manifest,
    ) -> Option<Penalties<'a>> {
        let words = direction.words.filter(|words| *words > 0.0)?;
        Some(self.calibration?.penalties(manifest, words))
    }

    /// Of a photo that has words of names and dates, where nothing else is described.
    pub(super) fn by_words(words: &WordMatch) -> Standing {
        Standing {
            score: Some(words.coverage * words.coverage),
            merit: words.bm25,
        }
    }

    /// Of a photo by its cosine less its penalty, by the part of the words that it has, and by
    /// how far it is from what is not wanted, 0 to 1.
    pub(super) fn standing(&self, nearness: f32, coverage: f32, far: f32) -> Standing {
        let by_words = coverage * coverage;
        let Some(calibration) = self.calibration else {
            return Standing::unscored(nearness + by_words);
        };
        let wanted = self.plan.direction.as_ref().and_then(|of| of.words);
        let by_vector = wanted.map_or(0.0, |words| calibration.score(nearness, words));
        let score = (1.0 - (1.0 - by_vector) * (1.0 - by_words)) * far;
        Standing {
            score: self.has_scores().then_some(score),
            merit: nearness,
        }
    }

    /// 1, and less for a photo that clearly is what is not wanted.
    pub(super) fn far(&self, photo: Option<&Vec<f32>>) -> f32 {
        let Some(photo) = photo else {
            return 1.0;
        };
        let factors = self.plan.away.iter().map(|(vector, moments)| {
            let z = (dot(vector, photo) - moments.mean) / moments.deviation;
            (AWAY_FROM - z).min(0.0).exp2()
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

    /// `sushi OR in:library`: what passes a filter is shown, whatever the other side scores.
    #[test]
    fn what_only_passes_a_filter_stands_before_what_does_not_match() {
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
