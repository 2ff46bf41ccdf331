//! Reading a published graph back into flat arrays, so that points can be added to it.

use super::file::Graph;
use super::links::{Links, TOP_LAYER};

/// The links of `graph`, with places for rows whose highest layers are `levels`. For the rows of the
/// graph, its own layers count. `None` if it has links that no builder sets.
///
/// # Errors
///
/// When a part of the graph is damaged.
pub(super) fn links(graph: &Graph, mut levels: Vec<u8>) -> std::io::Result<Option<Links>> {
    let rows = graph.rows() as usize;
    let top = u8::try_from(graph.top()).unwrap_or(u8::MAX);
    if rows > levels.len() || top > TOP_LAYER {
        return Ok(None);
    }
    levels[..rows].fill(0);
    for layer in 1..=top {
        for row in graph.points(usize::from(layer))? {
            match levels[..rows].get_mut(*row as usize) {
                Some(level) if *level == layer - 1 => *level = layer,
                _ => return Ok(None),
            }
        }
    }
    if levels[graph.entry() as usize] != top {
        return Ok(None);
    }
    let mut links = Links::new(levels);
    for row in 0..graph.rows() {
        for layer in 0..=links.level(row) {
            let neighbours = graph.neighbours(layer, row)?;
            let is_point = |other: &u32| *other < graph.rows() && links.level(*other) >= layer;
            if neighbours.len() > Links::capacity(layer) || !neighbours.iter().all(is_point) {
                return Ok(None);
            }
            links.set(layer, row, neighbours);
        }
    }
    Ok(Some(links))
}
