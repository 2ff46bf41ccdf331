//! The nearest rows of a vector. Every search by vector goes through this module.
//!
//! Only rows that have a photo are compared and counted, so `k` rows are at least `k` photos if
//! there are enough. Returning any rows and letting callers drop those without a photo was
//! rejected: a caller that forgets to ask for more rows loses photos, and if most rows have no
//! photo, asking for more does not end.

use super::Reader;
use crate::scan::{Comparison, Rows, Scored, scan, scan_exact};
use crate::{IndexError, RowFilter, RowId, RowSet};
use std::borrow::Cow;
use std::sync::PoisonError;

/// How rows are searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// The fastest way that finds nearly all of the nearest rows.
    #[default]
    Auto,
    /// Compares every row with its whole code.
    Exact,
    /// As `Auto`, but the graph's beam has this width.
    Beam(usize),
}

/// Numbers that are subtracted from the cosines of rows before they are ranked. For example, photos
/// that lie near to all texts should not be the first hits for each of them.
#[derive(Debug, Clone, Copy)]
pub struct Penalties<'a> {
    /// The penalty of each row.
    pub rows: &'a [f32],
    /// The penalty of all rows behind these.
    pub others: f32,
    /// A factor of all penalties.
    pub weight: f32,
}

impl Penalties<'_> {
    /// The number that is subtracted from the cosine of a row.
    #[must_use]
    #[inline]
    pub fn of(&self, row: RowId) -> f32 {
        let known = self.rows.get(row.0 as usize);
        self.weight * known.copied().unwrap_or(self.others)
    }
}

/// A search by vector.
#[derive(Debug, Clone, Copy)]
pub struct RowQuery<'a> {
    /// A unit vector.
    pub vector: &'a [f32],
    /// Penalties for rows.
    pub penalties: Option<Penalties<'a>>,
    /// How rows are searched.
    pub mode: SearchMode,
}

/// The way in which a search found its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// It compared all rows.
    Scan {
        /// The number of rows.
        rows: usize,
    },
    /// It walked graphs and compared the rows that no graph covers.
    Graph {
        /// Rows that the graphs cover.
        rows: usize,
        /// Rows that were compared.
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

/// The width of the beam for a query inside the photos' cone. Of 1,000,000 photos of 384 dimensions
/// (benchmark `index`), a width of 64 finds 99.8 % of the ten nearest to one of them in 0.2 ms, and
/// 98.9 % of those nearest to another photo.
const EF: usize = 96;

/// Up to this many photos, a query outside their cone is scanned. Texts lie outside, where a beam
/// of 512 finds 81 % of the ten nearest of 1,000,000 in 2.7 ms, and 1,024 finds 90 % in 5 ms. A
/// scan finds all in 29 ms, half of the time of the text tower.
const SCANNED_OUTSIDE: usize = 2_000_000;
/// The width of the beam for a query outside the cone of more photos.
const EF_OUTSIDE: usize = 1024;

/// Rows are scanned if fewer than one in `FEW` passes the filter: a walk would visit mostly others.
const FEW: usize = 20;

impl Reader {
    /// The `k` nearest rows of a unit vector, best first, with their cosines, and the route of the
    /// search. Each row has a photo. There are fewer than `k` only if no others pass.
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

    /// As [`Reader::nearest`], but ranks and returns cosines minus penalties. A larger `k` returns
    /// the same rows first, in the same order, unless a graph is walked: without penalties, or with
    /// more than 2,000,000 rows.
    ///
    /// # Errors
    ///
    /// When the vector has the wrong length.
    pub fn best_rows(
        &self,
        query: &RowQuery<'_>,
        k: usize,
        filter: RowFilter<'_>,
    ) -> Result<(Vec<(RowId, f32)>, Route), IndexError> {
        let dimension = self.manifest.model.dimension;
        if query.vector.len() != dimension {
            return Err(IndexError::Vector {
                expected: dimension,
                found: query.vector.len(),
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
        let coded = self.matrix.query(query.vector);
        let comparison = Comparison {
            matrix: &self.matrix,
            query: &coded,
            penalties: query.penalties,
        };
        let (found, route) = self.scored(comparison, k, query.mode, &rows);
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
        // A walk that must find a large part of all rows takes longer than a scan.
        let is_wide = k > total / 16 || set.len() * FEW < total;
        // A graph does not know penalties and may miss rows that have low ones.
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
