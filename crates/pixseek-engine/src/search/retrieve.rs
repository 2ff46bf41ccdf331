//! The second step: finds the best rows of one plan, and an upper bound for the rows that were not
//! retrieved.
//!
//! Rows are ranked by the same score that orders hits, so that the first rows of a page are
//! certain, whatever its length. A photo's score grows with its nearness and with the share of the
//! query's words that it has. Therefore rows are searched in groups that have the same share of
//! words (most have none), and the nearest rows of each group are its best. No other row of a group
//! can rank before the last one that was retrieved.
//!
//! Rejected: scoring the 256 nearest rows and the 256 best by words. A page then depended on how
//! many rows were retrieved, and an order by date missed all others.

use super::plan::{Direction, Plan};
use super::score::{Candidate, Scorer, Standing};
use crate::EngineError;
use crate::calibrate::Calibration;
use pixseek_index::{
    Passing, Reader, Route, RowFilter, RowId, RowQuery, RowSet, SearchMode, WordMatch,
};

/// Retrieves rows for one alternative of a query.
pub(super) struct Retriever<'a> {
    reader: &'a Reader,
    pub(super) plan: &'a Plan,
    scorer: Scorer<'a>,
    alternative: usize,
    mode: SearchMode,
    /// All rows that have words of the description, the best first.
    words: Vec<WordMatch>,
    /// The same rows, grouped by their share of the words; empty if the plan has no direction.
    groups: Vec<(f32, RowSet)>,
}

/// Retrieved rows, in no particular order.
#[derive(Default)]
pub(super) struct Retrieved {
    pub candidates: Vec<Candidate>,
    /// Upper bound of every row that was not retrieved; `None` if all rows were.
    pub bound: Option<Standing>,
    /// How vectors were compared; `None` if no vector was.
    pub route: Option<Route>,
}

/// The rows from which an answer by date takes the newest.
pub(super) enum Matching {
    /// All rows that pass the filter.
    Passing,
    /// Only these rows.
    Rows(RowSet),
}

impl<'a> Retriever<'a> {
    pub(super) fn new(
        reader: &'a Reader,
        calibration: Option<&'a Calibration>,
        plan: &'a Plan,
        alternative: usize,
        mode: SearchMode,
    ) -> Result<Self, EngineError> {
        let words = reader.rank_words(&plan.phrases, plan.passing.as_ref())?;
        let mut groups: Vec<(f32, RowSet)> = Vec::new();
        if plan.direction.is_some() {
            for group in words.chunk_by(|a, b| a.coverage.to_bits() == b.coverage.to_bits()) {
                let rows = group.iter().map(|found| found.row).collect();
                groups.push((group[0].coverage, rows));
            }
        }
        Ok(Self {
            reader,
            plan,
            scorer: Scorer { plan, calibration },
            alternative,
            mode,
            words,
            groups,
        })
    }

    /// Number of rows that have at least one of the words.
    pub(super) fn word_rows(&self) -> usize {
        self.words.len()
    }

    /// Retrieves the best rows: at least `depth`, if there are that many.
    pub(super) fn retrieve(&self, depth: usize) -> Result<Retrieved, EngineError> {
        if !self.plan.describes() {
            return self.newest(depth);
        }
        let Some(direction) = &self.plan.direction else {
            return Ok(self.by_words(depth));
        };
        let mut retrieved = Retrieved::default();
        let mut known = RowSet::default();
        let all = self.filter();
        self.nearest(direction, depth, all, 0.0, &mut retrieved, &mut known)?;
        // Groups that are no larger than `depth` are searched completely, in one search.
        let mut whole = RowSet::default();
        for (coverage, rows) in &self.groups {
            if rows.len() <= depth {
                for row in rows.iter() {
                    whole.insert(row);
                }
                continue;
            }
            let among = RowFilter::Among(rows);
            self.nearest(
                direction,
                depth,
                among,
                *coverage,
                &mut retrieved,
                &mut known,
            )?;
        }
        if !whole.is_empty() {
            let among = RowFilter::Among(&whole);
            let all = whole.len() + 1;
            self.nearest(direction, all, among, 0.0, &mut retrieved, &mut known)?;
        }
        Ok(retrieved)
    }

    /// Scores those of the given rows that pass the filter.
    pub(super) fn among(&self, rows: &RowSet) -> Result<Retrieved, EngineError> {
        let mut retrieved = Retrieved::default();
        if let Some(direction) = &self.plan.direction {
            let passes = rows.iter().filter(|row| self.passes(*row));
            let passing: RowSet = passes.collect();
            let among = RowFilter::Among(&passing);
            let (all, mut known) = (passing.len() + 1, RowSet::default());
            self.nearest(direction, all, among, 0.0, &mut retrieved, &mut known)?;
        } else if self.plan.describes() {
            let words = self.words.iter().filter(|found| rows.has(found.row));
            retrieved.candidates = words.map(|found| self.worded(found)).collect();
        } else {
            let passing = rows.iter().filter(|row| self.passes(*row));
            retrieved.candidates = passing.map(|row| self.unscored(row, 0.0)).collect();
        }
        Ok(retrieved)
    }

