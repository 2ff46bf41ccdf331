//! The third step: the rows of all alternatives as one list, each row once.

use super::retrieve::Retrieved;
use super::score::{Candidate, Standing};
use pixseek_index::RowId;
use std::collections::HashMap;

/// Candidates, the best first.
#[derive(Default)]
pub(super) struct Fused {
    pub candidates: Vec<Candidate>,
    /// No row that was not retrieved stands before this; `None` when there is none.
    pub rest: Option<Standing>,
}

impl Fused {
    /// How many candidates have their final place: nothing that was not retrieved can come between
    /// them.
    pub(super) fn settled(&self) -> usize {
        let Some(rest) = &self.rest else {
            return self.candidates.len();
        };
        self.candidates
            .partition_point(|found| found.standing.order(rest).is_le())
    }

    /// How many match; they are in front.
    pub(super) fn matches(&self) -> usize {
        self.candidates
            .partition_point(|found| found.standing.is_match())
    }
}

/// A row counts with the alternative that it answers best.
pub(super) fn fuse(retrieved: impl IntoIterator<Item = Retrieved>) -> Fused {
    let mut best: HashMap<RowId, Candidate> = HashMap::new();
    let mut rest: Option<Standing> = None;
    for of_one in retrieved {
        for candidate in of_one.candidates {
            let known = best.entry(candidate.row).or_insert(candidate);
            if candidate.order(known).is_lt() {
                *known = candidate;
            }
        }
        rest = rest.into_iter().chain(of_one.rest).min_by(Standing::order);
    }
    let mut candidates: Vec<Candidate> = best.into_values().collect();
    candidates.sort_by(Candidate::order);
    Fused { candidates, rest }
}

#[cfg(test)]
mod tests {
    use super::{Retrieved, fuse};
    use crate::search::score::{Candidate, Standing};
    use pixseek_index::RowId;

    fn standing(score: f32) -> Standing {
        Standing {
            score: Some(score),
            merit: 0.0,
        }
    }

    fn retrieved(alternative: usize, rows: &[(u32, f32)], rest: Option<f32>) -> Retrieved {
        let candidates = rows.iter().map(|(row, score)| Candidate {
            row: RowId(*row),
            alternative,
            cosine: None,
            coverage: None,
            standing: standing(*score),
        });
        Retrieved {
            candidates: candidates.collect(),
            rest: rest.map(standing),
            route: None,
        }
    }

    #[test]
    fn a_row_counts_with_its_best_alternative() {
        let fused = fuse([
            retrieved(0, &[(1, 0.9), (2, 0.6)], None),
            retrieved(1, &[(2, 0.8), (1, 0.7), (3, 0.2)], None),
        ]);
        let rows = fused.candidates.iter();
        let rows: Vec<_> = rows.map(|found| (found.row.0, found.alternative)).collect();
        assert_eq!(rows, [(1, 0), (2, 1), (3, 1)]);
        assert_eq!((fused.settled(), fused.matches()), (3, 2));
    }

    #[test]
    fn what_may_still_come_settles_nothing_behind_it() {
        let fused = fuse([
            retrieved(0, &[(1, 0.9), (2, 0.6)], Some(0.6)),
            retrieved(1, &[(3, 0.8), (4, 0.75)], Some(0.75)),
        ]);
        assert_eq!((fused.settled(), fused.matches()), (3, 4));
    }
}
