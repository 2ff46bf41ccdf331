//! Ranks documents by the words of a query: first by how many of the words they have, then by BM25.

use super::Passing;
use super::schema::Fields;
use crate::RowId;
use tantivy::query::{EnableScoring, PhraseQuery, Query, Scorer, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Searcher, TERMINATED, TantivyError, Term};

/// A word in more than this fraction of the documents is ignored, if there are more than `MANY`
/// documents. An example is the name of the folder that has all photos.
const COMMON: f64 = 0.5;
const MANY: u64 = 20;

/// A word, or several words that must follow each other, folded by [`crate::words()`].
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// The words, with one space between.
    pub words: String,
    /// A factor of its weight, beside its rarity.
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

/// A row that matches words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordMatch {
    /// The row.
    pub row: RowId,
    /// BM25 of its best path.
    pub bm25: f32,
    /// The fraction of the phrases that the row has, in `0..=1`. A phrase counts `weight * idf`.
    pub coverage: f32,
}

/// All rows that pass and have at least one of the phrases, the best first.
pub(super) fn rank(
    searcher: &Searcher,
    fields: Fields,
    phrases: &[Phrase],
    passing: Option<&Passing>,
) -> Result<Vec<WordMatch>, TantivyError> {
    let (terms, mass) = terms(searcher, fields, phrases)?;
    if terms.is_empty() || mass <= 0.0 {
        return Ok(Vec::new());
    }
    let mut found: Vec<WordMatch> = Vec::new();
    for (ordinal, segment) in (0u32..).zip(searcher.segment_readers()) {
        let alive = segment.alive_bitset();
        let passes = |document: u32| match passing {
            Some(passing) => passing.has(DocAddress::new(ordinal, document)),
            None => alive.is_none_or(|alive| alive.is_alive(document)),
        };
        let rows = segment.fast_fields().u64("row")?;
        let mut scorers = Vec::with_capacity(terms.len());
        for (weight, query) in &terms {
            let scoring = EnableScoring::enabled_from_searcher(searcher);
            scorers.push((*weight, query.weight(scoring)?.scorer(segment, 1.0)?));
        }
        walk(&mut scorers, &passes, &mut |document, weight, bm25| {
            #[expect(clippy::cast_possible_truncation, reason = "a part of one")]
            let coverage = (weight / mass) as f32;
            // All frames of a film have its words.
            let of_document = rows.values_for_doc(document);
            let of_document = of_document.filter_map(|row| u32::try_from(row).ok());
            found.extend(of_document.map(|row| WordMatch {
                row: RowId(row),
                bm25,
                coverage,
            }));
        });
    }
    let by_match = |a: &WordMatch, b: &WordMatch| {
        (b.coverage.total_cmp(&a.coverage)).then(b.bm25.total_cmp(&a.bm25))
    };
    // Several paths of one row: the best counts.
    found.sort_unstable_by(|a, b| a.row.cmp(&b.row).then_with(|| by_match(a, b)));
    found.dedup_by_key(|found| found.row);
    found.sort_by(by_match);
    Ok(found)
}

type Weighted = (f64, Box<dyn Query>);

/// Returns queries for the phrases whose words all exist in the index, with weights by rarity, and
/// the weight of all phrases together.
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

/// Calls `found` for every document that passes and has at least one term, with the weight of its
/// terms and its BM25 score.
fn walk(scorers: &mut Scorers, passes: &dyn Fn(u32) -> bool, found: &mut dyn FnMut(u32, f64, f32)) {
    loop {
        let document = scorers.iter().map(|(_, of)| of.doc()).min();
        let Some(document) = document.filter(|document| *document != TERMINATED) else {
            return;
        };
        let passes = passes(document);
        let (mut weight, mut bm25) = (0.0, 0.0);
        for (own, of) in scorers.iter_mut().filter(|(_, of)| of.doc() == document) {
            if passes {
                weight += *own;
                bm25 += of.score();
            }
            of.advance();
        }
        if passes {
            found(document, weight, bm25);
        }
    }
}

/// The inverse document frequency of BM25: `ln(1 + (N - n + 0.5) / (n + 0.5))`.
fn idf(has: f64, all: f64) -> f64 {
    ((all - has + 0.5) / (has + 0.5)).ln_1p()
}
