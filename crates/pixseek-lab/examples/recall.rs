//! How often is the right photo among the first hits? Measured over a folder with `captions.jsonl`
//! (`{"file": .., "captions": [..]}`) or `labels.jsonl` (`{"file": .., "label": ..}`).
//!
//! `cargo run --release --example recall -- DIR...` prints recall@1, @5, @10 and the median rank by
//! cosine (the figures of `crates/pixseek-clip/pocket/README.md`), and recall@1 and @10 in the
//! order of a search. That order also counts words: a file that is named for its subject is found
//! by its name. Searches are exact, and the photos are indexed as the product does it: walk,
//! decode, encode, commit.

#![allow(clippy::cast_precision_loss, reason = "shares of small counts")]

use pixseek_engine::{FindOptions, Folding, Query, Searcher, Shown, query_context};
use pixseek_lab::{Library, Retrieval, name_of};
use serde_json::Value;
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

/// Number of captions per photo, as in the figures of the reference.
const CAPTIONS_EACH: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<_> = std::env::args_os().skip(1).collect();
    if folders.is_empty() {
        println!("usage: recall DIR..., each with captions.jsonl or labels.jsonl");
    }
    for folder in folders {
        measure(Path::new(&folder))?;
    }
    Ok(())
}

fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let folder = folder.canonicalize()?;
    let library = Library::index(&folder)?;
    let searcher = &library.searcher;
    let mut ranks = Vec::new();
    let queries = queries(&folder)?;
    let texts: Vec<&str> = queries.iter().map(|(text, _)| text.as_str()).collect();
    let photos = searcher.photo_count();
    let everything = usize::try_from(photos)?;
    for ((_, file), query) in queries.iter().zip(searcher.encode_texts(&texts)?) {
        let nearest = library.nearest(&query, everything)?;
        let rank = nearest.iter().position(|name| name == file);
        // A photo that could not be indexed has an infinite rank.
        ranks.push(rank.map_or(usize::MAX, |rank| rank + 1));
    }
    println!(
        "{}: {}",
        folder.display(),
        Retrieval::of_ranks(ranks, usize::try_from(photos)?)
    );
    searched(searcher, &queries)
}

/// Prints the same figures for the order of a search, from its first ten hits.
fn searched(searcher: &Searcher, queries: &[(String, String)]) -> Result<(), Box<dyn Error>> {
    let options = FindOptions {
        limit: 10,
        shown: Shown::All,
        folding: Folding::None,
        ..FindOptions::default()
    };
    let (mut first, mut among) = (0u32, 0u32);
    for (text, file) in queries {
        // Remove the signs of the query language.
        let plain: String = text
            .chars()
            .filter(|c| c.is_alphanumeric() || c.is_whitespace())
            .collect();
        let hits = searcher.find(&Query::parse(&plain, query_context())?, &options)?;
        let place = hits.hits.iter().position(|hit| name_of(&hit.path) == *file);
        first += u32::from(place == Some(0));
        among += u32::from(place.is_some());
    }
    let share = |count: u32| 100.0 * f64::from(count) / queries.len().max(1) as f64;
    println!(
        "  as searched: recall@1 {:.1} %, @10 {:.1} %",
        share(first),
        share(among)
    );
    Ok(())
}

/// The queries, each with the file that answers it.
fn queries(folder: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let captions = folder.join("captions.jsonl");
    let path = if captions.exists() {
        captions
    } else {
        folder.join("labels.jsonl")
    };
    let mut queries = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let entry: HashMap<String, Value> = serde_json::from_str(line)?;
        let file = entry["file"].as_str().ok_or("a line without a file")?;
        if let Some(label) = entry.get("label").and_then(Value::as_str) {
            queries.push((format!("a photo of a {label}"), file.to_owned()));
        }
        let captions = entry.get("captions").and_then(Value::as_array);
        for caption in captions.into_iter().flatten().take(CAPTIONS_EACH) {
            queries.push((
                caption.as_str().ok_or("a caption that is no text")?.into(),
                file.into(),
            ));
        }
    }
    Ok(queries)
}
