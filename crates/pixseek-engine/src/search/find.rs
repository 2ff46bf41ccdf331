//! The way from a query to a page of hits.

use super::fold::is_near;
use super::plan::{Plan, Wanted};
use super::score::{Candidate, candidates};
use super::{QueryVector, Searcher};
use crate::{EngineError, Query, Wording};
use pixseek_index::{Passing, PhotoRecord, RowFilter, RowId, SearchMode};
use std::collections::HashMap;

/// Near-duplicates are looked for among so many hits.
const FOLD_DEPTH: usize = 128;
/// Photos of each ranking that are scored, at least: their order by score is not quite that by cosine. More
/// are taken only where more hits are asked for, in powers of two.
const DEPTH: usize = 256;
/// The score that counts as a match, in `0..=1`.
pub(super) const LINE: f32 = 0.5;

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FindOptions {
    /// Hits at most.
    pub limit: usize,
    /// How vectors are found.
    pub mode: SearchMode,
    /// What comes first.
    pub order: Order,
    /// Whether short descriptions are asked in several wordings.
    pub wording: Wording,
    /// Whether near-duplicates stand behind one hit.
    pub folding: Folding,
    /// Whether hits below the line are shown.
    pub line: Line,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The best match.
    #[default]
    Relevance,
    /// The newest photo among the matches; those without a date last.
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
pub enum Line {
    /// Those that match.
    #[default]
    Matches,
    /// All that were retrieved.
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
    /// Rank by vector, from 1, and the cosine.
    pub vector: Option<(usize, f32)>,
    /// Rank by words, from 1, and the part of the words that the photo has.
    pub words: Option<(usize, f32)>,
    /// Paths behind this hit: copies, near-duplicates, the rest of a burst.
    pub folded: Vec<Vec<u8>>,
}

/// How one alternative was searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The words that were looked up.
    pub words: Vec<String>,
    /// Rows that words match.
    pub word_rows: usize,
    /// Paths that pass the filter, if there is one.
    pub passing: Option<usize>,
    /// How vectors were found, if something was described.
    pub vectors: Option<pixseek_index::Plan>,
}

/// Hits, and how they were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The hits, in order.
    pub hits: Vec<Found>,
    /// One an alternative.
    pub plans: Vec<Planned>,
    /// The best score below the line, when nothing matches.
    pub best_below: Option<f32>,
}

/// A hit and its photo's vector, for folding.
type Matching = (Found, Option<Vec<f32>>);

impl Searcher {
    /// Finds what a query asks for.
    ///
    /// # Errors
    ///
    /// When a picture of the query cannot be read, the text tower fails, or the index is
    /// damaged.
    pub fn find(&self, query: &Query, options: &FindOptions) -> Result<Answer, EngineError> {
        let name = self.manifest().model.name.to_lowercase();
        let is_ours = |model: &Option<String>| {
            let model = model.as_ref();
            model.is_none_or(|model| name.contains(model))
        };
        let plans = query
            .alternatives
            .iter()
            .filter(|alternative| is_ours(&alternative.model))
            .map(|alternative| self.plan(alternative, options))
            .collect::<Result<Vec<_>, _>>()?;
        self.answer(&plans, options)
    }

    /// Finds what is like a vector.
    ///
    /// # Errors
    ///
    /// When the index is damaged.
    pub fn find_like(
        &self,
        query: &QueryVector,
        options: &FindOptions,
    ) -> Result<Answer, EngineError> {
        let vector = query.0.as_slice().to_vec();
        let plan = Plan {
            vector: Some(vector.clone()),
            wanted: Some(Wanted::picture(vector)),
            away: Vec::new(),
            phrases: Vec::new(),
            passing: None,
        };
        self.answer(&[plan], options)
    }

    fn answer(&self, plans: &[Plan], options: &FindOptions) -> Result<Answer, EngineError> {
        let mut answer = Answer::default();
        let mut best: HashMap<RowId, Candidate> = HashMap::new();
        for (number, plan) in plans.iter().enumerate() {
            let (found, planned) = self.retrieve(number, plan, options)?;
            answer.plans.push(planned);
            for candidate in found {
                let is_better = best
                    .get(&candidate.row)
                    .is_none_or(|known| candidate.order(known).is_lt());
                if is_better {
                    best.insert(candidate.row, candidate);
                }
            }
        }
        let mut candidates: Vec<Candidate> = best.into_values().collect();
        candidates.sort_by(Candidate::order);
        let hits = self.matching(plans, &candidates, options, &mut answer.best_below)?;
        answer.hits = fold(hits, options);
        Ok(answer)
    }

