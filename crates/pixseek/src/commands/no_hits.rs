//! Why a search finds nothing: which filter is empty, and what is near its value.

use super::readings::passing;
use crate::output::{counted, plain};
use pixseek_engine::{Answer, MATCH, Query, Searcher, rounded_score};

/// Explains why there is no hit.
pub fn why_no_hits(searcher: &Searcher, answer: &Answer, text: &str) -> String {
    if searcher.photo_count() == 0 {
        return "the index holds no photos; add some with `pixseek index DIR`".into();
    }
    let passing = answer.explanations.iter().filter_map(|of| of.passing).max();
    if passing == Some(0) {
        return plain(&empty_filters(searcher, text)).into_owned();
    }
    match answer.best_below {
        Some(best) => format!(
            "no good match: the best scores {:.0} of 100, a match {MATCH:.0} and more; --all shows them",
            rounded_score(best, 1)
        ),
        None => "no good match".into(),
    }
}

/// Names the filters that nothing passes, or else how many photos pass each.
fn empty_filters(searcher: &Searcher, text: &str) -> String {
    let vocabulary = searcher.vocabulary().unwrap_or_default();
    let mut counts = Vec::new();
    let mut empty = Vec::new();
    for filter in Query::filters_of(text).into_iter().map(|span| &text[span]) {
        match passing(searcher, filter) {
            Some(0) => empty.push(vocabulary.about_empty(filter)),
            Some(photos) => counts.push(format!("{filter} ({})", counted(photos as u64, "photo"))),
            None => {}
        }
    }
    if !empty.is_empty() {
        return empty.join("\n");
    }
    match counts.as_slice() {
        [] => "no photos match these filters".into(),
        counts => format!(
            "no photos match these filters together: {}",
            counts.join(", ")
        ),
    }
}
