//! Reads a published state. Readers take no lock, write nothing and do not open the catalog.

mod nearest;

pub use nearest::{Penalties, Route, RowQuery, SearchMode};

use crate::graph::Graph;
use crate::keywords::{Keywords, Passing, Phrase, TextColumn, WordMatch};
use crate::matrix::Matrix;
use crate::{
    Attachment, Filter, GivenLabels, IndexError, Manifest, PhotoRecord, RowFilter, RowId, RowSet,
    Tags,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// One published state, open for searching.
pub struct Reader {
    index: PathBuf,
    manifest: Manifest,
    matrix: Matrix,
    graphs: Vec<Graph>,
    graph_error: Mutex<Option<IndexError>>,
    keywords: Keywords,
}

/// How often opening is tried: a writer may publish meanwhile and remove the files of the old
/// state.
const OPENING_TRIES: u32 = 10;

impl Reader {
    /// Opens the last published state.
    ///
    /// A damaged graph is no error: its rows are scanned, and [`Reader::damage`] reports it.
    ///
    /// # Errors
    ///
    /// When there is no index, or its manifest, vectors or keywords are damaged.
    pub fn open(index: &Path) -> Result<Self, IndexError> {
        Self::open_from(index, Manifest::read(index)?)
    }

    /// As [`Reader::open`], with a `MANIFEST` that the caller has just read. If a file is missing,
    /// the present `MANIFEST` is tried, because a writer may have published since.
    pub(crate) fn open_from(index: &Path, mut manifest: Manifest) -> Result<Self, IndexError> {
        for _ in 0..OPENING_TRIES {
            let opened = Self::open_state(index, &manifest);
            let is_missing = match &opened {
                Ok(reader) => reader.lacks_a_graph(),
                Err(error) => error.is_missing_file(),
            };
            if is_missing {
                let now = Manifest::read(index)?;
                if now.generation != manifest.generation {
                    manifest = now;
                    continue;
                }
            }
            return opened.map_err(|error| error.missing_is_damage(index));
        }
        Self::open_state(index, &manifest).map_err(|error| error.missing_is_damage(index))
    }

    fn lacks_a_graph(&self) -> bool {
        let error = self
            .graph_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        error.as_ref().is_some_and(IndexError::is_missing_file)
    }

    fn open_state(index: &Path, manifest: &Manifest) -> Result<Self, IndexError> {
        let dimension = manifest.model.dimension;
        let matrix = Matrix::open(index, manifest.epoch, dimension, manifest.rows)?;
        let keywords = Keywords::open(index, manifest)?;
        let mut graphs = Vec::new();
        let mut graph_error = None;
        for entry in &manifest.graphs {
            match Graph::open(index, entry) {
                Ok(graph) => graphs.push(graph),
                // A missing graph may have been replaced, so that error decides about another try.
                Err(error) if graph_error.is_none() || error.is_missing_file() => {
                    graph_error = Some(error);
                }
                Err(_) => {}
            }
        }
        Ok(Self {
            index: index.into(),
            manifest: manifest.clone(),
            matrix,
            graphs,
            graph_error: Mutex::new(graph_error),
            keywords,
        })
    }

    /// The published state.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder of the index.
    #[must_use]
    pub fn index(&self) -> &Path {
        &self.index
    }

    /// Descriptions of damaged graphs and rows that were found so far and left out.
    #[must_use]
    pub fn damage(&self) -> Vec<String> {
        let graph = self
            .graph_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let graph = graph.as_ref().map(ToString::to_string);
        graph
            .into_iter()
            .chain(self.matrix.damage().map(|error| error.to_string()))
            .collect()
    }

    /// The rows that have a photo: no other row answers a search.
    #[must_use]
    pub fn live(&self) -> &RowSet {
        &self.manifest.live
    }

    /// The rows that have each of these labels, given by a person or computed.
    fn labelled<'a>(&self, labels: &[&'a str]) -> Result<HashMap<&'a str, RowSet>, IndexError> {
        if labels.is_empty() {
            return Ok(HashMap::new());
        }
        let given = GivenLabels::read(&self.index)?;
        let computed = Tags::read(&self.index, self.manifest.epoch)?;
        if computed.is_none() {
            let index = self.index.clone();
            // A compaction since this reader was opened has removed the labels of its epoch.
            if Manifest::read(&self.index)?.epoch != self.manifest.epoch {
                return Err(IndexError::Compacted(index));
            }
            if given.is_empty() {
                return Err(IndexError::Untagged(index));
            }
        }
        let rows = |label: &'a str| {
            let mut rows = self.keywords.rows_of(given.contents(label))?;
            if let Some(computed) = &computed {
                rows.unite(&computed.rows_with(label));
            }
            Ok((label, rows))
        };
        labels.iter().map(|label| rows(label)).collect()
    }

    /// The photos that pass a filter.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn filter(&self, filter: &Filter) -> Result<Passing, IndexError> {
        let labelled = self.labelled(&filter.labels())?;
        self.keywords.filter(filter, &labelled)
    }

    /// Those of `rows` that belong to the `k` photos that were taken last, the latest first. Photos
    /// without a date are last.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn newest(
        &self,
        k: usize,
        rows: RowFilter<'_>,
        passing: Option<&Passing>,
    ) -> Result<Vec<RowId>, IndexError> {
        self.keywords.newest(k, rows, passing)
    }

    /// The distinct texts of a column, sorted. Texts of photos that were removed may be among them.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn texts(&self, column: TextColumn) -> Result<Vec<String>, IndexError> {
        self.keywords.texts(column)
    }

    /// The number of photos for each ending of their names, in lower case without the dot. Photos
    /// without an ending count as the empty one.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn endings(&self) -> Result<BTreeMap<String, u64>, IndexError> {
        self.keywords.endings()
    }

    /// All rows that have at least one of these phrases, the best first. Phrases must be folded by
    /// [`crate::words()`].
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn rank_words(
        &self,
        phrases: &[Phrase],
        passing: Option<&Passing>,
    ) -> Result<Vec<WordMatch>, IndexError> {
        self.keywords.rank(phrases, passing)
    }

    /// Every path and its record, in no particular order.
    pub fn photos(&self) -> impl Iterator<Item = Result<(Vec<u8>, PhotoRecord), IndexError>> + '_ {
        self.keywords.photos()
    }

    /// The paths of a row that pass, sorted, with their records.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn photos_of(
        &self,
        row: RowId,
        passing: Option<&Passing>,
    ) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        self.keywords.photos_of(row, passing)
    }

    /// The paths that begin with `start`, sorted, with their records; at most about `most`.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn photos_beginning(
        &self,
        start: &[u8],
        most: usize,
    ) -> Result<Vec<(Vec<u8>, PhotoRecord)>, IndexError> {
        self.keywords.photos_beginning(start, most)
    }

    /// The vector of a row; `None` if the row is damaged.
    #[must_use]
    pub fn vector(&self, row: RowId) -> Option<Vec<f32>> {
        self.matrix.vector(row)
    }

    /// Vectors of up to `count` contents: those with the lowest hashes, sorted by hash, without
    /// damaged rows. So the sample depends only on the photos and not on their rows, and its first
    /// vectors are a smaller sample.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn sample(&self, count: usize) -> Result<Vec<Vec<f32>>, IndexError> {
        let mut lowest: BTreeSet<([u8; 32], RowId)> = BTreeSet::new();
        for photo in self.photos() {
            let (_, record) = photo?;
            let content = (record.content, record.rows.first);
            if lowest.len() < count || lowest.last().is_some_and(|last| content < *last) {
                lowest.insert(content);
                if lowest.len() > count {
                    lowest.pop_last();
                }
            }
        }
        let rows = lowest.into_iter().map(|(_, row)| row);
        Ok(rows.filter_map(|row| self.matrix.vector(row)).collect())
    }

    /// Reads an attachment.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub fn attachment(&self, attachment: Attachment) -> Result<Option<Vec<u8>>, IndexError> {
        attachment.read(&self.index)
    }

    /// The record of an indexed path, and the vector of the photo or of a film's first key frame.
    ///
    /// # Errors
    ///
    /// When the keywords or the row are damaged.
    pub fn photo_at(&self, path: &[u8]) -> Result<Option<(Vec<f32>, PhotoRecord)>, IndexError> {
        let Some(record) = self.keywords.photo_at(path)? else {
            return Ok(None);
        };
        Ok(self
            .matrix
            .vector(record.rows.first)
            .map(|vector| (vector, record)))
    }
}
