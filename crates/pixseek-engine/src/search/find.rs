//! From a query's plans to a page of hits: retrieve, fuse and score until the page is known, read
//! the photos' records, fold.

use super::fold::{FOLD_DEPTH, Unfolded, fold, unfolded};
use super::fuse::{Fused, fuse};
use super::plan::Plan;
use super::retrieve::{Matching, Retrieved, Retriever};
use super::score::Candidate;
use crate::calibrate::Calibration;
use crate::{EngineError, Wording};
use pixseek_index::{Passing, PhotoRecord, Plan as Route, Reader, RowFilter, RowSet, SearchMode};
use std::cmp::Reverse;

/// Rows that are retrieved at first. Most pages need no more.
const DEPTH: usize = 256;

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FindOptions {
    /// Hits at most. A shorter page is the beginning of a longer one.
    pub limit: usize,
    /// How vectors are found.
    pub mode: SearchMode,
    /// What comes first.
    pub order: Order,
    /// Whether short descriptions are asked in several wordings.
    pub wording: Wording,
    /// Whether near-duplicates stand behind one hit.
    pub folding: Folding,
    /// Whether hits that are no match are shown.
    pub shown: Shown,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The best match.
    #[default]
    Relevance,
    /// The newest of all photos that match; those without a date last.
    Date,
}

/// Whether near-duplicates stand behind one hit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Folding {
    /// Yes.
    #[default]
    Near,
    /// Each path is a hit.
    None,
}

/// Which hits are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those that match.
    #[default]
    Matches,
    /// All that pass the filter.
    All,
}

/// A hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// What is known of the photo.
    pub record: PhotoRecord,
    /// How well it answers, 0 to 100; 50 and more is a match. `None` where nothing was
    /// described, or the library is not measured yet.
    pub score: Option<f32>,
    /// The cosine with the description, if there is one.
    pub cosine: Option<f32>,
    /// The part of the query's words that the photo's names, dates and places have, if they have
    /// any.
    pub coverage: Option<f32>,
    /// Paths behind this hit: copies, near-duplicates, the rest of a burst.
    pub folded: Vec<Vec<u8>>,
}

/// How one alternative was searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The words that were looked up.
    pub words: Vec<String>,
    /// Rows that words match.
    pub word_rows: usize,
    /// Paths that pass the filter, if there is one.
    pub passing: Option<usize>,
    /// How vectors were compared, if they were.
    pub vectors: Option<Route>,
}

/// Hits, and how they were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The hits, in order.
    pub hits: Vec<Found>,
    /// One an alternative.
    pub explanations: Vec<Explanation>,
    /// The best score below a match, when nothing matches.
    pub best_below: Option<f32>,
}

/// Answers the alternatives of a query.
pub(super) fn find(
    reader: &Reader,
    calibration: Option<&Calibration>,
    plans: &[Plan],
    options: &FindOptions,
) -> Result<Answer, EngineError> {
    let retrievers = plans.iter().enumerate().map(|(alternative, plan)| {
        Retriever::new(reader, calibration, plan, alternative, options.mode)
    });
    let retrievers = retrievers.collect::<Result<Vec<_>, _>>()?;
    let mut search = Search {
        reader,
        explanations: retrievers.iter().map(explained).collect(),
        retrievers,
        options,
        // So many may go behind others, and the page is still full.
        wanted: options.limit.saturating_add(FOLD_DEPTH),
        best_below: None,
    };
    let hits = if options.order == Order::Date || !plans.iter().any(Plan::describes) {
        search.newest()?
    } else {
        search.best()?
    };
    Ok(Answer {
        hits: fold(hits, options.limit, options.folding),
        explanations: search.explanations,
        best_below: search.best_below,
    })
}

struct Search<'a> {
    reader: &'a Reader,
    retrievers: Vec<Retriever<'a>>,
    options: &'a FindOptions,
    /// Hits before folding.
    wanted: usize,
    explanations: Vec<Explanation>,
    best_below: Option<f32>,
}