    /// Rows by vector and by words, each with its score.
    fn retrieve(
        &self,
        number: usize,
        plan: &Plan,
        options: &FindOptions,
    ) -> Result<(Vec<Candidate>, Planned), EngineError> {
        let passing = plan.passing.as_ref();
        let mut planned = Planned {
            words: plan
                .phrases
                .iter()
                .map(|phrase| phrase.words.clone())
                .collect(),
            word_rows: 0,
            passing: passing.map(Passing::paths),
            vectors: None,
        };
        if !plan.describes() {
            let depth = options.limit.saturating_add(FOLD_DEPTH);
            let newest = self.reader.newest(depth, passing)?;
            let newest = newest.into_iter();
            let unranked = newest.map(|row| Candidate::unranked(row, number));
            return Ok((unranked.collect(), planned));
        }
        let rows = usize::try_from(self.manifest().rows).unwrap_or(usize::MAX);
        let depth = options.limit.min(rows).max(DEPTH).next_power_of_two();
        let words = self.reader.rank_words(&plan.phrases, depth, passing)?;
        planned.word_rows = words.len();
        let mut vectors = Vec::new();
        if let Some(vector) = &plan.vector {
            let rows = passing.map_or(RowFilter::All, |passing| RowFilter::Among(&passing.rows));
            let (found, how) = self.reader.nearest(vector, depth, options.mode, rows)?;
            vectors = found;
            planned.vectors = Some(how);
        }
        let mut found = candidates(number, &vectors, &words);
        for candidate in &mut found {
            self.rate(plan, candidate);
        }
        Ok((found, planned))
    }

    /// Hits in order, as many as are wanted, with their vectors for folding.
    fn matching(
        &self,
        plans: &[Plan],
        candidates: &[Candidate],
        options: &FindOptions,
        best_below: &mut Option<f32>,
    ) -> Result<Vec<Matching>, EngineError> {
        // Ordering by date and counting what is folded need all of them.
        let is_ranked = options.order == Order::Relevance && plans.iter().any(Plan::describes);
        let wanted = if is_ranked {
            // So many may go behind others, and the page is still full.
            options.limit.saturating_add(FOLD_DEPTH)
        } else {
            usize::MAX
        };
        let mut hits = Vec::new();
        for candidate in candidates {
            let is_below = candidate.score.is_some_and(|score| score < LINE);
            if is_below && options.line == Line::Matches {
                // They are in order: the others would not match either.
                *best_below = candidate.score.map(|score| 100.0 * score);
                break;
            }
            let paths = self
                .reader
                .photos_of(candidate.row, plans[candidate.plan].passing.as_ref())?;
            let vector = self.reader.vector(candidate.row);
            hits.extend(found(candidate, paths, options.folding, vector.as_ref()));
            if hits.len() >= wanted {
                break;
            }
        }
        if !hits.is_empty() {
            *best_below = None;
        }
        if !is_ranked {
            hits.sort_by_key(|(hit, _)| std::cmp::Reverse(hit.record.facts.taken_seconds));
        }
        Ok(hits)
    }
}

/// A row's paths as hits: one with its copies behind it, or each.
fn found(
    candidate: &Candidate,
    paths: Vec<(Vec<u8>, PhotoRecord)>,
    folding: Folding,
    vector: Option<&Vec<f32>>,
) -> Vec<Matching> {
    let mut hits: Vec<Matching> = Vec::new();
    for (path, record) in paths {
        match hits.first_mut() {
            Some((first, _)) if folding == Folding::Near => {
                // A copy's facts may lack what was seen when the first one was decoded.
                let hash = &mut first.record.facts.difference_hash;
                *hash = hash.or(record.facts.difference_hash);
                first.folded.push(path);
            }
            _ => {
                let hit = Found {
                    path,
                    record,
                    score: candidate.score.map(|score| 100.0 * score),
                    vector: candidate.vector,
                    words: candidate.words.map(|(rank, words)| (rank, words.coverage)),
                    folded: Vec::new(),
                };
                hits.push((hit, vector.cloned()));
            }
        }
    }
    hits
}

/// Hits that are near to an earlier one go behind it; then the page is cut off.
fn fold(hits: Vec<Matching>, options: &FindOptions) -> Vec<Found> {
    let mut kept: Vec<Matching> = Vec::new();
    for (position, (hit, vector)) in hits.into_iter().enumerate() {
        let near = match (&vector, options.folding) {
            (Some(vector), Folding::Near) if position < FOLD_DEPTH => {
                kept.iter_mut().find(|(other, other_vector)| {
                    other_vector.as_ref().is_some_and(|other_vector| {
                        is_near((vector, &hit.record), (other_vector, &other.record))
                    })
                })
            }
            _ => None,
        };
        match near {
            Some((other, _)) => {
                other.folded.push(hit.path);
                other.folded.extend(hit.folded);
            }
            None => kept.push((hit, vector)),
        }
    }
    kept.truncate(options.limit);
    kept.into_iter().map(|(hit, _)| hit).collect()
}
