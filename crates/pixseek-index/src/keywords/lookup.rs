//! Documents found without a scan: by row, by path, by the beginning of the path, and by the hash of
//! the content.

use super::schema::content_key;
use super::{Keywords, Passing, failed};
use crate::record::PhotoRecord;
use crate::{IndexError, RowId, RowSet, checked};
use tantivy::collector::DocSetCollector;
use tantivy::query::TermQuery;
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, TantivyDocument, TantivyError, Term};

impl Keywords {
    /// Every path and its record, in no particular order.
    pub(crate) fn photos(
        &self,
    ) -> impl Iterator<Item = Result<(Vec<u8>, PhotoRecord), IndexError>> + '_ {
        self.searcher
            .segment_readers()
            .iter()
            .zip(0..)
            .flat_map(move |(segment, ordinal)| {
                segment
                    .doc_ids_alive()
                    .map(move |document| self.photo(DocAddress::new(ordinal, document)))
            })
    }

    /// The paths of a row's content that pass, with their records; none for a row without a photo.
    pub(crate) fn photos_of(
        &self,
        row: RowId,
        passing: Option<&Passing>,
    ) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let term = Term::from_field_u64(self.fields.row, u64::from(row.0));
        self.documents(term, passing)
    }

    /// The rows of contents that have a photo.
    pub(crate) fn rows_of<'a>(
        &self,
        contents: impl Iterator<Item = &'a [u8; 32]>,
    ) -> Result<RowSet, IndexError> {
        let contents = contents.map(content_key);
        rows_of(&self.searcher, self.fields.content, contents)
            .map_err(|source| failed(&self.index, &self.path, source))
    }

    /// The paths that begin with `start`, sorted, with their records; at most about `most`.
    pub(crate) fn photos_beginning(
        &self,
        start: &[u8],
        most: usize,
    ) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let found = beginning(&self.searcher, self.fields.path, start, most)
            .map_err(|source| failed(&self.index, &self.path, source))?;
        let photos = found.into_iter().map(|address| self.photo(address));
        let mut photos = photos.collect::<Result<Vec<_>, _>>()?;
        photos.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(photos)
    }

    /// The record of a path.
    pub(crate) fn photo_at(&self, path: &[u8]) -> Result<Option<PhotoRecord>, IndexError> {
        let term = Term::from_field_bytes(self.fields.path, path);
        Ok(self.documents(term, None)?.pop().map(|(_, record)| record))
    }

    fn documents(
        &self,
        term: Term,
        passing: Option<&Passing>,
    ) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let found = self
            .searcher
            .search(&query, &DocSetCollector)
            .map_err(|source| failed(&self.index, &self.path, source))?;
        let mut photos = found
            .into_iter()
            .filter(|address| passing.is_none_or(|passing| passing.has(*address)))
            .map(|address| self.photo(address))
            .collect::<Result<Vec<_>, _>>()?;
        photos.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(photos)
    }

    fn photo(&self, address: DocAddress) -> Result<(Vec<u8>, PhotoRecord), IndexError> {
        let document: TantivyDocument = self
            .searcher
            .doc(address)
            .map_err(|source| failed(&self.index, &self.path, source))?;
        let bytes = |field| document.get_first(field).and_then(|value| value.as_bytes());
        bytes(self.fields.path)
            .zip(bytes(self.fields.record))
            .and_then(|(path, record)| Some((path.to_vec(), postcard::from_bytes(record).ok()?)))
            .ok_or_else(|| checked::damaged(&self.index, &self.path, "a photo lacks its record"))
    }
}

/// The rows of contents that have a photo, by their keys.
fn rows_of<'a>(
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
fn beginning(
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