impl Search<'_> {
    /// The best hits. More rows are retrieved until those that are wanted have their final place.
    fn best(&mut self) -> Result<Vec<Unfolded>, EngineError> {
        let mut depth = DEPTH.max(self.wanted);
        loop {
            let fused = self.fused(|retriever| retriever.retrieve(depth))?;
            let shown = match self.options.shown {
                Shown::All => fused.candidates.len(),
                Shown::Matches => fused.matches(),
            };
            let settled = fused.settled();
            if settled >= self.wanted || self.is_complete(&fused, shown, settled) {
                if shown == 0 {
                    self.note_below(&fused);
                }
                return self.hits(&fused.candidates[..shown], self.wanted);
            }
            depth = depth.saturating_mul(4);
        }
    }

    /// Whether nothing that is shown was left.
    fn is_complete(&self, fused: &Fused, shown: usize, settled: usize) -> bool {
        let Some(rest) = &fused.rest else {
            return true;
        };
        // Where nothing matches, the best of the others is named.
        self.options.shown == Shown::Matches && !rest.is_match() && (shown > 0 || settled > 0)
    }

    /// The newest of all photos that match.
    fn newest(&mut self) -> Result<Vec<Unfolded>, EngineError> {
        let is_all = self.options.shown == Shown::All;
        let mut newest = RowSet::default();
        for retriever in &self.retrievers {
            let matching = retriever.matching(is_all)?;
            let rows = match &matching {
                Matching::Passing => RowFilter::All,
                Matching::Rows(rows) => RowFilter::Among(rows),
            };
            let passing = retriever.plan.passing.as_ref();
            let found = self.reader.newest(self.wanted, rows, passing)?;
            for row in found {
                newest.insert(row);
            }
        }
        if newest.is_empty() {
            let fused = self.fused(|retriever| retriever.retrieve(DEPTH))?;
            self.note_below(&fused);
            return Ok(Vec::new());
        }
        let mut candidates = self.fused(|retriever| retriever.among(&newest))?.candidates;
        candidates.retain(|found| is_all || found.standing.is_match());
        candidates.sort_by_key(|found| found.row);
        let mut hits = self.hits(&candidates, usize::MAX)?;
        hits.sort_by_key(|next| Reverse(next.hit.record.facts.taken_seconds));
        Ok(hits)
    }

    /// The rows of all alternatives.
    fn fused(
        &mut self,
        retrieve: impl Fn(&Retriever<'_>) -> Result<Retrieved, EngineError>,
    ) -> Result<Fused, EngineError> {
        let mut of_each = Vec::with_capacity(self.retrievers.len());
        for (retriever, explanation) in self.retrievers.iter().zip(&mut self.explanations) {
            let retrieved = retrieve(retriever)?;
            explanation.vectors = retrieved.route;
            of_each.push(retrieved);
        }
        Ok(fuse(of_each))
    }

    fn note_below(&mut self, fused: &Fused) {
        let best = fused
            .candidates
            .first()
            .and_then(|best| best.standing.score);
        self.best_below = best.map(|score| 100.0 * score);
    }

    /// Photos of rows, with what is known of them, until there are enough.
    fn hits(&self, candidates: &[Candidate], enough: usize) -> Result<Vec<Unfolded>, EngineError> {
        let mut hits = Vec::new();
        for candidate in candidates {
            if hits.len() >= enough {
                break;
            }
            let passing = self.retrievers[candidate.alternative].plan.passing.as_ref();
            let paths = self.reader.photos_of(candidate.row, passing)?;
            let vector = match self.options.folding {
                Folding::Near => self.reader.vector(candidate.row),
                Folding::None => None,
            };
            let folding = self.options.folding;
            hits.extend(unfolded(candidate, paths, vector.as_ref(), folding));
        }
        Ok(hits)
    }
}

fn explained(retriever: &Retriever<'_>) -> Explanation {
    let plan = retriever.plan;
    let words = plan.phrases.iter().map(|phrase| phrase.words.clone());
    Explanation {
        words: words.collect(),
        word_rows: retriever.word_rows(),
        passing: plan.passing.as_ref().map(Passing::paths),
        vectors: None,
    }
}
