//! Reading what was published. No lock, no catalog, no writes.

use crate::graph::Graph;
use crate::keywords::Keywords;
use crate::scan::{Scored, scan};
use crate::vectors::{Matrix, ROWS_PER_BLOCK};
use crate::{IndexError, Manifest, PhotoRecord};
use std::path::Path;

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

/// One published state, open for searching.
pub struct Reader {
    manifest: Manifest,
    matrix: Matrix,
    graph: Option<Graph>,
    graph_error: Option<IndexError>,
    keywords: Keywords,
}

/// The beam of the graph's walk: recall@10 of 0.9998 at 64 on 50,000 x 512 (DESIGN section
/// 1), doubled for larger graphs.
const EF: usize = 128;

impl Reader {
    /// Opens the last published state.
    ///
    /// A damaged graph is no obstacle: everything is scanned, and [`Reader::graph_error`]
    /// says why.
    ///
    /// # Errors
    ///
    /// When there is no index, or its manifest, vectors or keywords are damaged.
    pub fn open(index: &Path) -> Result<Self, IndexError> {
        let manifest = Manifest::read(index)?;
        let matrix = Matrix::open(
            index,
            manifest.model.dimension,
            manifest.rows,
            manifest.tail_crc,
        )?;
        let keywords = Keywords::open(index)?;
        let (graph, graph_error) = match &manifest.graph {
            None => (None, None),
            Some(entry) => match Graph::open(index, entry) {
                Ok(graph) => (Some(graph), None),
                Err(error) => (None, Some(error)),
            },
        };
        Ok(Self {
            manifest,
            matrix,
            graph,
            graph_error,
            keywords,
        })
    }

    /// What was published.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Why the graph is not used, if it should be.
    #[must_use]
    pub fn graph_error(&self) -> Option<&IndexError> {
        self.graph_error.as_ref()
    }

    /// The best `k` photos for a unit vector, best first, and how they were found.
    ///
    /// # Errors
    ///
    /// When the vector has the wrong length, or a hit's row or record is damaged.
    pub fn search(
        &self,
        query: &[f32],
        k: usize,
        mode: SearchMode,
    ) -> Result<(Vec<Hit>, Plan), IndexError> {
        if query.len() != self.matrix.dimension() {
            return Err(IndexError::Vector {
                expected: self.matrix.dimension(),
                found: query.len(),
                length: 0.0,
            });
        }
        // Rows whose photos were removed have no path, so more rows are asked for than
        // photos are wanted, and more still while there are too few.
        let mut wanted = k + k / 2 + 16;
        loop {
            let (rows, plan) = self.rows(query, wanted, mode);
            let is_all = rows.len() < wanted && matches!(plan, Plan::Scan { .. });
            let hits = self.photos(&rows, k)?;
            if hits.len() >= k || is_all {
                return Ok((hits, plan));
            }
            wanted = wanted.saturating_mul(4);
        }
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
        let row = record.row;
        if row.0 as usize >= self.matrix.rows() {
            return Ok(None);
        }
        self.matrix.check_block(row.0 as usize / ROWS_PER_BLOCK)?;
        Ok(Some((self.matrix.vector(row), record)))
    }

    fn rows(&self, query: &[f32], k: usize, mode: SearchMode) -> (Vec<Scored>, Plan) {
        let rows = self.matrix.rows();
        // A walk that must find a good part of all rows costs more than looking at each.
        match &self.graph {
            Some(graph) if mode == SearchMode::Planned && k < graph.rows() / 16 => {
                let covered = graph.rows().min(rows);
                let mut found = graph.search(&self.matrix, query, k, EF);
                found.extend(scan(&self.matrix, covered..rows, query, k));
                found.sort_unstable();
                found.truncate(k);
                let plan = Plan::Graph {
                    rows: covered,
                    scanned: rows - covered,
                };
                (found, plan)
            }
            _ => (scan(&self.matrix, 0..rows, query, k), Plan::Scan { rows }),
        }
    }

    /// The photos of rows in order; paths of one content stand together.
    fn photos(&self, rows: &[Scored], k: usize) -> Result<Vec<Hit>, IndexError> {
        let mut hits = Vec::new();
        for scored in rows {
            if hits.len() >= k {
                break;
            }
            let photos = self.keywords.photos_of(scored.row)?;
            if !photos.is_empty() {
                self.matrix
                    .check_block(scored.row.0 as usize / ROWS_PER_BLOCK)?;
            }
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
