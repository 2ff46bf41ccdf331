//! Compares a query with many rows, without a graph.
//!
//! [`scan_exact`] computes every cosine from both parts of the rows. Other ways of searching are
//! tested against it. [`scan`] reads only the coarse bytes, keeps the best rows, and ranks these by
//! exact cosines. It keeps enough rows that the coarse score of a wrongly dropped row would have to
//! be off by more than six standard deviations, and scans again with more if it kept too few.

use crate::codec::{Codec, CodedQuery};
use crate::matrix::Matrix;
use crate::reader::Penalties;
use crate::{RowId, RowSet};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::atomic::{self, AtomicU32};

/// A row and its cosine with the query minus its penalty. The order is best first, and by row for
/// equal scores, so that every run returns the same order.
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

/// A query and the rows that it is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub matrix: &'a Matrix,
    pub query: &'a CodedQuery,
    pub penalties: Option<Penalties<'a>>,
}

impl Comparison<'_> {
    /// The number that is subtracted from the cosine of a row.
    #[inline]
    pub(crate) fn penalty(&self, row: RowId) -> f32 {
        self.penalties.map_or(0.0, |penalties| penalties.of(row))
    }

    #[inline]
    fn coarse(&self, row: RowId) -> Option<f32> {
        let cosine = self.matrix.coarse_score(row, self.query)?;
        Some(cosine - self.penalty(row))
    }

    fn exact(&self, row: RowId, buffer: &mut [f32]) -> Option<f32> {
        let cosine = self.matrix.score(row, self.query, buffer)?;
        Some(cosine - self.penalty(row))
    }
}

/// The rows to compare: those of a set in a range.
#[derive(Debug, Clone)]
pub(crate) struct Rows<'a> {
    pub set: &'a RowSet,
    pub range: Range<u32>,
}

/// Row numbers in a task of one thread.
const ROWS_PER_TASK: u32 = 4096;

/// How many rows ahead of the compared one are prefetched if the filter leaves rows out. For
/// consecutive rows the processor prefetches by itself.
const AHEAD: usize = 12;

/// Standard deviations that a coarse score may be off.
const MARGIN: f32 = 6.0;

/// The best `k` of `rows`, best first.
pub(crate) fn scan(comparison: Comparison<'_>, rows: &Rows, k: usize) -> Vec<Scored> {
    let matrix = comparison.matrix;
    // For the best 256 of 1,000,000 rows, the margin takes 470 rows (benchmark `index`).
    let mut kept = k.saturating_mul(2).saturating_add(64);
    loop {
        let mut best = best_of(matrix, rows, kept, |row| comparison.coarse(row));
        let worst_kept = best.iter().map(|scored| scored.score).fold(1.0, f32::min);
        let is_all = best.len() < kept;
        let margin = MARGIN * deviation(matrix, &best);
        rank_again(comparison, &mut best);
        best.truncate(k);
        let is_sure = best
            .last()
            .is_none_or(|last| worst_kept + margin < last.score);
        if is_all || is_sure {
            return best;
        }
        kept = kept.saturating_mul(4);
    }
}

/// The best `k` of `rows` by exact cosines, best first.
pub(crate) fn scan_exact(comparison: Comparison<'_>, rows: &Rows, k: usize) -> Vec<Scored> {
    let matrix = comparison.matrix;
    thread_local! {
        static BUFFER: std::cell::RefCell<Vec<f32>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let mut best = best_of(matrix, rows, k, |row| {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(matrix.codec().stride(), 0.0);
            comparison.exact(row, buffer)
        })
    });
    best.sort_unstable();
    best
}

/// Ranks rows by their exact cosines, best first, and removes damaged rows.
pub(crate) fn rank_again(comparison: Comparison<'_>, rows: &mut Vec<Scored>) {
    let mut buffer = comparison.matrix.buffer();
    rows.retain_mut(|scored| {
        let score = comparison.exact(scored.row, &mut buffer);
        scored.score = score.unwrap_or_default();
        score.is_some()
    });
    rows.sort_unstable();
}

/// The largest standard deviation of the coarse scores of these rows.
fn deviation(matrix: &Matrix, rows: &[Scored]) -> f32 {
    let scales = rows.iter().filter_map(|scored| matrix.coarse(scored.row));
    Codec::coarse_deviation(scales.map(|coarse| coarse.scale).fold(0.0, f32::max))
}

/// The `k` rows with the highest scores, in no particular order.
fn best_of(
    matrix: &Matrix,
    rows: &Rows,
    k: usize,
    score: impl Fn(RowId) -> Option<f32> + Sync,
) -> Vec<Scored> {
    if k == 0 {
        return Vec::new();
    }
    let floor = Floor::default();
    let keep = |mut best: BinaryHeap<Scored>, from: u32| {
        let least = floor.score();
        let mut take = |row: u32| {
            let row = RowId(row);
            if let Some(score) = score(row).filter(|score| *score >= least) {
                push(&mut best, k, Scored { row, score });
            }
        };
        let task = from..rows.range.end.min(from.saturating_add(ROWS_PER_TASK));
        if rows.set.count_in(task.clone()) == task.len() {
            task.for_each(take);
        } else {
            let task = rows.set.rows_in(task);
            for (at, row) in task.iter().enumerate() {
                if let Some(ahead) = task.get(at + AHEAD) {
                    matrix.prefetch(RowId(*ahead));
                }
                take(*row);
            }
        }
        if best.len() == k {
            floor.raise(best.peek());
        }
        best
    };
    let merge = |mut a: BinaryHeap<Scored>, b: BinaryHeap<Scored>| {
        for scored in b {
            push(&mut a, k, scored);
        }
        a
    };
    let tasks: Vec<u32> = rows.range.clone().step_by(ROWS_PER_TASK as usize).collect();
    tasks
        .into_par_iter()
        .fold(BinaryHeap::new, keep)
        .reduce(BinaryHeap::new, merge)
        .into_vec()
}

/// A score that `k` rows have reached: what is below it is not among the best.
#[derive(Default)]
struct Floor(AtomicU32);

impl Floor {
    /// Added to scores: the bits of positive floats have the order of the floats.
    const UP: f32 = 4.0;

    fn score(&self) -> f32 {
        f32::from_bits(self.0.load(atomic::Ordering::Relaxed)) - Self::UP
    }

    fn raise(&self, worst: Option<&Scored>) {
        if let Some(worst) = worst {
            // Subtract the rounding error of the sum, so that the bound is never too high.
            let raised = (worst.score + Self::UP).next_down().max(0.0);
            self.0
                .fetch_max(raised.to_bits(), atomic::Ordering::Relaxed);
        }
    }
}

/// Adds a row to the best `k`. The worst of them is on top of the heap.
fn push(best: &mut BinaryHeap<Scored>, k: usize, scored: Scored) {
    if best.len() < k {
        best.push(scored);
    } else if let Some(mut worst) = best.peek_mut()
        && scored < *worst
    {
        *worst = scored;
    }
}
