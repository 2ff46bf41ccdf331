//! Words against documents: how much of the words a document has, then BM25.

use super::Passing;
use super::schema::Fields;
use crate::RowId;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use tantivy::query::{EnableScoring, PhraseQuery, Query, Scorer, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Searcher, TERMINATED, TantivyError, Term};

/// A word that more than this part of many documents has says nothing: the folder that all
/// photos lie in, for one.
const COMMON: f64 = 0.5;
const MANY: u64 = 20;

/// Words that stand together, folded by [`crate::words()`].
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// One word or more, a space between.
    pub words: String,
    /// How much it counts beside how rare it is.
    pub weight: f64,
}

impl<T: Into<String>> From<T> for Phrase {
    fn from(words: T) -> Self {
        Self {
            words: words.into(),
            weight: 1.0,
        }
    }
}

/// A row that words match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordMatch {
    /// The row.
    pub row: RowId,
    /// BM25 of its best path.
    pub bm25: f32,
    /// The part of the words that it has, in `0..=1`: each counts by how rare it is, times
    /// its weight.
    pub coverage: f32,
}

/// The best `k` rows that pass; a phrase is several words, which stand together.
pub(super) fn rank(
    searcher: &Searcher,
    fields: Fields,
    phrases: &[Phrase],
    k: usize,
    passing: Option<&Passing>,
) -> Result<Vec<WordMatch>, TantivyError> {
    let (terms, mass) = terms(searcher, fields, phrases)?;
    if terms.is_empty() || mass <= 0.0 {
        return Ok(Vec::new());
    }
    // Several paths of one row.
    let mut best = Best::new(k.saturating_mul(2));
    for (ordinal, segment) in (0u32..).zip(searcher.segment_readers()) {
        let alive = segment.alive_bitset();
        let passes = |document: u32| match passing {
            Some(passing) => passing.has(DocAddress::new(ordinal, document)),
            None => alive.is_none_or(|alive| alive.is_alive(document)),
        };
        let mut scorers = Vec::with_capacity(terms.len());
        for (weight, query) in &terms {
            let scoring = EnableScoring::enabled_from_searcher(searcher);
            scorers.push((*weight, query.weight(scoring)?.scorer(segment, 1.0)?));
        }
        walk(&mut scorers, &passes, &mut |scorers, document, weight| {
            best.offer(DocAddress::new(ordinal, document), weight, || {
                let here = scorers.iter_mut().filter(|(_, of)| of.doc() == document);
                here.map(|(_, of)| of.score()).sum()
            });
        });
    }
    let columns = searcher.segment_readers().iter();
    let columns = columns
        .map(|segment| segment.fast_fields().u64("row"))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows: HashMap<RowId, WordMatch> = HashMap::new();
    for Reverse(found) in best.heap {
        let column = &columns[found.address.segment_ord as usize];
        let row = column.first(found.address.doc_id);
        let Some(row) = row.and_then(|row| u32::try_from(row).ok()).map(RowId) else {
            continue;
        };
        #[expect(clippy::cast_possible_truncation, reason = "a part of one")]
        let found = WordMatch {
            row,
            bm25: found.bm25,
            coverage: (found.weight / mass) as f32,
        };
        let known = rows.entry(row).or_insert(found);
        if (known.coverage, known.bm25) < (found.coverage, found.bm25) {
            *known = found;
        }
    }
    let mut best: Vec<WordMatch> = rows.into_values().collect();
    best.sort_by(|a, b| {
        (b.coverage.total_cmp(&a.coverage))
            .then(b.bm25.total_cmp(&a.bm25))
            .then(a.row.cmp(&b.row))
    });
    best.truncate(k);
    Ok(best)
}

type Weighted = (f64, Box<dyn Query>);

/// What is there of the phrases, by how rare it is; and the weight of all, there or not.
fn terms(
    searcher: &Searcher,
    fields: Fields,
    phrases: &[Phrase],
) -> Result<(Vec<Weighted>, f64), TantivyError> {
    let total = searcher.num_docs();
    let (mut terms, mut mass): (Vec<Weighted>, f64) = (Vec::new(), 0.0);
    for phrase in phrases {
        let words: Vec<Term> = phrase
            .words
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| Term::from_field_text(fields.words, word))
            .collect();
        let mut rarest = u64::MAX;
        for word in &words {
            rarest = rarest.min(searcher.doc_freq(word)?);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
        let (has, all) = (rarest as f64, total as f64);
        if words.is_empty() || (total > MANY && has > all * COMMON) {
            continue;
        }
        let weight = phrase.weight * idf(has, all);
        mass += weight;
        if rarest == 0 {
            continue;
        }
        let query: Box<dyn Query> = match words.as_slice() {
            [word] => Box::new(TermQuery::new(word.clone(), IndexRecordOption::WithFreqs)),
            words => Box::new(PhraseQuery::new(words.to_vec())),
        };
        terms.push((weight, query));
    }
    Ok((terms, mass))
}

type Scorers = [(f64, Box<dyn Scorer>)];

/// Every document that passes and that some term has, with the weight of those that it has.
fn walk(
    scorers: &mut Scorers,
    passes: &dyn Fn(u32) -> bool,
    found: &mut dyn FnMut(&mut Scorers, u32, f64),
) {
    loop {
        let document = scorers.iter().map(|(_, of)| of.doc()).min();
        let Some(document) = document.filter(|document| *document != TERMINATED) else {
            return;
        };
        if passes(document) {
            let here = scorers.iter().filter(|(_, of)| of.doc() == document);
            let weight = here.map(|(weight, _)| weight).sum();
            found(scorers, document, weight);
        }
        for (_, of) in scorers.iter_mut().filter(|(_, of)| of.doc() == document) {
            of.advance();
        }
    }
}

/// A document and how well it matches; a better one is greater.
struct Matched {
    weight: f64,
    bm25: f32,
    address: DocAddress,
}

impl Ord for Matched {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.weight.total_cmp(&other.weight))
            .then(self.bm25.total_cmp(&other.bm25))
            .then(other.address.cmp(&self.address))
    }
}

impl PartialOrd for Matched {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Matched {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Matched {}

/// The best so far, the worst of them on top.
struct Best {
    heap: BinaryHeap<Reverse<Matched>>,
    most: usize,
}

impl Best {
    fn new(most: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            most: most.max(1),
        }
    }

    /// BM25 is worked out for those that could be among them.
    fn offer(&mut self, address: DocAddress, weight: f64, bm25: impl FnOnce() -> f32) {
        let is_full = self.heap.len() == self.most;
        if is_full
            && self
                .heap
                .peek()
                .is_some_and(|worst| worst.0.weight > weight)
        {
            return;
        }
        let bm25 = bm25();
        let found = Reverse(Matched {
            weight,
            bm25,
            address,
        });
        if !is_full {
            self.heap.push(found);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && found < *worst
        {
            *worst = found;
        }
    }
}

/// As in BM25: ln(1 + (N - n + 0.5) / (n + 0.5)).
fn idf(has: f64, all: f64) -> f64 {
    ((all - has + 0.5) / (has + 0.5)).ln_1p()
}
