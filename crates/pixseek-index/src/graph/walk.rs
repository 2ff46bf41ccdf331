//! Searching: greedily down the upper layers, then a beam of width `ef` in the lowest.

use super::file::Graph;
use crate::RowId;
use crate::scan::{Scored, dot};
use crate::vectors::Matrix;
use half::slice::HalfFloatSliceExt;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Graph {
    /// The best `k` rows that the beam finds, best first; `ef` is at least `k`.
    pub(crate) fn search(
        &self,
        matrix: &Matrix,
        query: &[f32],
        k: usize,
        ef: usize,
    ) -> Vec<Scored> {
        let mut values = vec![0.0; matrix.dimension()];
        let rows = (self.rows as usize).min(matrix.rows());
        let mut score = |row: u32| {
            ((row as usize) < rows).then(|| {
                matrix.row(RowId(row)).convert_to_f32_slice(&mut values);
                Scored {
                    row: RowId(row),
                    score: dot(&values, query),
                }
            })
        };
        let Some(mut nearest) = score(self.entry) else {
            return Vec::new();
        };
        for layer in (1..=self.top()).rev() {
            loop {
                let better = self
                    .neighbours(layer, nearest.row.0)
                    .iter()
                    .filter_map(|row| score(*row))
                    .min()
                    .filter(|best| *best < nearest);
                match better {
                    Some(better) => nearest = better,
                    None => break,
                }
            }
        }

        let ef = ef.max(k);
        let mut visited = vec![0_u64; rows.div_ceil(64)];
        let mut visit = |row: u32| {
            let (word, bit) = (row as usize / 64, 1 << (row % 64));
            visited.get_mut(word).is_some_and(|word| {
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new
            })
        };
        visit(nearest.row.0);
        // `Scored` orders best first: `Reverse` puts the best candidate on top, the plain
        // heap the worst of the found.
        let mut candidates = BinaryHeap::from([Reverse(nearest)]);
        let mut found = BinaryHeap::from([nearest]);
        while let Some(Reverse(candidate)) = candidates.pop() {
            let is_full = found.len() >= ef;
            if is_full && found.peek().is_some_and(|worst| candidate > *worst) {
                break;
            }
            for row in self.neighbours(0, candidate.row.0) {
                if !visit(*row) {
                    continue;
                }
                let Some(scored) = score(*row) else { continue };
                if found.len() < ef || found.peek().is_some_and(|worst| scored < *worst) {
                    candidates.push(Reverse(scored));
                    found.push(scored);
                    if found.len() > ef {
                        found.pop();
                    }
                }
            }
        }
        let mut found = found.into_sorted_vec();
        found.truncate(k);
        found
    }
}
