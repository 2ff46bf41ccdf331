//! Building a graph with one of two builders.

use super::built::BuiltGraph;
use super::file::Graph;
use super::flat::Builder;
use super::pairs::Pairs;
use super::peer;
use crate::IndexError;
use crate::matrix::Matrix;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// The program that builds graphs. Both build the same kind of graph, with the same recall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GraphBuilder {
    /// Our own. The same rows, added in the same steps, give the same graph, whatever the number of
    /// threads is. A new graph takes over the links of the one that it replaces, if this builder made it.
    #[default]
    Flat,
    /// The crate `hnsw_rs`, against which our own is tested. Every graph is built from its first row
    /// on, and differs from run to run.
    HnswRs,
}

/// The rows of a new graph.
pub(crate) struct Plan {
    pub builder: GraphBuilder,
    pub matrix: Matrix,
    pub range: Range<u32>,
    /// A graph over the first rows of the range, which the new graph replaces.
    pub base: Option<Graph>,
    /// The flat builder hands a graph out whenever it has inserted this many rows, so that a run that
    /// is stopped loses less than that.
    pub stage: u32,
}

/// Builds a graph, and checks all of its rows first. Calls `publish` with the graph over a growing
/// part of the range, at last over the whole. Returns early if `stop` is set. Calls `on_progress`
/// with the number of rows in the graph.
pub(crate) fn build(
    plan: Plan,
    stop: &AtomicBool,
    on_progress: &mut dyn FnMut(u32),
    publish: &mut dyn FnMut(BuiltGraph) -> Result<(), IndexError>,
) -> Result<(), IndexError> {
    let first = plan.range.start;
    let pairs = Pairs::new(plan.matrix, plan.range)?;
    if plan.builder == GraphBuilder::HnswRs {
        return peer::build(pairs, first, stop, on_progress).map_or(Ok(()), publish);
    }
    let rows = pairs.rows();
    let mut builder = Builder::new(pairs);
    let mut inserted = 0;
    // A graph that is damaged is built anew.
    if let Some(base) = plan.base
        && builder.restore(&base).unwrap_or(false)
    {
        inserted = base.rows();
    }
    while inserted < rows {
        let end = rows.min(inserted.saturating_add(plan.stage.max(1)));
        let is_whole = builder.insert(inserted..end, &mut |batch| {
            inserted += batch;
            on_progress(inserted);
            !stop.load(Ordering::Relaxed)
        });
        if !is_whole {
            return Ok(());
        }
        publish(builder.built(first, end))?;
    }
    Ok(())
}
