//! Words and facts: a tantivy index with one document a path, and in it what a hit shows.

use crate::record::PhotoRecord;
use crate::words::words;
use crate::{IndexError, RowId};
use std::path::{Path, PathBuf};
use tantivy::collector::DocSetCollector;
use tantivy::query::TermQuery;
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, TEXT,
    Value,
};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

pub(crate) const KEYWORDS: &str = "keywords";

/// One indexing thread: documents are few and small beside the encoding of photos.
const WRITER_THREADS: usize = 1;
const WRITER_BYTES: usize = 32 << 20;

#[derive(Clone, Copy)]
struct Fields {
    path: Field,
    row: Field,
    /// Postcard of the record, for showing a hit.
    record: Field,
    words: Field,
    camera: Field,
    lens: Field,
    taken: Field,
}

/// Puts the paths that changed into the keywords.
pub(crate) struct KeywordWriter {
    path: PathBuf,
    writer: tantivy::IndexWriter,
    fields: Fields,
}

/// Opened keywords.
pub(crate) struct Keywords {
    path: PathBuf,
    searcher: Searcher,
    fields: Fields,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fields = Fields {
        path: builder.add_bytes_field("path", BytesOptions::default().set_indexed().set_stored()),
        row: builder.add_u64_field("row", NumericOptions::default() | INDEXED | FAST),
        record: builder.add_bytes_field("record", STORED),
        words: builder.add_text_field("words", TEXT),
        camera: builder.add_text_field("camera", TEXT),
        lens: builder.add_text_field("lens", TEXT),
        taken: builder.add_i64_field("taken", NumericOptions::default() | INDEXED | FAST),
    };
    (builder.build(), fields)
}

impl KeywordWriter {
    /// Opens or makes `index/keywords`.
    pub(crate) fn open(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(KEYWORDS);
        let (schema, fields) = schema();
        let open = || {
            std::fs::create_dir_all(&path)?;
            let directory = tantivy::directory::MmapDirectory::open(&path)?;
            Index::open_or_create(directory, schema)?
                .writer_with_num_threads(WRITER_THREADS, WRITER_BYTES)
        };
        let writer = open().map_err(|source| failed(&path, source))?;
        Ok(Self {
            path,
            writer,
            fields,
        })
    }

    /// Takes what is known of `path` out and puts `record` in, if there is one.
    pub(crate) fn replace(
        &self,
        path: &[u8],
        record: Option<&PhotoRecord>,
    ) -> Result<(), IndexError> {
        self.writer
            .delete_term(Term::from_field_bytes(self.fields.path, path));
        let Some(record) = record else {
            return Ok(());
        };
        let mut document = TantivyDocument::default();
        document.add_bytes(self.fields.path, path);
        document.add_u64(self.fields.row, u64::from(record.row.0));
        let bytes = postcard::to_stdvec(record)
            .expect("records are plain data, which postcard always encodes");
        document.add_bytes(self.fields.record, &bytes);
        document.add_text(self.fields.words, words(&String::from_utf8_lossy(path)));
        if let Some(camera) = &record.facts.camera {
            document.add_text(self.fields.camera, camera);
        }
        if let Some(lens) = &record.facts.lens {
            document.add_text(self.fields.lens, lens);
        }
        if let Some(seconds) = record.facts.taken_seconds {
            document.add_i64(self.fields.taken, seconds);
        }
        self.writer
            .add_document(document)
            .map(drop)
            .map_err(|source| failed(&self.path, source))
    }

    /// Commits and waits until merges are done.
    pub(crate) fn commit(mut self) -> Result<(), IndexError> {
        self.writer
            .commit()
            .and_then(|_| self.writer.wait_merging_threads())
            .map_err(|source| failed(&self.path, source))
    }
}

impl Keywords {
    pub(crate) fn open(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(KEYWORDS);
        let (_, fields) = schema();
        let open = || {
            let reader: IndexReader = Index::open_in_dir(&path)?
                .reader_builder()
                .reload_policy(ReloadPolicy::Manual)
                .try_into()?;
            Ok(reader.searcher())
        };
        let searcher = open().map_err(|source| failed(&path, source))?;
        Ok(Self {
            path,
            searcher,
            fields,
        })
    }

    /// Every path of a row's content, with its record; none for a row without a photo.
    pub(crate) fn photos_of(&self, row: RowId) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let term = Term::from_field_u64(self.fields.row, u64::from(row.0));
        self.documents(term)
    }

    /// The record of a path.
    pub(crate) fn photo_at(&self, path: &[u8]) -> Result<Option<PhotoRecord>, IndexError> {
        let term = Term::from_field_bytes(self.fields.path, path);
        Ok(self.documents(term)?.pop().map(|(_, record)| record))
    }

    fn documents(&self, term: Term) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let fail = |source| failed(&self.path, source);
        let found = self
            .searcher
            .search(&query, &DocSetCollector)
            .map_err(fail)?;
        let mut photos = Vec::with_capacity(found.len());
        for address in found {
            let document: TantivyDocument = self.searcher.doc(address).map_err(fail)?;
            let bytes = |field| document.get_first(field).and_then(|value| value.as_bytes());
            let photo = bytes(self.fields.path)
                .zip(bytes(self.fields.record))
                .and_then(|(path, record)| {
                    Some((path.to_vec(), postcard::from_bytes(record).ok()?))
                })
                .ok_or_else(|| {
                    fail(TantivyError::InternalError(
                        "a document lacks its record".into(),
                    ))
                })?;
            photos.push(photo);
        }
        photos.sort_by(|(a, _): &(Vec<u8>, PhotoRecord), (b, _)| a.cmp(b));
        Ok(photos)
    }
}

fn failed(path: &Path, source: TantivyError) -> IndexError {
    IndexError::Keywords {
        path: path.into(),
        source,
    }
}
