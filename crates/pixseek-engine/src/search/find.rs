//! From a query's plans to a page of hits: retrieves, fuses and scores rows until the page is
//! final, reads the photos' records, and folds near-duplicates.

use super::fold::{FOLD_DEPTH, Unfolded, add_families, fold, unfolded};
use super::fuse::{Fused, fuse};
use super::plan::Plan;
use super::retrieve::{Matching, Retrieved, Retriever};
use super::score::Candidate;
use crate::calibrate::Calibration;
use crate::{EngineError, PhotoEntry, Wording};
use pixseek_index::{Passing, Reader, Route, RowFilter, RowSet, SearchMode};
use std::cmp::Reverse;
use std::collections::HashSet;

/// Number of rows that are retrieved at first; most pages need no more.
const DEPTH: usize = 256;

/// Options of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FindOptions {
    /// Maximal number of hits. A shorter page is a prefix of a longer one.
    pub limit: usize,
    /// How nearest vectors are found: exactly or with the graphs.
    pub mode: SearchMode,
    /// The order of hits.
    pub order: Order,
    /// Whether short descriptions are encoded in several prompts.
    pub wording: Wording,
    /// Whether near-duplicates are folded behind one hit.
    pub folding: Folding,
    /// Whether hits below the line are shown.
    pub shown: Shown,
}

/// The order of hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The best match first.
    #[default]
    Relevance,
    /// Of all photos that match, the newest first; those without a date last.
    Date,
    /// Of all photos that match, by file name. Reads the record of each.
    Name,
    /// Of all photos that match, the largest file first. Reads the record of each.
    Size,
}

/// Whether near-duplicates are folded behind one hit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Folding {
    /// Fold near-duplicates, bursts, and files that belong together.
    #[default]
    Near,
    /// Show each path as a hit of its own.
    None,
}

/// Whether hits below the line are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Only photos that match.
    #[default]
    Matches,
    /// All photos that pass the filter.
    All,
}

/// A photo that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// What the index knows of the photo.
    pub record: PhotoEntry,
    /// For a film that was found by a description: the time of its best key frame, in milliseconds.
    pub frame: Option<u32>,
    /// How well the photo answers, 0 to 100; 50 and more is a match. `None` if nothing was
    /// described, or the library is not calibrated yet.
    pub score: Option<f32>,
    /// The cosine with the description, if there is one.
    pub cosine: Option<f32>,
    /// The share of the query's words that occur in the photo's names, dates and places; `None` if
    /// none does.
    pub coverage: Option<f32>,
    /// The file behind this hit that has its score, where the shown one has another: the film of a Live
    /// Photo has a moment that matches better than the photo.
    pub matched: Option<MatchedFile>,
    /// Paths folded behind this hit: copies, near-duplicates, the rest of a burst, and what belongs to
    /// the photo: its raw file, its short film, its original.
    pub folded: Vec<Vec<u8>>,
}

/// A file behind a hit that matches better than the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedFile {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// For a film: the time of its best key frame, in milliseconds.
    pub frame: Option<u32>,
}

/// How one alternative of the query was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The words that were looked up in names, dates and places.
    pub words: Vec<String>,
    /// Number of rows that have at least one of the words.
    pub word_rows: usize,
    /// Number of paths that pass the filter; `None` without a filter.
    pub passing: Option<usize>,
    /// How vectors were compared; `None` if no vector was.
    pub vectors: Option<Route>,
}

/// The hits of a query, and how they were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The hits, in order.
    pub hits: Vec<Hit>,
    /// One explanation per alternative.
    pub explanations: Vec<Explanation>,
    /// The best score below the line; set only if nothing matches.
    pub best_below: Option<f32>,
}

/// Answers the alternatives of a query with one page of hits.
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
        // Folding may remove as many hits as this, and the page is still full.
        wanted: match options.order {
            Order::Relevance | Order::Date => options.limit.saturating_add(FOLD_DEPTH),
            // No column has these: only all records tell which come first.
            Order::Name | Order::Size => usize::MAX,
        },
        best_below: None,
    };
    let hits = if options.order != Order::Relevance || !plans.iter().any(Plan::describes) {
        search.newest()?
    } else {
        search.best()?
    };
    let mut hits = fold(hits, options.limit, options.folding);
    let passing = |alternative: usize| plans.get(alternative)?.passing.as_ref();
    add_families(&mut hits, reader, options.folding, passing)?;
    Ok(Answer {
        hits: hits.into_iter().map(|next| next.hit).collect(),
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
    /// The best hits. Retrieves more rows until the positions of all wanted hits are final.
    fn best(&mut self) -> Result<Vec<Unfolded>, EngineError> {
        let mut depth = DEPTH.max(self.wanted);
        loop {
            let fused = self.fused(|retriever| retriever.retrieve(depth))?;
            let shown = match self.options.shown {
                Shown::All => fused.candidates.len(),
                Shown::Matches => fused.matches(),
            };
            let final_count = fused.final_count();
            let is_complete = self.is_complete(&fused, shown, final_count);
            if final_count >= self.wanted || is_complete {
                if shown == 0 {
                    self.note_below(&fused);
                }
                let is_final = if is_complete { shown } else { final_count };
                let hits = self.hits(&fused.candidates[..shown.min(is_final)], self.wanted)?;
                // Several rows of a film are one hit, so that many rows may be few hits.
                if is_complete || shown < final_count || hits.len() >= self.wanted {
                    return Ok(hits);
                }
            }
            depth = depth.saturating_mul(4);
        }
    }

    /// Whether every row that may be shown has been retrieved.
    fn is_complete(&self, fused: &Fused, shown: usize, final_count: usize) -> bool {
        let Some(bound) = &fused.bound else {
            return true;
        };
        // If nothing matches, continue until the best row below the line is known: it is reported.
        self.options.shown == Shown::Matches && !bound.is_match() && (shown > 0 || final_count > 0)
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
        let mut hits = self.hits(&candidates, usize::MAX)?;
        hits.sort_by_key(|next| next.row);
        match self.options.order {
            Order::Relevance | Order::Date => {
                hits.sort_by_key(|next| Reverse(next.hit.record.facts.taken_seconds));
            }
            Order::Name => hits.sort_by_cached_key(|next| file_name(&next.hit.path)),
            Order::Size => hits.sort_by_key(|next| Reverse(next.hit.record.bytes)),
        }
        Ok(hits)
    }

    /// Retrieves rows for every alternative and fuses them.
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

    /// Reads the photos of the candidates' rows, until there are `enough` hits. The candidates must be
    /// in order, the best first.
    fn hits(&self, candidates: &[Candidate], enough: usize) -> Result<Vec<Unfolded>, EngineError> {
        let mut hits = Vec::new();
        let mut films = HashSet::new();
        for candidate in candidates {
            if hits.len() >= enough {
                break;
            }
            let passing = self.retrievers[candidate.alternative].plan.passing.as_ref();
            let paths = self.reader.photos_of(candidate.row, passing)?;
            // The best key frame of a film is the hit, and the others are left out.
            let film = paths.first().map(|(_, record)| record.rows);
            if film.is_some_and(|rows| rows.count > 1 && !films.insert(rows.first)) {
                continue;
            }
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

/// What a path is ordered by: its file name without regard to case, then the whole of it.
fn file_name(path: &[u8]) -> (String, Vec<u8>) {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    (String::from_utf8_lossy(name).to_lowercase(), path.to_vec())
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
