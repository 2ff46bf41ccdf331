//! Words and facts: a tantivy index with one document for each path. It also stores the record that
//! a hit shows.

mod endings;
mod filters;
mod folded;
mod folder;
mod lookup;
mod newest;
mod ranking;
mod schema;
#[cfg(test)]
mod tests;
mod texts;

use crate::manifest::KeywordsEntry;
use crate::record::PhotoRecord;
use crate::{Filter, IndexError, Manifest, RowFilter, RowId, RowSet, checked};
use filters::{SegmentFilter, rows_of};
use folded::FoldedTexts;
use folder::KeywordFolder;
use rayon::prelude::*;
use schema::{Columns, Fields, document, schema};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::{DocAddress, Index, IndexReader, ReloadPolicy, Searcher, TantivyError, Term};

pub use ranking::{Phrase, WordMatch};
pub use texts::TextColumn;

pub(crate) const KEYWORDS: &str = "keywords";

/// One indexing thread is enough: encoding the photos takes far longer than indexing their words.
const WRITER_THREADS: usize = 1;
const WRITER_BYTES: usize = 32 << 20;

/// Writes the documents of paths that have changed.
pub(crate) struct KeywordWriter {
    index: PathBuf,
    path: PathBuf,
    folder: KeywordFolder,
    writer: tantivy::IndexWriter,
    fields: Fields,
    columns: Columns,
}

/// Published keywords, open for searching.
pub(crate) struct Keywords {
    index: PathBuf,
    path: PathBuf,
    searcher: Searcher,
    fields: Fields,
    folded: FoldedTexts,
}

/// The photos that pass a filter.
#[derive(Debug, Clone)]
pub struct Passing {
    /// Rows with at least one path that passes.
    pub rows: Arc<RowSet>,
    /// The paths that pass: for each segment, its documents.
    documents: Vec<RowSet>,
}

impl Passing {
    fn has(&self, address: DocAddress) -> bool {
        let documents = self.documents.get(address.segment_ord as usize);
        documents.is_some_and(|documents| documents.has(RowId(address.doc_id)))
    }

    /// The number of paths that pass.
    #[must_use]
    pub fn paths(&self) -> usize {
        self.documents.iter().map(RowSet::len).sum()
    }
}

/// `keywords/<epoch>`
fn keywords_path(index: &Path, epoch: u64) -> PathBuf {
    index.join(KEYWORDS).join(epoch.to_string())
}

impl KeywordWriter {
    /// Opens the published keywords of an epoch. Begins an empty index if there are none.
    pub(crate) fn open(
        index: &Path,
        epoch: u64,
        published: Option<&KeywordsEntry>,
    ) -> Result<Self, IndexError> {
        let path = keywords_path(index, epoch);
        let (schema, fields, columns) = schema();
        let folder = open_folder(index, &path, published)?;
        let open = || {
            pixseek_files::make_folder(&path)?;
            pixseek_files::sync_folder(&index.join(KEYWORDS))?;
            pixseek_files::sync_folder(index)?;
            let writer = Index::open_or_create(folder.clone(), schema)?
                .writer_with_num_threads(WRITER_THREADS, WRITER_BYTES)?;
            // A bug of tantivy 0.27: the first operation of a new writer gets the opstamp of the
            // last commit, and a merge then skips it as already applied: a deleted photo would
            // stay. An empty operation uses that opstamp up.
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
            columns,
        })
    }

    /// Deletes the document of `path`.
    pub(crate) fn delete(&self, path: &[u8]) {
        let path = Term::from_field_bytes(self.fields.path, path);
        self.writer.delete_term(path);
    }

    /// Replaces the document of `path`. `has_motion` says whether a short film belongs to the photo.
    pub(crate) fn replace(
        &self,
        path: &[u8],
        record: &PhotoRecord,
        has_motion: bool,
    ) -> Result<(), IndexError> {
        self.delete(path);
        let document = document(self.fields, self.columns, (path, record), has_motion);
        self.writer
            .add_document(document)
            .map(drop)
            .map_err(|source| failed(&self.index, &self.path, source))
    }

    /// Commits, waits for merges, and returns the entry for `MANIFEST`.
    pub(crate) fn commit(mut self) -> Result<KeywordsEntry, IndexError> {
        let (index, path) = (self.index, self.path);
        let commit = || {
            self.writer.commit()?;
            let segments = self.writer.index().clone();
            self.writer.wait_merging_threads()?;
            let entry = self.folder.entry(&segments.load_metas()?.segments)?;
            pixseek_files::sync_folder(&path)?;
            Ok(entry)
        };
        commit().map_err(|source| failed(&index, &path, source))
    }
}

