//! Documents found without a scan: by the hash of the content, and by the beginning of the path.

use crate::{RowId, RowSet};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, TantivyError, Term};

/// The rows of contents that have a photo, by their keys.
pub(super) fn rows_of<'a>(
    searcher: &Searcher,
    field: Field,
    keys: impl Iterator<Item = &'a [u8]>,
) -> Result<RowSet, TantivyError> {
    let terms: Vec<Term> = keys.map(|key| Term::from_field_bytes(field, key)).collect();
    let mut found = RowSet::default();
    for segment in searcher.segment_readers() {
        let postings = segment.inverted_index(field)?;
        let rows = segment.fast_fields().u64("row")?;
        let alive = segment.alive_bitset();
        for term in &terms {
            let Some(mut of_term) = postings.read_postings(term, IndexRecordOption::Basic)? else {
                continue;
            };
            while of_term.doc() != TERMINATED {
                let document = of_term.doc();
                if alive.is_none_or(|alive| alive.is_alive(document)) {
                    let of_document = rows.values_for_doc(document);
                    found.extend(of_document.filter_map(|row| u32::try_from(row).ok().map(RowId)));
                }
                of_term.advance();
            }
        }
    }
    Ok(found)
}

/// The documents whose paths begin with `start`, at most `most`.
pub(super) fn beginning(
    searcher: &Searcher,
    field: Field,
    start: &[u8],
    most: usize,
) -> Result<Vec<DocAddress>, TantivyError> {
    let mut found = Vec::new();
    for (ordinal, segment) in (0u32..).zip(searcher.segment_readers()) {
        let postings = segment.inverted_index(field)?;
        let alive = segment.alive_bitset();
        let mut paths = postings.terms().range().ge(start).into_stream()?;
        while found.len() < most && paths.advance() && paths.key().starts_with(start) {
            let of_path = paths.value();
            let mut of_path =
                postings.read_postings_from_terminfo(of_path, IndexRecordOption::Basic)?;
            while of_path.doc() != TERMINATED {
                if alive.is_none_or(|alive| alive.is_alive(of_path.doc())) {
                    found.push(DocAddress::new(ordinal, of_path.doc()));
                }
                of_path.advance();
            }
        }
    }
    Ok(found)
}
