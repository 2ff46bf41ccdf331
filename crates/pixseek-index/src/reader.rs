//! Reading what was published. No lock, no catalog, no writes.

use crate::codec::Query;
use crate::graph::Graph;
use crate::keywords::{Keywords, Passing, Phrase, TextColumn, WordMatch};
use crate::manifest::FORMAT;
use crate::matrix::Matrix;
use crate::scan::{Rows, Scored, scan, scan_exact};
use crate::{Attachment, Filter, IndexError, Manifest, PhotoRecord, RowId, RowSet, Tags};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A photo that answers a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// Cosine with the query, in `-1..=1`; comparable within one model only.
    pub score: f32,
    /// What is known of the photo.
    pub record: PhotoRecord,
}

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// Whatever is fastest.
    #[default]
    Planned,
    /// Every row.
    Exact,
    /// As `Planned`, with another width of the graph's beam than the usual one.
    Beam(usize),
}

/// How a search was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// All rows were compared.
    Scan {
        /// How many.
        rows: usize,
    },
    /// The graph was walked, the rows behind it compared.
    Graph {
        /// Rows in the graph.
        rows: usize,
        /// Rows behind it.
        scanned: usize,
    },
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scan { rows } => write!(f, "{rows} compared"),
            Self::Graph { rows, scanned } => {
                write!(f, "graph over {rows} walked, {scanned} compared")
            }
        }
    }
}

/// One published state, open for searching.
pub struct Reader {
    index: PathBuf,
    manifest: Manifest,
    matrix: Matrix,
    graphs: Vec<Graph>,
    graph_error: Mutex<Option<IndexError>>,
    keywords: Keywords,
}

/// The width of the graph's beam for a query among the photos: of 1,000,000 (benchmark
/// `index`), 64 finds 99.9 % of the ten nearest to a photo in 0.4 ms.
const EF: usize = 96;

/// Texts lie outside the photos' cone, and no beam serves them well: 512 finds 81 % of the
/// ten nearest of 1,000,000 in 2.7 ms, 1,024 90 % in 5 ms. A scan finds all in 29 ms, half of
/// what the text tower takes, and so goes first up to this many photos.
const SCANNED_OUTSIDE: usize = 2_000_000;
const EF_OUTSIDE: usize = 1024;

/// A filter that fewer than one in so many rows pass is scanned: a walk would pass by most.
const FEW: usize = 20;

/// A writer may publish, and remove what was, while a reader opens.
const OPENING_TRIES: u32 = 10;

impl Reader {
    /// Opens the last published state.
    ///
    /// A damaged graph is no obstacle: everything is scanned, and [`Reader::damage`] says
    /// why.
    ///
    /// # Errors
    ///
    /// When there is no index, or its manifest, vectors or keywords are damaged.
    pub fn open(index: &Path) -> Result<Self, IndexError> {
        Self::open_from(index, Manifest::read(index)?)
    }

    /// As [`Reader::open`], from a `MANIFEST` that was read a moment ago: a file that a writer
    /// has replaced since is looked for in the present one.
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
                // One that is missing may have been replaced, and is tried again.
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

    /// What was published.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder of the index.
    #[must_use]
    pub fn index(&self) -> &Path {
        &self.index
    }

    /// What was found damaged so far and done without: graphs, rows.
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

    /// The best `k` photos for a unit vector, best first, and how they were found.
    ///
    /// # Errors
    ///
    /// When the vector has the wrong length, or a hit's row or record is damaged.
    pub fn search(
        &self,
        vector: &[f32],
        k: usize,
        mode: SearchMode,
    ) -> Result<(Vec<Hit>, Plan), IndexError> {
        let dimension = self.manifest.model.dimension;
        if vector.len() != dimension {
            return Err(IndexError::Vector {
                expected: dimension,
                found: vector.len(),
                length: 0.0,
            });
        }
        let query = self.matrix.query(vector);
        // Rows whose photos were removed have no path, so more rows are asked for than
        // photos are wanted, and more still while there are too few.
        let mut wanted = k + k / 2 + 16;
        loop {
            let (rows, plan) = self.scored(&query, wanted, mode, None);
            let is_all = rows.len() < wanted && matches!(plan, Plan::Scan { .. });
            let hits = self.hits_of(&rows, k)?;
            if hits.len() >= k || is_all {
                return Ok((hits, plan));
            }
            wanted = wanted.saturating_mul(4);
        }
    }

    /// The photos that pass a filter.
    ///
    /// # Errors
    ///
    /// When the index is of a format without columns, or they are damaged.
    pub fn filter(&self, filter: &Filter) -> Result<Passing, IndexError> {
        if self.manifest.format < FORMAT {
            return Err(IndexError::Old(self.index.clone()));
        }
        let tags = if filter.has_tag() {
            let tags = Tags::read(&self.index, self.manifest.epoch)?;
            Some(tags.ok_or_else(|| IndexError::Untagged(self.index.clone()))?)
        } else {
            None
        };
        self.keywords.filter(filter, &|label| {
            tags.as_ref()
                .map_or_else(RowSet::default, |tags| tags.rows_with(label))
        })
    }

    /// The `k` photos taken last, latest first; those without a date are behind all others.
    ///
    /// # Errors
    ///
    /// When the index is of a format without columns, or they are damaged.
    pub fn newest(&self, k: usize, passing: Option<&Passing>) -> Result<Vec<RowId>, IndexError> {
        if self.manifest.format < FORMAT {
            return Err(IndexError::Old(self.index.clone()));
        }
        self.keywords.newest(k, passing)
    }

