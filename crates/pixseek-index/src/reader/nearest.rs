//! The one way from a vector to rows: every search by vector goes through it.
//!
//! Only rows that have a photo are compared and counted, so that `k` rows are `k` photos or
//! more as long as there are so many. Asking for more rows and dropping those without a photo
//! was rejected: it lost photos wherever a caller forgot to, and it has no end when most rows
//! are without one.

use super::Reader;
use crate::scan::{Comparison, Rows, Scored, scan, scan_exact};
use crate::{IndexError, RowFilter, RowId, RowSet};
use std::borrow::Cow;
use std::sync::PoisonError;

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// Whatever is fastest.
    #[default]
    Auto,
    /// Every row.
    Exact,
    /// As `Auto`, with another width of the graph's beam than the usual one.
    Beam(usize),
}

/// What the cosines of rows are lowered by before rows are ranked. The caller knows why: photos
/// that lie near to all texts, for one, should not stand first for each of them.
#[derive(Debug, Clone, Copy)]
pub struct Penalties<'a> {
    /// By row.
    pub rows: &'a [f32],
    /// For the rows behind them.
    pub others: f32,
    /// All of them are multiplied by this.
    pub weight: f32,
}

impl Penalties<'_> {
    /// What a row's cosine is lowered by.
    #[must_use]
    #[inline]
    pub fn of(&self, row: RowId) -> f32 {
        let known = self.rows.get(row.0 as usize);
        self.weight * known.copied().unwrap_or(self.others)
    }
}

/// What rows are ranked by.
#[derive(Debug, Clone, Copy)]
pub struct RowQuery<'a> {
    /// A unit vector, with which rows have a cosine.
    pub vector: &'a [f32],
    /// What the cosines are lowered by.
    pub penalties: Option<Penalties<'a>>,
    /// How rows are searched.
    pub mode: SearchMode,
}

/// How a search was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
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

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scan { rows } => write!(f, "{rows} compared"),
            Self::Graph { rows, scanned } => {
                write!(f, "graph over {rows} walked, {scanned} compared")
            }
        }
    }
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

impl Reader {
    /// The best `k` rows for a unit vector, best first, with their cosines, and how they were
    /// found. Each of them has a photo; they are fewer than `k` only when no more pass.
    ///
    /// # Errors
    ///
    /// When the vector has the wrong length.
    pub fn nearest(
        &self,
        vector: &[f32],
        k: usize,
        mode: SearchMode,
        filter: RowFilter<'_>,
    ) -> Result<(Vec<(RowId, f32)>, Route), IndexError> {
        let query = RowQuery {
            vector,
            penalties: None,
            mode,
        };
        self.best_rows(&query, k, filter)
    }

    /// As [`Reader::nearest`], by cosines that are lowered by penalties; it returns the lowered
    /// ones. More of them begin with the same rows in the same order, but where a graph is walked:
    /// that is among more than 2,000,000 rows, or without penalties.
    ///
    /// # Errors
    ///
    /// When the vector has the wrong length.
    pub fn best_rows(
        &self,
        asked: &RowQuery<'_>,
        k: usize,
        filter: RowFilter<'_>,
    ) -> Result<(Vec<(RowId, f32)>, Route), IndexError> {
        let dimension = self.manifest.model.dimension;
        if asked.vector.len() != dimension {
            return Err(IndexError::Vector {
                expected: dimension,
                found: asked.vector.len(),
                length: 0.0,
            });
        }
        let rows = match filter {
            RowFilter::All => Cow::Borrowed(self.live()),
            RowFilter::Among(rows) => {
                let mut rows = rows.clone();
                rows.intersect(self.live());
                Cow::Owned(rows)
            }
        };
        let query = self.matrix.query(asked.vector);
        let comparison = Comparison {
            matrix: &self.matrix,
            query: &query,
            penalties: asked.penalties,
        };
        let (found, route) = self.scored(comparison, k, asked.mode, &rows);
        let found = found.into_iter().map(|scored| (scored.row, scored.score));
        Ok((found.collect(), route))
    }

    fn scored(
        &self,
        comparison: Comparison<'_>,
        k: usize,
        mode: SearchMode,
        set: &RowSet,
    ) -> (Vec<Scored>, Route) {
        let query = comparison.query;
        let end = self.manifest.rows;
        let total = end as usize;
        if mode == SearchMode::Exact {
            let range = 0..end;
            let found = scan_exact(comparison, &Rows { set, range }, k);
            return (found, Route::Scan { rows: set.len() });
        }
        // A walk that must find a good part of all rows costs more than looking at each.
        let is_wide = k > total / 16 || set.len() * FEW < total;
        // A graph knows nothing of penalties, and may walk past rows that have low ones.
        let is_scanned = is_wide || (comparison.penalties.is_some() && total <= SCANNED_OUTSIDE);
        let mut uncovered = 0;
        let mut found = Vec::new();
        let mut covered = 0;
        for graph in self.graphs.iter().filter(|_| !is_scanned) {
            let ef = match mode {
                SearchMode::Beam(ef) => ef,
                _ if graph.is_inside(query) => EF,
                _ if total <= SCANNED_OUTSIDE => continue,
                _ => EF_OUTSIDE,
            };
            match graph.search(&self.matrix, query, k, ef, set) {
                Ok(walked) => found.extend(walked.into_iter().map(|scored| Scored {
                    score: scored.score - comparison.penalty(scored.row),
                    ..scored
                })),
                Err(error) => {
                    self.note(&error);
                    continue;
                }
            }
            let walked = graph.range();
            let range = uncovered..walked.start;
            found.extend(scan(comparison, &Rows { set, range }, k));
            covered += set.count_in(walked.clone());
            uncovered = walked.end;
        }
        let range = uncovered..end;
        found.extend(scan(comparison, &Rows { set, range }, k));
        found.sort_unstable();
        found.truncate(k);
        let route = if uncovered == 0 {
            Route::Scan { rows: set.len() }
        } else {
            Route::Graph {
                rows: covered,
                scanned: set.len() - covered,
            }
        };
        (found, route)
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
}
