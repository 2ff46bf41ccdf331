//! Rows ordered by when their photos were taken.

use super::Passing;
use super::schema::TAKEN;
use crate::{RowFilter, RowId};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use tantivy::{DocAddress, Searcher, TantivyError};

/// The latest photos first; of photos of the same second, the lower row first.
pub(super) fn newest(
    searcher: &Searcher,
    k: usize,
    among: RowFilter<'_>,
    passing: Option<&Passing>,
) -> Result<Vec<RowId>, TantivyError> {
    let mut best: BinaryHeap<Reverse<(i64, Reverse<u32>)>> = BinaryHeap::new();
    let mut kept = BTreeSet::new();
    for (ordinal, segment) in (0u32..).zip(searcher.segment_readers()) {
        let taken = segment.fast_fields().i64(TAKEN)?;
        let rows = segment.fast_fields().u64("row")?;
        for document in segment.doc_ids_alive() {
            let address = DocAddress::new(ordinal, document);
            if passing.is_some_and(|passing| !passing.has(address)) {
                continue;
            }
            let seconds = taken.first(document).unwrap_or(i64::MIN);
            let is_full = best.len() >= k;
            if is_full && best.peek().is_none_or(|worst| worst.0.0 > seconds) {
                continue;
            }
            let row = rows.first(document).and_then(|row| u32::try_from(row).ok());
            let counts = |row: &u32| match among {
                RowFilter::All => true,
                RowFilter::Among(rows) => rows.has(RowId(*row)),
            };
            let Some(row) = row.filter(|row| counts(row) && kept.insert(*row)) else {
                continue;
            };
            best.push(Reverse((seconds, Reverse(row))));
            if is_full && let Some(Reverse((_, Reverse(row)))) = best.pop() {
                kept.remove(&row);
            }
        }
    }
    let best = best.into_sorted_vec();
    Ok(best
        .into_iter()
        .map(|Reverse((_, Reverse(row)))| RowId(row))
        .collect())
}