    /// The rows that match, for an order other than by score; with `is_all` also those below the
    /// line.
    pub(super) fn matching(&self, is_all: bool) -> Result<Matching, EngineError> {
        /// Initial depth: in most libraries fewer photos match.
        const FIRST_DEPTH: usize = 1024;
        if !self.scorer.has_scores() || (is_all && self.plan.direction.is_some()) {
            return Ok(Matching::Passing);
        }
        let mut depth = if is_all { usize::MAX } else { FIRST_DEPTH };
        loop {
            let found = self.retrieve(depth)?;
            if found.bound.is_none_or(|bound| !bound.is_match()) {
                let matches = found.candidates.iter();
                let matches = matches.filter(|found| is_all || found.standing.is_match());
                return Ok(Matching::Rows(matches.map(|found| found.row).collect()));
            }
            depth = depth.saturating_mul(4);
        }
    }

    fn filter(&self) -> RowFilter<'_> {
        let passing = self.plan.passing.as_ref();
        passing.map_or(RowFilter::All, |passing| RowFilter::Among(&passing.rows))
    }

    fn passes(&self, row: RowId) -> bool {
        match &self.plan.passing {
            None => self.reader.live().has(row),
            Some(Passing { rows, .. }) => rows.has(row),
        }
    }

    /// Searches a group of rows with the same `coverage`, and adds its nearest rows to `retrieved`
    /// unless they are in `known`.
    fn nearest(
        &self,
        direction: &Direction,
        depth: usize,
        group: RowFilter<'_>,
        coverage: f32,
        retrieved: &mut Retrieved,
        known: &mut RowSet,
    ) -> Result<(), EngineError> {
        let penalties = self.scorer.penalties(direction, self.reader.manifest());
        let asked = RowQuery {
            vector: &direction.vector,
            penalties,
            mode: self.mode,
        };
        let (found, route) = self.reader.best_rows(&asked, depth, group)?;
        retrieved.route.get_or_insert(route);
        if found.len() >= depth
            && let Some((_, last)) = found.last()
        {
            let next = self.scorer.standing(*last, coverage, 1.0);
            let bound = retrieved.bound.get_or_insert(next);
            if next.order(bound).is_lt() {
                *bound = next;
            }
        }
        for (row, nearness) in found {
            if known.has(row) {
                continue;
            }
            known.insert(row);
            let negative = if self.plan.negatives.is_empty() {
                1.0
            } else {
                self.scorer
                    .negative_factor(self.reader.vector(row).as_ref())
            };
            let coverage = self.coverage(row);
            retrieved.candidates.push(Candidate {
                row,
                alternative: self.alternative,
                cosine: Some(nearness + penalties.map_or(0.0, |penalties| penalties.of(row))),
                coverage,
                standing: self
                    .scorer
                    .standing(nearness, coverage.unwrap_or_default(), negative),
            });
        }
        Ok(())
    }

    /// The share of the words that a row has; `None` if it has none.
    fn coverage(&self, row: RowId) -> Option<f32> {
        let group = self.groups.iter().find(|(_, rows)| rows.has(row));
        group.map(|(coverage, _)| *coverage)
    }

    fn newest(&self, depth: usize) -> Result<Retrieved, EngineError> {
        let passing = self.plan.passing.as_ref();
        let newest = self.reader.newest(depth, RowFilter::All, passing)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "ranks that hardly anyone reaches"
        )]
        let merit = |rank: usize| -(rank as f32);
        Ok(Retrieved {
            bound: (newest.len() >= depth).then(|| Standing::unscored(merit(depth))),
            candidates: (newest.into_iter().enumerate())
                .map(|(rank, row)| self.unscored(row, merit(rank)))
                .collect(),
            route: None,
        })
    }

    fn by_words(&self, depth: usize) -> Retrieved {
        let (best, rest) = self.words.split_at(depth.min(self.words.len()));
        Retrieved {
            candidates: best.iter().map(|found| self.worded(found)).collect(),
            bound: rest.first().map(Scorer::by_words),
            route: None,
        }
    }

    fn worded(&self, words: &WordMatch) -> Candidate {
        Candidate {
            coverage: Some(words.coverage),
            standing: Scorer::by_words(words),
            ..self.unscored(words.row, 0.0)
        }
    }

    fn unscored(&self, row: RowId, merit: f32) -> Candidate {
        Candidate {
            row,
            alternative: self.alternative,
            cosine: None,
            coverage: None,
            standing: Standing::unscored(merit),
        }
    }
}