/// Removes the keywords of other epochs and files that the publication does not name.
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
    /// Opens the keywords that `manifest` names.
    pub(crate) fn open(index: &Path, manifest: &Manifest) -> Result<Self, IndexError> {
        Self::open_entry(index, manifest.epoch, manifest.keywords.as_ref())
    }

    /// Opens one commit of an epoch's keywords.
    pub(crate) fn open_entry(
        index: &Path,
        epoch: u64,
        entry: Option<&KeywordsEntry>,
    ) -> Result<Self, IndexError> {
        let path = keywords_path(index, epoch);
        let folder = open_folder(index, &path, entry)?;
        let open = || {
            let opened = Index::open(folder)?;
            let reader: IndexReader = opened
                .reader_builder()
                .reload_policy(ReloadPolicy::Manual)
                .try_into()?;
            Ok((reader.searcher(), opened.schema()))
        };
        let (searcher, found) = open().map_err(|source| failed(index, &path, source))?;
        let (expected, fields, _) = schema();
        if found != expected {
            return Err(checked::damaged(index, &path, "it has other fields"));
        }
        Ok(Self {
            index: index.into(),
            path,
            searcher,
            fields,
            folded: FoldedTexts::default(),
        })
    }

    /// The photos that pass a filter. `labelled` has the rows of each label in it.
    pub(crate) fn filter(
        &self,
        filter: &Filter,
        labelled: &HashMap<&str, RowSet>,
    ) -> Result<Passing, IndexError> {
        let of_segment = |(ordinal, segment)| {
            let filters = SegmentFilter {
                segment,
                ordinal,
                folded: &self.folded,
                labelled,
            };
            let mut documents = filters.documents(filter)?;
            let rows = rows_of(segment, &mut documents)?;
            Ok((documents, rows))
        };
        let found: Vec<(RowSet, RowSet)> = self
            .searcher
            .segment_readers()
            .par_iter()
            .enumerate()
            .map(of_segment)
            .collect::<Result<_, TantivyError>>()
            .map_err(|source| failed(&self.index, &self.path, source))?;
        let mut rows = RowSet::default();
        let mut documents = Vec::with_capacity(found.len());
        for (of_segment, found) in found {
            rows.unite(&found);
            documents.push(of_segment);
        }
        Ok(Passing {
            rows: Arc::new(rows),
            documents,
        })
    }

    /// The rows that have a photo.
    pub(crate) fn live_rows(&self) -> Result<RowSet, IndexError> {
        let passing = self.filter(&Filter::All(Vec::new()), &HashMap::new())?;
        Ok(Arc::unwrap_or_clone(passing.rows))
    }

    /// Those of `rows` that belong to the `k` photos that were taken last. Several paths of a content
    /// count once.
    pub(crate) fn newest(
        &self,
        k: usize,
        rows: RowFilter<'_>,
        passing: Option<&Passing>,
    ) -> Result<Vec<RowId>, IndexError> {
        newest::newest(&self.searcher, k, rows, passing)
            .map_err(|source| failed(&self.index, &self.path, source))
    }

    /// The distinct texts of a column.
    pub(crate) fn texts(&self, column: TextColumn) -> Result<Vec<String>, IndexError> {
        texts::texts(&self.searcher, column)
            .map_err(|source| failed(&self.index, &self.path, source))
    }

    /// The rows that match words and phrases, the best first. Each must be folded by
    /// [`crate::words()`].
    pub(crate) fn rank(
        &self,
        phrases: &[Phrase],
        passing: Option<&Passing>,
    ) -> Result<Vec<WordMatch>, IndexError> {
        ranking::rank(&self.searcher, self.fields, phrases, passing)
            .map_err(|source| failed(&self.index, &self.path, source))
    }

    /// Checks all files against their checksums.
    pub(crate) fn check(index: &Path, manifest: &Manifest) -> Result<(), IndexError> {
        let path = keywords_path(index, manifest.epoch);
        open_folder(index, &path, manifest.keywords.as_ref())?
            .check()
            .map_err(|(file, error)| checked::damaged(index, &file, &error.to_string()))
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

/// Translates an error of tantivy. Missing and changed files are damage.
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
            source: source.into(),
        },
    }
}

fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    matches!(error.kind(), InvalidData | UnexpectedEof)
}
