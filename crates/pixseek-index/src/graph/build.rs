//! Building a graph. `hnsw_rs` stores row numbers, so that it has no second copy of the vectors.

use super::file::{Adjacency, Layers};
use crate::IndexError;
use crate::matrix::{Matrix, Pairs};
use hnsw_rs::prelude::{Distance, Hnsw};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Links of a point in the upper layers; the lowest has twice as many. 16 gave recall@10 0.9998 on
/// 50,000 vectors of 512 dimensions.
const LINKS: usize = 16;
const EF_CONSTRUCTION: usize = 200;
const MAX_LAYERS: usize = 16;

/// Points that `hnsw_rs` inserts in parallel before `stop` is looked at.
const INSERT_BATCH: usize = 4096;

/// The distance `1 - cosine` of two rows, from their coarse parts. Rows are counted from the first
/// row of the graph.
#[derive(Clone)]
struct RowDistance {
    pairs: Arc<Pairs>,
}

impl Distance<u32> for RowDistance {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        self.pairs.distance(a[0], b[0])
    }
}

/// Builds a graph over the rows in `range`, and checks all of them first. Returns `None` if `stop`
/// is set meanwhile. Calls `on_progress` with the number of inserted rows.
pub(crate) fn build(
    matrix: Matrix,
    range: Range<u32>,
    stop: &AtomicBool,
    on_progress: &mut dyn FnMut(u32),
) -> Result<Option<Layers>, IndexError> {
    let count = range.end - range.start;
    let pairs = Pairs::new(matrix, range.start, range.end)?;
    let inside = pairs.inside();
    let distance = RowDistance {
        pairs: Arc::new(pairs),
    };
    let hnsw =
        Hnsw::<u32, RowDistance>::new(LINKS, count as usize, MAX_LAYERS, EF_CONSTRUCTION, distance);
    let numbers: Vec<[u32; 1]> = (0..count).map(|row| [row]).collect();
    let mut inserted = 0;
    for batch in numbers.chunks(INSERT_BATCH) {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let batch: Vec<(&[u32], usize)> = batch
            .iter()
            .map(|row| (&row[..], row[0] as usize))
            .collect();
        hnsw.parallel_insert_slice(&batch);
        inserted += number(batch.len());
        on_progress(inserted);
    }
    let (entry, adjacency) = flatten(&hnsw);
    Ok(Some(Layers {
        first: range.start,
        rows: count,
        entry,
        inside,
        adjacency,
    }))
}

/// Reads the entry point and the adjacency of each layer out of `hnsw_rs`.
fn flatten(hnsw: &Hnsw<u32, RowDistance>) -> (u32, Adjacency) {
    let points = hnsw.get_point_indexation();
    let top = usize::from(points.get_max_level_observed());
    let mut layers = vec![Vec::new(); top + 1];
    let mut entry = 0;
    // A point is listed at its highest layer and has neighbours there and below.
    for level in 0..=top {
        for point in points.get_layer_iterator(level) {
            let row = number(point.get_origin_id());
            if level == top {
                entry = row;
            }
            let neighbours = point.get_neighborhood_id();
            for (layer, neighbours) in neighbours.iter().enumerate().take(level + 1) {
                let rows: Vec<u32> = neighbours
                    .iter()
                    .map(|neighbour| number(neighbour.get_origin_id()))
                    .collect();
                layers[layer].push((row, rows));
            }
        }
    }
    for layer in &mut layers {
        layer.sort_unstable();
    }
    (entry, layers)
}

/// Row counts and numbers fit in 32 bits; the writer refuses more.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
