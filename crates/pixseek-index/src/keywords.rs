//! Words and facts: a tantivy index with one document a path, and in it what a hit shows.

mod folder;
#[cfg(test)]
mod tests;

use crate::manifest::KeywordsEntry;
use crate::record::PhotoRecord;
use crate::words::words;
use crate::{IndexError, Manifest, RowId, checked};
use folder::KeywordFolder;
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
    index: PathBuf,
    path: PathBuf,
    folder: KeywordFolder,
    writer: tantivy::IndexWriter,
    fields: Fields,
}

/// Opened keywords.
pub(crate) struct Keywords {
    index: PathBuf,
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

/// `keywords/<epoch>`
fn keywords_path(index: &Path, epoch: u64) -> PathBuf {
    index.join(KEYWORDS).join(epoch.to_string())
}

impl KeywordWriter {
    /// Opens the published keywords of an epoch, or begins new ones.
    pub(crate) fn open(
        index: &Path,
        epoch: u64,
        published: Option<&KeywordsEntry>,
    ) -> Result<Self, IndexError> {
        let path = keywords_path(index, epoch);
        let (schema, fields) = schema();
        let folder = open_folder(index, &path, published)?;
        let open = || {
            std::fs::create_dir_all(&path)?;
            checked::sync_folder(&index.join(KEYWORDS))?;
            checked::sync_folder(index)?;
            let writer = Index::open_or_create(folder.clone(), schema)?
                .writer_with_num_threads(WRITER_THREADS, WRITER_BYTES)?;
            // tantivy 0.27 gives the first operation the number of the commit before, and a
            // merge then takes it for done in segments that this commit has changed: the
            // photo would stay. Nothing has that number.
            writer.run(std::iter::empty())?;
            Ok(writer)
        };
        let writer = open().map_err(|source| failed(index, &path, source))?;
        Ok(Self {
            index: index.into(),
            path,
            folder,
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
            .map_err(|source| failed(&self.index, &self.path, source))
    }

    /// Writes all of it, waits until merges are done, and says what `MANIFEST` has to hold.
    pub(crate) fn commit(mut self) -> Result<KeywordsEntry, IndexError> {
        let (index, path) = (self.index, self.path);
        let commit = || {
            self.writer.commit()?;
            let segments = self.writer.index().clone();
            self.writer.wait_merging_threads()?;
            let entry = self.folder.entry(&segments.load_metas()?.segments)?;
            checked::sync_folder(&path)?;
            Ok(entry)
        };
        commit().map_err(|source| failed(&index, &path, source))
    }
}

/// Removes what neither this publication nor its epoch has.
pub(crate) fn remove_others(index: &Path, manifest: &Manifest) {
    let current = keywords_path(index, manifest.epoch);
    for entry in std::fs::read_dir(index.join(KEYWORDS))
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.path() != current {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    if let Some(published) = &manifest.keywords {
        folder::remove_others(&current, published);
    }
}

impl Keywords {
    /// Opens what `manifest` names.
    pub(crate) fn open(index: &Path, manifest: &Manifest) -> Result<Self, IndexError> {
        let path = keywords_path(index, manifest.epoch);
        let (_, fields) = schema();
        let folder = open_folder(index, &path, manifest.keywords.as_ref())?;
        let open = || {
            let reader: IndexReader = Index::open(folder)?
                .reader_builder()
                .reload_policy(ReloadPolicy::Manual)
                .try_into()?;
            Ok(reader.searcher())
        };
        let searcher = open().map_err(|source| failed(index, &path, source))?;
        Ok(Self {
            index: index.into(),
            path,
            searcher,
            fields,
        })
    }

    /// Holds all files against their checksums.
    pub(crate) fn check(index: &Path, manifest: &Manifest) -> Result<(), IndexError> {
        let path = keywords_path(index, manifest.epoch);
        open_folder(index, &path, manifest.keywords.as_ref())?
            .check()
            .map_err(|(file, error)| checked::damaged(index, &file, &error.to_string()))
    }

    /// Every path and its record, in no order.
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
                    .map(move |document| self.photo(tantivy::DocAddress::new(ordinal, document)))
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
        let found = self
            .searcher
            .search(&query, &DocSetCollector)
            .map_err(|source| failed(&self.index, &self.path, source))?;
        let mut photos = found
            .into_iter()
            .map(|address| self.photo(address))
            .collect::<Result<Vec<_>, _>>()?;
        photos.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(photos)
    }

    fn photo(&self, address: tantivy::DocAddress) -> Result<(Vec<u8>, PhotoRecord), IndexError> {
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

fn open_folder(
    index: &Path,
    path: &Path,
    published: Option<&KeywordsEntry>,
) -> Result<KeywordFolder, IndexError> {
    KeywordFolder::open(path.into(), published).map_err(|(file, source)| {
        if is_damage(&source) {
            checked::damaged(index, &file, &source.to_string())
        } else {
            IndexError::Io {
                action: "open",
                path: file,
                source,
            }
        }
    })
}

/// Files that are gone or changed are damage; the rest is what tantivy says.
fn failed(index: &Path, path: &Path, source: TantivyError) -> IndexError {
    use tantivy::directory::error::OpenReadError;
    let what = match &source {
        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) => {
            let gone = path.join(file);
            return IndexError::Io {
                action: "open",
                path: gone,
                source: std::io::ErrorKind::NotFound.into(),
            };
        }
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) => {
            is_damage(io_error).then(|| (path.join(filepath), io_error.to_string()))
        }
        TantivyError::IoError(error) => {
            is_damage(error).then(|| (path.to_path_buf(), error.to_string()))
        }
        TantivyError::DataCorruption(_) => Some((path.to_path_buf(), source.to_string())),
        _ => None,
    };
    match what {
        Some((file, what)) => checked::damaged(index, &file, &what),
        None => IndexError::Keywords {
            path: path.into(),
            source,
        },
    }
}

fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    matches!(error.kind(), InvalidData | UnexpectedEof)
}
