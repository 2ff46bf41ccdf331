//! How well do words and vectors find photos, each alone and together?
//!
//! `cargo run --release --example fusion -- ../shared/photos` indexes the folder with the embedded
//! model and asks two kinds of queries: names, cameras, places and dates, mixed with descriptions
//! (`fusion/queries.tsv`: a query, then the files that answer it), and the first caption of every
//! fifth photo of `captioned1k`. It prints the mean reciprocal rank of the first right file, and
//! the share of the right files among the first ten hits.

#![allow(clippy::cast_precision_loss, reason = "shares of small counts")]

use pixseek_engine::{FindOptions, Folding, Query, Searcher, Shown, Wording, query_context};
use pixseek_index::Phrase;
use pixseek_lab::{Library, name_of};
use serde_json::Value;
use std::error::Error;
use std::path::Path;

const QUERIES: &str = include_str!("fusion/queries.tsv");
const DEPTH: usize = 200;

/// A query and the names of the files that answer it.
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
                by_vector(&library, text)?,
                by_words(&library, &words)?,
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
            // A file name that contains spaces is the only one on its line.
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

fn by_vector(library: &Library, text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let query = library
        .searcher
        .encode_description(text, Wording::Ensemble)?;
    Ok(library.nearest(&query, DEPTH)?)
}

fn by_words(library: &Library, words: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    let phrases: Vec<Phrase> = words.iter().map(Phrase::from).collect();
    let found = library.reader.rank_words(&phrases, None)?;
    for found in found.into_iter().take(DEPTH) {
        for (path, _) in library.reader.photos_of(found.row, None)? {
            names.push(name_of(&path));
        }
    }
    Ok(names)
}

/// The files that a search finds, and the words that it looked up.
fn fused(searcher: &Searcher, text: &str) -> Result<(Vec<String>, Vec<String>), Box<dyn Error>> {
    let options = FindOptions {
        limit: DEPTH,
        shown: Shown::All,
        folding: Folding::None,
        ..FindOptions::default()
    };
    let answer = searcher.find(&Query::parse(text, query_context())?, &options)?;
    let files = answer.hits.iter().map(|hit| name_of(&hit.path)).collect();
    let words = answer.explanations.into_iter().flat_map(|of| of.words);
    Ok((files, words.collect()))
}
