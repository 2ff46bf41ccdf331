//! The second step: the best rows of one plan, and what is known of those that were left.
//!
//! Rows are ranked by the very number that hits are ordered by, so that the first rows of a page
//! are known for certain, whatever its length. A photo's score grows with its nearness and with
//! the part of the words that it has; therefore the photos are taken in groups that have the same
//! part of them, most have none, and the nearest of each group are its best. What was left of a
//! group stands behind the last that was taken.
//!
//! Rejected: scoring the 256 nearest rows and the 256 best by words. A page then depended on how
//! many of them a longer page had taken, and an order by date knew no others.

use super::plan::{Direction, Plan};
use super::score::{Candidate, Scorer, Standing};
use crate::EngineError;
use crate::calibrate::Calibration;
use pixseek_index::{
    Passing, Plan as Route, Reader, RowFilter, RowId, RowQuery, RowSet, SearchMode, WordMatch,
};

/// Searches for one alternative of a query.
pub(super) struct Retriever<'a> {
    reader: &'a Reader,
    pub(super) plan: &'a Plan,
    scorer: Scorer<'a>,
    alternative: usize,
    mode: SearchMode,
    /// All rows with words of the description, the best first.
    words: Vec<WordMatch>,
    /// The same rows beside a direction: by the part of the words that they have.
    groups: Vec<(f32, RowSet)>,
}

/// Rows in no order.
#[derive(Default)]
pub(super) struct Retrieved {
    pub candidates: Vec<Candidate>,
    /// No other row stands before this; `None` when there is no other.
    pub rest: Option<Standing>,
    /// How vectors were compared, if they were.
    pub route: Option<Route>,
}

/// The rows that an answer by date is made of.
pub(super) enum Matching {
    /// Each that passes the filter.
    Passing,
    /// These.
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

    /// Rows that have some of the words.
    pub(super) fn word_rows(&self) -> usize {
        self.words.len()
    }

    /// The best rows: at least `depth`, if there are so many.
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
        // Groups that are taken whole are searched together.
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

    /// These rows, those of them that pass.
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

    /// Which rows match, for an order that is not by their standing; with `is_all` also those
    /// below the line.
    pub(super) fn matching(&self, is_all: bool) -> Result<Matching, EngineError> {
        /// Photos that match are few in most libraries.
        const FIRST_DEPTH: usize = 1024;
        if !self.scorer.has_scores() || (is_all && self.plan.direction.is_some()) {
            return Ok(Matching::Passing);
        }
        let mut depth = if is_all { usize::MAX } else { FIRST_DEPTH };
        loop {
            let found = self.retrieve(depth)?;
            if found.rest.is_none_or(|rest| !rest.is_match()) {
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

    /// The nearest rows of a group that has this part of the words, into `retrieved`, but for those
    /// that are known.
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
            let left = self.scorer.standing(*last, coverage, 1.0);
            let rest = retrieved.rest.get_or_insert(left);
            if left.order(rest).is_lt() {
                *rest = left;
            }
        }
        for (row, nearness) in found {
            if known.has(row) {
                continue;
            }
            known.insert(row);
            let far = if self.plan.away.is_empty() {
                1.0
            } else {
                self.scorer.far(self.reader.vector(row).as_ref())
            };
            let coverage = self.coverage(row);
            retrieved.candidates.push(Candidate {
                row,
                alternative: self.alternative,
                cosine: Some(nearness + penalties.map_or(0.0, |penalties| penalties.of(row))),
                coverage,
                standing: self
                    .scorer
                    .standing(nearness, coverage.unwrap_or_default(), far),
            });
        }
        Ok(())
    }

    /// The part of the words that a row has, if it has any.
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
            rest: (newest.len() >= depth).then(|| Standing::unscored(merit(depth))),
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
            rest: rest.first().map(Scorer::by_words),
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
