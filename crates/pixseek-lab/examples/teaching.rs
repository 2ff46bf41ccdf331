//! Does a taught name find photos of its subject?
//!
//! `cargo run --release --example teaching -- ../shared/photos/captioned1k` takes words of the
//! captions, teaches a made-up name with the first five photos whose captions contain each word,
//! and asks for the name. It prints the share of the first ten other photos whose captions contain
//! the word: by the taught name, by the word itself, and by chance.

#![allow(clippy::cast_precision_loss, reason = "shares of small counts")]

use pixseek_engine::{
    ComputeDevice, FindOptions, Folding, Names, Query, Searcher, Shown, path_of, query_context,
};
use pixseek_lab::Library;
use serde_json::Value;
use std::collections::HashSet;
use std::error::Error;
use std::path::Path;

/// The files, each with all words of its captions.
type Captions = Vec<(String, HashSet<String>)>;

const KINDS: [&str; 10] = [
    "beach",
    "snow",
    "bike",
    "soccer",
    "swimming",
    "climbing",
    "dog",
    "car",
    "lake",
    "playground",
];
const NAME: &str = "zorblat";
const TAUGHT: usize = 5;
const SHOWN: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::args_os().nth(1) else {
        println!("usage: teaching DIR, with captions.jsonl");
        return Ok(());
    };
    let folder = Path::new(&folder);
    let captions = captions(folder)?;
    let library = Library::index(folder)?;
    println!("{:<14}{:>8}{:>8}{:>8}", "", "taught", "word", "chance");
    let mut sums = [0.0; 3];
    for kind in KINDS {
        let of_kind: Vec<&String> = captions
            .iter()
            .filter(|(_, words)| words.contains(kind))
            .map(|(file, _)| file)
            .collect();
        let (taught, others) = of_kind.split_at(TAUGHT.min(of_kind.len()));
        let pictures = taught
            .iter()
            .map(|file| library.searcher.encode_picture(&folder.join(file)))
            .collect::<Result<Vec<_>, _>>()?;
        Names::update(library.index.path(), |names| {
            names.remove(NAME);
            names.add(NAME, &pictures)
        })??;
        // A searcher reads the names when it opens the index.
        let searcher = Searcher::open(library.index.path(), None, ComputeDevice::cpu())?;
        let shares = [
            share(&searcher, NAME, taught, others)?,
            share(&searcher, kind, taught, others)?,
            others.len() as f64 / (captions.len() - taught.len()) as f64,
        ];
        let [by_name, by_word, chance] = shares;
        println!("{kind:<14}{by_name:>8.2}{by_word:>8.2}{chance:>8.2}");
        for (sum, share) in sums.iter_mut().zip(shares) {
            *sum += share / KINDS.len() as f64;
        }
    }
    let [by_name, by_word, chance] = sums;
    println!("{:<14}{by_name:>8.2}{by_word:>8.2}{chance:>8.2}", "mean");
    Ok(())
}

/// The share of the first hits that show the subject, without the photos that taught the name.
fn share(
    searcher: &Searcher,
    query: &str,
    taught: &[&String],
    others: &[&String],
) -> Result<f64, Box<dyn Error>> {
    let options = FindOptions {
        limit: TAUGHT + SHOWN,
        folding: Folding::None,
        shown: Shown::All,
        ..FindOptions::default()
    };
    let answer = searcher.find(&Query::parse(query, query_context())?, &options)?;
    let files = answer.hits.iter().map(|hit| {
        let name = path_of(&hit.path);
        name.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    });
    let shown = files.filter(|file| !taught.contains(&file)).take(SHOWN);
    Ok(shown.filter(|file| others.contains(&file)).count() as f64 / SHOWN as f64)
}

fn captions(folder: &Path) -> Result<Captions, Box<dyn Error>> {
    let mut captions = Vec::new();
    for line in std::fs::read_to_string(folder.join("captions.jsonl"))?.lines() {
        let entry: Value = serde_json::from_str(line)?;
        let file = entry["file"].as_str().ok_or("a line without a file")?;
        let texts = entry["captions"].as_array().into_iter().flatten();
        let words = texts.filter_map(Value::as_str).flat_map(|text| {
            let words = text.split(|c: char| !c.is_alphabetic());
            words.map(str::to_lowercase).collect::<Vec<_>>()
        });
        captions.push((file.to_owned(), words.collect()));
    }
    Ok(captions)
}
