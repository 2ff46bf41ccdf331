//! What the words of a command line mean as one query.

use super::search::open;
use crate::arguments::Common;
use anyhow::Result;
use pixseek_engine::{FindOptions, Query, Saved, Searcher, Shown, requoted};
use std::path::Path;

/// Joins the words of a query. A shell takes the quotes of `tag:"a dog"` away; they are put back
/// where the query means nothing without them, or where photos pass the filter with them.
pub fn query_text(common: &Common, index: &Path, words: &[String]) -> Result<String> {
    let mut searcher = None;
    let mut text = Vec::new();
    for word in words {
        let Some(quoted) = requoted(word) else {
            text.push(word.clone());
            continue;
        };
        let searcher = match &mut searcher {
            Some(searcher) => searcher,
            none => none.insert(open(common, index)?),
        };
        let is_quoted = passing(searcher, &quoted).is_some_and(|photos| photos > 0)
            || passing(searcher, word).is_none();
        text.push(if is_quoted { quoted } else { word.clone() });
    }
    Ok(text.join(" "))
}

/// The number of photos that pass the filters of a query: all that are shown if it has none.
/// `None` for a query that cannot be read.
pub fn passing(searcher: &Searcher, text: &str) -> Option<usize> {
    let saved = Saved::named_in(text, searcher.index()).ok()?;
    let query = Query::parse(text, saved.query_context()).ok()?;
    let options = FindOptions {
        limit: 1,
        shown: Shown::All,
        ..FindOptions::default()
    };
    let answer = searcher.find(&query, &options).ok()?;
    let passing = answer.explanations.iter().filter_map(|of| of.passing);
    Some(passing.max().unwrap_or(answer.hits.len()))
}
