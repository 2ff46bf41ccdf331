//! Building a graph with `hnsw_rs`, which stores row numbers, so that it has no second copy of the
//! vectors. The flat builder is measured and tested against it.

use super::built::{BuiltGraph, Layer};
use super::links::LINKS;
use super::pairs::Pairs;
use hnsw_rs::prelude::{Distance, Hnsw};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EF_CONSTRUCTION: usize = 100;
const MAX_LAYERS: usize = 16;

/// Points that `hnsw_rs` inserts in parallel before `stop` is looked at.
const INSERT_BATCH: usize = 4096;

/// The distance of two rows.
#[derive(Clone)]
struct RowDistance(Arc<Pairs>);

impl Distance<u32> for RowDistance {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        self.0.distance(a[0], b[0])
    }
}

/// Builds a graph over all rows of `pairs`. Returns `None` if `stop` is set meanwhile. Calls
/// `on_progress` with the number of inserted rows.
pub(super) fn build(
    pairs: Pairs,
    first: u32,
    stop: &AtomicBool,
    on_progress: &mut dyn FnMut(u32),
) -> Option<BuiltGraph> {
    let count = pairs.rows();
    let inside = pairs.inside(count);
    let hnsw = Hnsw::<u32, RowDistance>::new(
        LINKS,
        count as usize,
        MAX_LAYERS,
        EF_CONSTRUCTION,
        RowDistance(Arc::new(pairs)),
    );
    let numbers: Vec<[u32; 1]> = (0..count).map(|row| [row]).collect();
    let mut inserted = 0;
    for batch in numbers.chunks(INSERT_BATCH) {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let batch: Vec<(&[u32], usize)> = batch
            .iter()
            .map(|row| (&row[..], row[0] as usize))
            .collect();
        hnsw.parallel_insert_slice(&batch);
        inserted += number(batch.len());
        on_progress(inserted);
    }
    let (entry, layers) = flatten(&hnsw);
    Some(BuiltGraph {
        first,
        rows: count,
        entry,
        inside,
        layers,
    })
}

/// Reads the entry point and the layers out of `hnsw_rs`.
fn flatten(hnsw: &Hnsw<u32, RowDistance>) -> (u32, Vec<Layer>) {
    let points = hnsw.get_point_indexation();
    let top = usize::from(points.get_max_level_observed());
    let mut linked = vec![Vec::new(); top + 1];
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
                linked[layer].push((row, rows));
            }
        }
    }
    let layers = linked.into_iter().map(|mut points| {
        points.sort_unstable();
        let mut layer = Layer::default();
        for (row, neighbours) in points {
            layer.push(row, neighbours);
        }
        layer
    });
    (entry, layers.collect())
}

/// Row counts and numbers fit in 32 bits; the writer refuses more.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
