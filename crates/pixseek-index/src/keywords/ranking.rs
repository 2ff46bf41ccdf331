//! Words against documents: BM25, and how much of the words a document has.

use super::Passing;
use super::schema::Fields;
use crate::RowId;
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::collector::{FilterCollector, TopDocs};
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, TERMINATED, TantivyError, Term};

/// A word that more than this part of many documents has says nothing: the folder that all
/// photos lie in, for one.
const COMMON: f64 = 0.5;
const MANY: u64 = 20;

/// A row that words match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordMatch {
    /// The row.
    pub row: RowId,
    /// BM25 of its best path.
    pub bm25: f32,
    /// The part of the words that it has, in `0..=1`: each counts by how rare it is.
    pub coverage: f32,
}

/// What words and phrases are looked for; a phrase is several words.
pub(super) fn rank(
    searcher: &Searcher,
    fields: Fields,
    phrases: &[String],
    k: usize,
    passing: Option<&Passing>,
) -> Result<Vec<WordMatch>, TantivyError> {
    let total = searcher.num_docs();
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let mut weights = Vec::new();
    let mut terms = Vec::new();
    for phrase in phrases {
        let words: Vec<Term> = phrase
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
        weights.push(idf(has, all));
        if rarest == 0 {
            continue;
        }
        let query: Box<dyn Query> = match words.as_slice() {
            [word] => Box::new(TermQuery::new(word.clone(), IndexRecordOption::WithFreqs)),
            words => Box::new(PhraseQuery::new(words.to_vec())),
        };
        clauses.push((Occur::Should, query.box_clone()));
        terms.push((idf(has, all), query));
    }
    let mass: f64 = weights.iter().sum();
    if clauses.is_empty() || mass <= 0.0 {
        return Ok(Vec::new());
    }
    let query = BooleanQuery::new(clauses);
    // Several paths of one row.
    let best = TopDocs::with_limit((k * 2).max(1)).order_by_score();
    let mut found = match passing {
        None => searcher.search(&query, &best)?,
        Some(passing) => {
            let rows = Arc::clone(&passing.rows);
            let has = move |row: u64| u32::try_from(row).is_ok_and(|row| rows.has(RowId(row)));
            searcher.search(&query, &FilterCollector::new("row".into(), has, best))?
        }
    };
    // Another path of a row that passes may not.
    found.retain(|(_, address)| passing.is_none_or(|passing| passing.has(*address)));
    let mut covered: HashMap<_, f64> = HashMap::new();
    for (ordinal, segment) in (0u32..).zip(searcher.segment_readers()) {
        let mut documents: Vec<u32> = found
            .iter()
            .filter(|(_, address)| address.segment_ord == ordinal)
            .map(|(_, address)| address.doc_id)
            .collect();
        documents.sort_unstable();
        for (weight, query) in &terms {
            let scoring = tantivy::query::EnableScoring::disabled_from_searcher(searcher);
            let mut scorer = query.weight(scoring)?.scorer(segment, 1.0)?;
            for document in &documents {
                if scorer.doc() < *document {
                    scorer.seek(*document);
                }
                if scorer.doc() == TERMINATED {
                    break;
                }
                if scorer.doc() == *document {
                    *covered.entry((ordinal, *document)).or_default() += weight;
                }
            }
        }
    }
    let mut best: HashMap<RowId, WordMatch> = HashMap::new();
    for (bm25, address) in found {
        let segment = searcher.segment_reader(address.segment_ord);
        let row = segment.fast_fields().u64("row")?.first(address.doc_id);
        let Some(row) = row.and_then(|row| u32::try_from(row).ok()).map(RowId) else {
            continue;
        };
        let part = covered.get(&(address.segment_ord, address.doc_id));
        #[expect(clippy::cast_possible_truncation, reason = "a part of one")]
        let coverage = (part.copied().unwrap_or_default() / mass) as f32;
        let found = WordMatch {
            row,
            bm25,
            coverage,
        };
        let known = best.entry(row).or_insert(found);
        if known.coverage < coverage {
            *known = found;
        }
    }
    let mut best: Vec<WordMatch> = best.into_values().collect();
    best.sort_by(|a, b| {
        (b.coverage.total_cmp(&a.coverage))
            .then(b.bm25.total_cmp(&a.bm25))
            .then(a.row.cmp(&b.row))
    });
    best.truncate(k);
    Ok(best)
}

/// As in BM25: ln(1 + (N - n + 0.5) / (n + 0.5)).
fn idf(has: f64, all: f64) -> f64 {
    ((all - has + 0.5) / (has + 0.5)).ln_1p()
}
