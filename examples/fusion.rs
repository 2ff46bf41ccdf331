//! Words and vectors, each alone and together.
//!
//! `cargo run --release --example fusion -- ../shared/photos` indexes the folder with the
//! embedded model and asks two kinds of queries: names, cameras, places and dates, mixed with
//! descriptions (`examples/fusion/queries.tsv`: a query, then the files that are right), and the
//! first caption of every fifth photo of `captioned1k`. It prints the mean reciprocal rank of
//! the first right file, and the part of the right files among the first ten.

#![allow(clippy::cast_precision_loss, reason = "shares of small counts")]

mod common;

use common::Library;
use pixseek_engine::{
    FindOptions, Folding, Line, Phrase, Query, SearchMode, Searcher, Wording, path_of,
    query_context,
};
use serde_json::Value;
use std::error::Error;
use std::path::Path;

const QUERIES: &str = include_str!("fusion/queries.tsv");
const DEPTH: usize = 200;

/// A query and the names of the files that are right.
type Labelled = (String, Vec<String>);

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::args_os().nth(1) else {
        println!("usage: fusion DIR");
        return Ok(());
    };
    let folder = Path::new(&folder).canonicalize()?;
    let library = Library::index(&folder)?;
    let searcher = &library.searcher;
    println!("{:<28}{:>10}{:>10}{:>10}", "", "vectors", "words", "fused");
    for (name, queries) in [
        ("names, places, dates", named()),
        ("captions", captions(&folder)?),
    ] {
        let mut sums = [(0.0, 0.0); 3];
        for (text, right) in &queries {
            let (together, words) = fused(searcher, text)?;
            let found = [
                by_vector(searcher, text)?,
                by_words(searcher, &words)?,
                together,
            ];
            for (sum, files) in sums.iter_mut().zip(found) {
                let first = files.iter().position(|file| right.contains(file));
                sum.0 += first.map_or(0.0, |place| 1.0 / (place + 1) as f64);
                let among = files
                    .iter()
                    .take(10)
                    .filter(|file| right.contains(file))
                    .count();
                sum.1 += among as f64 / right.len().min(10) as f64;
            }
        }
        let count = queries.len() as f64;
        let line = |part: &dyn Fn(&(f64, f64)) -> f64| {
            sums.iter().fold(String::new(), |line, sum| {
                format!("{line}{:>10.3}", part(sum) / count)
            })
        };
        println!("{name} ({})", queries.len());
        println!("{:<28}{}", "  mean reciprocal rank", line(&|sum| sum.0));
        println!("{:<28}{}", "  found among ten", line(&|sum| sum.1));
    }
    Ok(())
}

fn named() -> Vec<Labelled> {
    let lines = QUERIES.lines().filter_map(|line| line.split_once('\t'));
    lines
        .map(|(query, files)| {
            // A name with spaces is written alone.
            let files = if files.matches('.').count() == 1 {
                vec![files.to_owned()]
            } else {
                files.split(' ').map(str::to_owned).collect()
            };
            (query.to_owned(), files)
        })
        .collect()
}

fn captions(folder: &Path) -> Result<Vec<Labelled>, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("captioned1k/captions.jsonl"))?;
    let mut queries = Vec::new();
    for line in text.lines().step_by(5) {
        let entry: Value = serde_json::from_str(line)?;
        let caption = entry["captions"][0]
            .as_str()
            .ok_or("a line without a caption")?;
        let file = entry["file"].as_str().ok_or("a line without a file")?;
        let plain: String = caption
            .chars()
            .filter(|c| c.is_alphanumeric() || c.is_whitespace())
            .collect();
        queries.push((plain, vec![file.to_owned()]));
    }
    Ok(queries)
}

fn by_vector(searcher: &Searcher, text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let query = searcher.description(text, Wording::Ensemble)?;
    let (hits, _) = searcher.nearest(&query, DEPTH, SearchMode::Exact)?;
    Ok(hits.iter().map(|hit| name_of(&hit.path)).collect())
}

fn by_words(searcher: &Searcher, words: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    let phrases: Vec<Phrase> = words.iter().map(Phrase::from).collect();
    for found in searcher.reader().rank_words(&phrases, DEPTH, None)? {
        for (path, _) in searcher.reader().photos_of(found.row, None)? {
            names.push(name_of(&path));
        }
    }
    Ok(names)
}

/// The files, and the words that were looked up.
fn fused(searcher: &Searcher, text: &str) -> Result<(Vec<String>, Vec<String>), Box<dyn Error>> {
    let options = FindOptions {
        limit: DEPTH,
        line: Line::All,
        folding: Folding::None,
        ..FindOptions::default()
    };
    let answer = searcher.find(&Query::parse(text, query_context())?, &options)?;
    let files = answer.hits.iter().map(|hit| name_of(&hit.path)).collect();
    let words = answer.plans.into_iter().flat_map(|plan| plan.words);
    Ok((files, words.collect()))
}

fn name_of(path: &[u8]) -> String {
    let path = path_of(path);
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
