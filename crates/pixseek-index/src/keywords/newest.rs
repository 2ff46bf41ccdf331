//! Rows ordered by when their photos were taken.

use super::Passing;
use super::schema::TAKEN;
use crate::{RowFilter, RowId};
use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BinaryHeap};
use tantivy::{DocAddress, Searcher, TantivyError};

/// The rows of the `k` latest photos, the latest first; of photos of the same second, the lower row
/// first. A film counts as one photo, with all of its rows that are in `among`.
pub(super) fn newest(
    searcher: &Searcher,
    k: usize,
    among: RowFilter<'_>,
    passing: Option<&Passing>,
) -> Result<Vec<RowId>, TantivyError> {
    let mut best: BinaryHeap<Reverse<(i64, Reverse<u32>)>> = BinaryHeap::new();
    // The other rows of each film in `best`, by the row that stands for it.
    let mut kept: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
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
            let counts = |row: &u32| match among {
                RowFilter::All => true,
                RowFilter::Among(rows) => rows.has(RowId(*row)),
            };
            let of_document = rows.values_for_doc(document);
            let mut of_document =
                of_document.filter_map(|row| u32::try_from(row).ok().filter(counts));
            let Some(row) = of_document.next() else {
                continue;
            };
            let Entry::Vacant(free) = kept.entry(row) else {
                continue;
            };
            free.insert(of_document.collect());
            best.push(Reverse((seconds, Reverse(row))));
            if is_full && let Some(Reverse((_, Reverse(row)))) = best.pop() {
                kept.remove(&row);
            }
        }
    }
    let rows = best.into_sorted_vec().into_iter();
    let rows = rows.flat_map(|Reverse((_, Reverse(row)))| {
        let others = kept.remove(&row).unwrap_or_default();
        std::iter::once(row).chain(others)
    });
    Ok(rows.map(RowId).collect())
}
