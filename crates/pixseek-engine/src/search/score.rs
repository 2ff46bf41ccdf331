//! How well photos answer a query: one number, which orders hits and is printed beside them.
//!
//! A photo answers by its vector, by its words, or by both: what is left of doubt is multiplied.
//! Words answer as far as the photo has them, by the square of the part: a photo that has a name in
//! full is what was asked for, and one that shares a word in four is not. `examples/fusion.rs`
//! measures words and vectors alone and together. Rejected: reciprocal rank fusion, whose order did
//! not agree with the scores (99, 91, 88, 92, 81).

use super::Searcher;
use super::find::LINE;
use super::plan::Plan;
use crate::calibrate::Moments;
use crate::prompts::dot;
use pixseek_index::{RowId, WordMatch};
use std::cmp::Ordering;
use std::collections::HashMap;

/// A negative term counts from two standard deviations above the mean similarity; each further one
/// halves the photo's score.
const AWAY_FROM: f32 = 2.0;

/// Photos whose hubness is remembered.
const REMEMBERED: usize = 65_536;

/// A row that was retrieved, on its way to a hit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub row: RowId,
    /// Which of the query's alternatives it answers.
    pub plan: usize,
    /// Its rank by vector, from 1, and its cosine.
    pub vector: Option<(usize, f32)>,
    /// Its rank by words, from 1, and its match.
    pub words: Option<(usize, WordMatch)>,
    /// 0 to 1; `None` where nothing was described, or the library is not measured.
    pub score: Option<f32>,
    /// Decides between equal scores, and orders a library that is not measured.
    pub merit: f32,
}

impl Candidate {
    /// A row of no ranking.
    pub(super) fn unranked(row: RowId, plan: usize) -> Self {
        Self {
            row,
            plan,
            vector: None,
            words: None,
            score: None,
            merit: 0.0,
        }
    }

    /// The better one first. What only had to pass a filter has no score, and is a match like any
    /// on the line. Photos that have all words are equally good: the rarer words decide,
    /// then the merit, then the row, so that an answer is the same every time.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let key = |of: &Self| {
            let rarity = of.words.map_or(0.0, |(_, words)| words.bm25);
            [of.score.unwrap_or(LINE), rarity, of.merit]
        };
        let pairs = key(other).into_iter().zip(key(self));
        let orders = pairs.map(|(theirs, mine)| theirs.total_cmp(&mine));
        orders
            .fold(Ordering::Equal, Ordering::then)
            .then(self.row.cmp(&other.row))
    }
}

/// The rows of both rankings, each once.
pub(super) fn candidates(
    plan: usize,
    vectors: &[(RowId, f32)],
    words: &[WordMatch],
) -> Vec<Candidate> {
    let mut found: HashMap<RowId, Candidate> = HashMap::new();
    let of = |row: RowId| move || Candidate::unranked(row, plan);
    for (rank, (row, cosine)) in (1..).zip(vectors) {
        let entry = found.entry(*row).or_insert_with(of(*row));
        entry.vector = Some((rank, *cosine));
    }
    for (rank, word) in (1..).zip(words) {
        let entry = found.entry(word.row).or_insert_with(of(word.row));
        entry.words = Some((rank, *word));
    }
    found.into_values().collect()
}

impl Searcher {
    /// Gives a candidate its score and its merit.
    pub(super) fn rate(&self, plan: &Plan, candidate: &mut Candidate) {
        let photo = self.reader.vector(candidate.row);
        let coverage = candidate.words.map_or(0.0, |(_, words)| words.coverage);
        let by_words = coverage * coverage;
        let wanted = plan.wanted.as_ref().zip(photo.as_ref());
        let Some(calibration) = &self.calibration else {
            let cosine = wanted.map_or(0.0, |(wanted, photo)| dot(&wanted.vector, photo));
            candidate.merit = cosine + by_words;
            candidate.score = (plan.vector.is_none() && plan.describes()).then_some(by_words);
            return;
        };
        let away = photo.as_ref().map_or(1.0, |photo| far(&plan.away, photo));
        let by_vector = wanted.map(|(wanted, photo)| {
            let hubness = wanted.words * self.hubness(candidate.row, photo);
            let merit = dot(&wanted.vector, photo) - hubness;
            (calibration.score(merit, wanted.words), merit)
        });
        let (score, merit) = match by_vector {
            Some(found) => found,
            // Only what is not wanted was said: whatever is far from it is as good.
            None => (0.0, candidate.vector.map_or(0.0, |(_, cosine)| cosine)),
        };
        candidate.merit = merit;
        let has_measure = plan.wanted.is_some() || !plan.phrases.is_empty();
        candidate.score = has_measure.then_some((1.0 - (1.0 - score) * (1.0 - by_words)) * away);
    }

    fn hubness(&self, row: RowId, photo: &[f32]) -> f32 {
        if let Some(known) = self.hubness.borrow().get(&row) {
            return *known;
        }
        let hubness = self
            .calibration
            .as_ref()
            .map_or(0.0, |calibration| calibration.hubness(photo));
        let mut remembered = self.hubness.borrow_mut();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(row, hubness);
        hubness
    }
}

/// 1, and less for a photo that clearly is what is taken away.
fn far(away: &[(Vec<f32>, Moments)], photo: &[f32]) -> f32 {
    away.iter()
        .map(|(vector, moments)| {
            let z = (dot(vector, photo) - moments.mean) / moments.deviation;
            (AWAY_FROM - z).min(0.0).exp2()
        })
        .product()
}

#[cfg(test)]
mod tests {
    use super::{Candidate, candidates};
    use pixseek_index::{RowId, WordMatch};

    #[test]
    fn a_row_of_both_rankings_is_one_candidate() {
        let word = |row: u32| WordMatch {
            row: RowId(row),
            bm25: 2.0,
            coverage: 0.5,
        };
        let mut found = candidates(0, &[(RowId(3), 0.9), (RowId(1), 0.8)], &[word(1), word(9)]);
        found.sort_by_key(|candidate| candidate.row);
        let ranks: Vec<_> = found
            .iter()
            .map(|of| (of.row.0, of.vector.map(|v| v.0), of.words.map(|w| w.0)))
            .collect();
        assert_eq!(
            ranks,
            [
                (1, Some(2), Some(1)),
                (3, Some(1), None),
                (9, None, Some(2))
            ]
        );
    }

    #[test]
    fn the_score_comes_first_then_the_merit_then_the_row() {
        let made = |row: u32, score: f32, merit: f32| Candidate {
            score: Some(score),
            merit,
            ..Candidate::unranked(RowId(row), 0)
        };
        let mut all = [
            made(4, 0.5, 0.9),
            made(3, 1.0, 0.1),
            made(2, 1.0, 0.2),
            made(1, 0.5, 0.9),
        ];
        all.sort_by(Candidate::order);
        assert_eq!(all.map(|of| of.row.0), [2, 3, 1, 4]);
    }

    /// `sushi OR in:library`: what passes a filter is shown, whatever the other side scores.
    #[test]
    fn what_only_passes_a_filter_stands_before_what_does_not_match() {
        let made = |row: u32, score: Option<f32>| Candidate {
            score,
            ..Candidate::unranked(RowId(row), 0)
        };
        let mut all = [made(1, Some(0.4)), made(2, None), made(3, Some(0.6))];
        all.sort_by(Candidate::order);
        assert_eq!(all.map(|of| of.row.0), [3, 2, 1]);
    }
}
