//! The third step: merges the rows of all alternatives into one ranking, each row once.

use super::retrieve::Retrieved;
use super::score::{Candidate, Standing};
use pixseek_index::RowId;
use std::collections::HashMap;

/// The candidates of all alternatives, the best first.
#[derive(Default)]
pub(super) struct Fused {
    pub candidates: Vec<Candidate>,
    /// Upper bound of every row that was not retrieved; `None` if all rows were.
    pub bound: Option<Standing>,
}

impl Fused {
    /// Number of candidates whose position is final: no row that was not retrieved can rank before
    /// them.
    pub(super) fn final_count(&self) -> usize {
        let Some(bound) = &self.bound else {
            return self.candidates.len();
        };
        self.candidates
            .partition_point(|found| found.standing.order(bound).is_le())
    }

    /// Number of candidates that match; they come first.
    pub(super) fn matches(&self) -> usize {
        self.candidates
            .partition_point(|found| found.standing.is_match())
    }
}

/// Merges the alternatives; a row that answers several keeps its best candidate.
pub(super) fn fuse(retrieved: impl IntoIterator<Item = Retrieved>) -> Fused {
    let mut best: HashMap<RowId, Candidate> = HashMap::new();
    let mut bound: Option<Standing> = None;
    for of_one in retrieved {
        for candidate in of_one.candidates {
            let known = best.entry(candidate.row).or_insert(candidate);
            if candidate.order(known).is_lt() {
                *known = candidate;
            }
        }
        bound = bound
            .into_iter()
            .chain(of_one.bound)
            .min_by(Standing::order);
    }
    let mut candidates: Vec<Candidate> = best.into_values().collect();
    candidates.sort_by(Candidate::order);
    Fused { candidates, bound }
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

    fn retrieved(alternative: usize, rows: &[(u32, f32)], bound: Option<f32>) -> Retrieved {
        let candidates = rows.iter().map(|(row, score)| Candidate {
            row: RowId(*row),
            alternative,
            cosine: None,
            coverage: None,
            standing: standing(*score),
        });
        Retrieved {
            candidates: candidates.collect(),
            bound: bound.map(standing),
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
        assert_eq!((fused.final_count(), fused.matches()), (3, 2));
    }

    #[test]
    fn no_position_behind_the_bound_is_final() {
        let fused = fuse([
            retrieved(0, &[(1, 0.9), (2, 0.6)], Some(0.6)),
            retrieved(1, &[(3, 0.8), (4, 0.75)], Some(0.75)),
        ]);
        assert_eq!((fused.final_count(), fused.matches()), (3, 4));
    }
}
