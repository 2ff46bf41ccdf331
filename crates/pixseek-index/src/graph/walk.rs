//! Searching a graph: greedily through the upper layers, then with a beam of width `ef` in the
//! lowest. The walk uses the rows' coarse parts; the rows in the beam are then ranked by exact
//! cosines.

use super::file::Graph;
use crate::RowId;
use crate::codec::CodedQuery;
use crate::matrix::Matrix;
use crate::rows::RowSet;
use crate::scan::{Comparison, Scored, rank_again};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Graph {
    /// The best `k` rows of `set` that the beam finds, best first. The beam walks over all rows and
    /// keeps those of the set; it is at least `k` wide.
    ///
    /// # Errors
    ///
    /// When a part of the graph that the walk needs is damaged.
    pub(crate) fn search(
        &self,
        matrix: &Matrix,
        query: &CodedQuery,
        k: usize,
        ef: usize,
        set: &RowSet,
    ) -> std::io::Result<Vec<Scored>> {
        let first = self.first;
        let score = |row: RowId| {
            // A damaged row gets the lowest score, so that the walk does not end with it.
            let score = matrix.coarse_score(row, query).unwrap_or(-1.0);
            Scored { row, score }
        };
        let mut nearest = score(self.row(self.entry())?);
        for layer in (1..=self.top()).rev() {
            loop {
                let neighbours = self.neighbours(layer, nearest.row.0 - first)?;
                let mut best = nearest;
                for local in neighbours {
                    best = best.min(score(self.row(*local)?));
                }
                if best == nearest {
                    break;
                }
                nearest = best;
            }
        }

        // The beam cannot hold more than all rows.
        let ef = ef.max(k).min(self.rows() as usize);
        let mut visited = vec![0_u64; (self.rows() as usize).div_ceil(64)];
        let mut visit = |row: RowId| {
            let local = row.0 - first;
            let (word, bit) = (&mut visited[local as usize / 64], 1 << (local % 64));
            let is_new = *word & bit == 0;
            *word |= bit;
            is_new
        };
        visit(nearest.row);
        // `Scored` orders the best first. So `Reverse` puts the best candidate on top of its heap,
        // and the worst result is on top of `found`.
        let mut candidates = BinaryHeap::from([Reverse(nearest)]);
        let mut found = BinaryHeap::with_capacity(ef + 1);
        if set.has(nearest.row) {
            found.push(nearest);
        }
        let mut fresh = Vec::with_capacity(64);
        while let Some(Reverse(candidate)) = candidates.pop() {
            let is_full = found.len() >= ef;
            if is_full && found.peek().is_some_and(|worst| candidate > *worst) {
                break;
            }
            fresh.clear();
            for local in self.neighbours(0, candidate.row.0 - first)? {
                let row = self.row(*local)?;
                if visit(row) {
                    matrix.prefetch(row);
                    fresh.push(row);
                }
            }
            for row in &fresh {
                let scored = score(*row);
                if found.len() >= ef && found.peek().is_some_and(|worst| scored >= *worst) {
                    continue;
                }
                candidates.push(Reverse(scored));
                if set.has(scored.row) {
                    found.push(scored);
                    if found.len() > ef {
                        found.pop();
                    }
                }
            }
        }
        let mut found = found.into_vec();
        let comparison = Comparison {
            matrix,
            query,
            penalties: None,
        };
        rank_again(comparison, &mut found);
        found.truncate(k);
        Ok(found)
    }
}
