//! The one way from a vector to rows: every search by vector goes through it.
//!
//! Only rows that have a photo are compared and counted, so that `k` rows are `k` photos or
//! more as long as there are so many. Asking for more rows and dropping those without a photo
//! was rejected: it lost photos wherever a caller forgot to, and it has no end when most rows
//! are without one.

use super::Reader;
use crate::codec::Query;
use crate::scan::{Rows, Scored, scan, scan_exact};
use crate::{IndexError, RowFilter, RowId, RowSet};
use std::borrow::Cow;
use std::sync::PoisonError;

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
    ) -> Result<(Vec<(RowId, f32)>, Plan), IndexError> {
        let dimension = self.manifest.model.dimension;
        if vector.len() != dimension {
            return Err(IndexError::Vector {
                expected: dimension,
                found: vector.len(),
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
        let query = self.matrix.query(vector);
        let (found, plan) = self.scored(&query, k, mode, &rows);
        let found = found.into_iter().map(|scored| (scored.row, scored.score));
        Ok((found.collect(), plan))
    }

    fn scored(
        &self,
        query: &Query,
        k: usize,
        mode: SearchMode,
        set: &RowSet,
    ) -> (Vec<Scored>, Plan) {
        let end = self.manifest.rows;
        let total = end as usize;
        if mode == SearchMode::Exact {
            let range = 0..end;
            let found = scan_exact(&self.matrix, &Rows { set, range }, query, k);
            return (found, Plan::Scan { rows: set.len() });
        }
        // A walk that must find a good part of all rows costs more than looking at each.
        let is_wide = k > total / 16 || set.len() * FEW < total;
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
            match graph.search(&self.matrix, query, k, ef, set) {
                Ok(walked) => found.extend(walked),
                Err(error) => {
                    self.note(&error);
                    continue;
                }
            }
            let walked = graph.range();
            let range = uncovered..walked.start;
            found.extend(scan(&self.matrix, &Rows { set, range }, query, k));
            covered += set.count_in(walked.clone());
            uncovered = walked.end;
        }
        let range = uncovered..end;
        found.extend(scan(&self.matrix, &Rows { set, range }, query, k));
        found.sort_unstable();
        found.truncate(k);
        let plan = if uncovered == 0 {
            Plan::Scan { rows: set.len() }
        } else {
            Plan::Graph {
                rows: covered,
                scanned: set.len() - covered,
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
}
