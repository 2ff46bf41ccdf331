//! The exact search: every row against the query. It is the oracle of the graph's recall,
//! and on small indexes also the fastest.

use crate::RowId;
use crate::vectors::{Matrix, ROWS_PER_BLOCK};
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

/// A row and its cosine with the query. The order is best first, ties by row, so that
/// results are the same in every run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub row: RowId,
    pub score: f32,
}

impl Eq for Scored {}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Blocks that one thread takes at a time: 4,096 rows.
const BLOCKS_PER_TASK: usize = 64;

/// The best `k` of `rows`, best first.
pub(crate) fn scan(matrix: &Matrix, rows: Range<usize>, query: &[f32], k: usize) -> Vec<Scored> {
    if k == 0 || rows.is_empty() {
        return Vec::new();
    }
    let blocks: Vec<usize> =
        (rows.start / ROWS_PER_BLOCK..rows.end.div_ceil(ROWS_PER_BLOCK)).collect();
    let mut best: Vec<Scored> = blocks
        .par_chunks(BLOCKS_PER_TASK)
        .flat_map_iter(|blocks| {
            let mut values = vec![0.0; ROWS_PER_BLOCK * matrix.dimension()];
            // The worst of the best is on top, ready to be replaced.
            let mut best: BinaryHeap<Scored> = BinaryHeap::with_capacity(k.min(4096) + 1);
            for block in blocks {
                let packed = matrix.block(*block);
                let unpacked = &mut values[..packed.len()];
                packed.convert_to_f32_slice(unpacked);
                for (offset, row) in unpacked.chunks_exact(matrix.dimension()).enumerate() {
                    let index = block * ROWS_PER_BLOCK + offset;
                    let (true, Ok(number)) = (rows.contains(&index), u32::try_from(index)) else {
                        continue;
                    };
                    let scored = Scored {
                        row: RowId(number),
                        score: dot(row, query),
                    };
                    if best.len() < k {
                        best.push(scored);
                    } else if best.peek().is_some_and(|worst| scored < *worst) {
                        best.pop();
                        best.push(scored);
                    }
                }
            }
            best.into_vec()
        })
        .collect();
    best.sort_unstable();
    best.truncate(k);
    best
}

/// A dot product in eight independent sums, which the compiler keeps in one register.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