    /// The different texts of a column, by name; those of photos that are gone may be among
    /// them.
    ///
    /// # Errors
    ///
    /// When the index is of a format without columns, or they are damaged.
    pub fn texts(&self, column: TextColumn) -> Result<Vec<String>, IndexError> {
        if self.manifest.format < FORMAT {
            return Err(IndexError::Old(self.index.clone()));
        }
        self.keywords.texts(column)
    }

    /// The best `k` rows for words and phrases, each as [`crate::words()`] gives it.
    ///
    /// # Errors
    ///
    /// When the keywords are damaged.
    pub fn rank_words(
        &self,
        phrases: &[Phrase],
        k: usize,
        passing: Option<&Passing>,
    ) -> Result<Vec<WordMatch>, IndexError> {
        self.keywords.rank(phrases, k, passing)
    }

    /// Every path and its record, in no order.
    pub fn photos(&self) -> impl Iterator<Item = Result<(Vec<u8>, PhotoRecord), IndexError>> + '_ {
        self.keywords.photos()
    }

    /// The paths of a row that pass, with their records, by name.
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

    /// A row's vector; `None` when it is damaged.
    #[must_use]
    pub fn vector(&self, row: RowId) -> Option<Vec<f32>> {
        self.matrix.vector(row)
    }

    /// Vectors of up to `count` rows that lie evenly over all, without damaged ones.
    #[must_use]
    pub fn sample(&self, count: u32) -> Vec<Vec<f32>> {
        let rows = self.manifest.rows;
        let count = count.min(rows);
        let at = |number: u32| u64::from(number) * u64::from(rows) / u64::from(count.max(1));
        (0..count)
            .filter_map(|number| u32::try_from(at(number)).ok())
            .filter_map(|row| self.matrix.vector(RowId(row)))
            .collect()
    }

    /// What is kept beside the index.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub fn attachment(&self, attachment: Attachment) -> Result<Option<Vec<u8>>, IndexError> {
        attachment.read(&self.index)
    }

    /// The vector and record of an indexed path.
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
            .vector(record.row)
            .map(|vector| (vector, record)))
    }

    /// The best `k` rows for a unit vector, among those that pass a filter.
    #[must_use]
    pub fn rows(
        &self,
        vector: &[f32],
        k: usize,
        mode: SearchMode,
        filter: Option<&RowSet>,
    ) -> (Vec<(RowId, f32)>, Plan) {
        let query = self.matrix.query(vector);
        let (found, plan) = self.scored(&query, k, mode, filter);
        let found = found.into_iter().map(|scored| (scored.row, scored.score));
        (found.collect(), plan)
    }

    fn scored(
        &self,
        query: &Query,
        k: usize,
        mode: SearchMode,
        filter: Option<&RowSet>,
    ) -> (Vec<Scored>, Plan) {
        let total = self.manifest.rows as usize;
        let passing = filter.map_or(total, RowSet::len);
        let these = filter.map(RowSet::rows);
        let all = |range: Range<u32>| match &these {
            None => Rows::All(range),
            Some(rows) => {
                let from = rows.partition_point(|row| *row < range.start);
                let end = rows.partition_point(|row| *row < range.end);
                Rows::These(&rows[from..end])
            }
        };
        let everything = 0..self.manifest.rows;
        if mode == SearchMode::Exact {
            let found = scan_exact(&self.matrix, &all(everything), query, k);
            return (found, Plan::Scan { rows: passing });
        }
        // A walk that must find a good part of all rows costs more than looking at each.
        let is_wide = k > total / 16 || passing * FEW < total;
        let mut uncovered = 0;
        let mut found = Vec::new();
        let mut covered = 0;
        for graph in self.graphs.iter().filter(|_| !is_wide) {
            let ef = match mode {
                SearchMode::Beam(ef) => ef,
                _ if graph.is_inside(query) => EF,
                _ if total <= SCANNED_OUTSIDE => continue,
                _ => EF_OUTSIDE,
            };
            match graph.search(&self.matrix, query, k, ef, filter) {
                Ok(walked) => found.extend(walked),
                Err(error) => {
                    self.note(&error);
                    continue;
                }
            }
            let range = graph.range();
            found.extend(scan(&self.matrix, &all(uncovered..range.start), query, k));
            covered += range.len();
            uncovered = range.end;
        }
        found.extend(scan(
            &self.matrix,
            &all(uncovered..everything.end),
            query,
            k,
        ));
        found.sort_unstable();
        found.truncate(k);
        let plan = if covered == 0 {
            Plan::Scan { rows: passing }
        } else {
            Plan::Graph {
                rows: covered,
                scanned: total - covered,
            }
        };
        (found, plan)
    }

    fn note(&self, error: &std::io::Error) {
        let mut noted = self
            .graph_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        noted.get_or_insert_with(|| IndexError::Io {
            action: "walk",
            path: "graph".into(),
            source: std::io::Error::new(error.kind(), error.to_string()),
        });
    }

    /// The photos of rows in order; paths of one content stand together.
    fn hits_of(&self, rows: &[Scored], k: usize) -> Result<Vec<Hit>, IndexError> {
        let mut hits = Vec::new();
        for scored in rows {
            if hits.len() >= k {
                break;
            }
            let photos = self.keywords.photos_of(scored.row, None)?;
            hits.extend(photos.into_iter().map(|(path, record)| Hit {
                path,
                score: scored.score,
                record,
            }));
        }
        hits.truncate(k);
        Ok(hits)
    }
}
