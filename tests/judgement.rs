//! Judgement over the photos of `../shared`, with the embedded model: do wordings help, and do
//! scores tell what is there from what is not? `examples/honesty.rs` and `recall.rs` print the
//! numbers behind these bars.

#[path = "../examples/common/mod.rs"]
mod common;

use common::Library;
use libtest_mimic::{Arguments, Failed, Trial};
use pixseek_engine::{FindOptions, Query, SearchMode, Wording, path_of, query_context};
use std::path::Path;

/// From the crate whose test this is.
const PHOTOS: &str = "../../../shared/photos";
const PRESENT: &str = include_str!("../examples/honesty/present.txt");
const ABSENT: &str = include_str!("../examples/honesty/absent.txt");

fn main() {
    let is_there = Path::new(PHOTOS).is_dir();
    let trials = vec![
        Trial::test("judgement::wordings_help_names", wordings).with_ignored_flag(!is_there),
        Trial::test("judgement::scores_tell_what_is_there", scores).with_ignored_flag(!is_there),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// One photo for each of 1,000 names: how many are among the ten nearest to their name.
fn wordings() -> Result<(), Failed> {
    let library = Library::index(&Path::new(PHOTOS).join("objects"))?;
    let searcher = &library.searcher;
    let labels = std::fs::read_to_string(Path::new(PHOTOS).join("objects/labels.jsonl"))?;
    let found = |wording: Wording| -> Result<usize, Failed> {
        let mut found = 0;
        for line in labels.lines() {
            let entry: serde_json::Value = serde_json::from_str(line)?;
            let (label, file) = (entry["label"].as_str(), entry["file"].as_str());
            let query = searcher.description(label.ok_or("no label")?, wording)?;
            let (hits, _) = searcher.nearest(&query, 10, SearchMode::Exact)?;
            let is_found = hits
                .iter()
                .any(|hit| path_of(&hit.path).file_name() == file.map(AsRef::as_ref));
            found += usize::from(is_found);
        }
        Ok(found)
    };
    let (raw, ensemble) = (found(Wording::Raw)?, found(Wording::Ensemble)?);
    if ensemble > raw {
        return Ok(());
    }
    Err(format!("{ensemble} of 1,000 with several wordings, {raw} with one").into())
}

/// At least 90 of 100; `examples/honesty.rs` says which, and how many there are now.
fn scores() -> Result<(), Failed> {
    let library = Library::index(Path::new(PHOTOS))?;
    let searcher = &library.searcher;
    let options = FindOptions {
        limit: 1,
        ..FindOptions::default()
    };
    let mut right = 0;
    for (queries, is_there) in [(PRESENT, true), (ABSENT, false)] {
        for text in queries.lines() {
            let query = Query::parse(text, query_context())?;
            let is_found = !searcher.find(&query, &options)?.hits.is_empty();
            right += u32::from(is_found == is_there);
        }
    }
    if right >= 90 {
        return Ok(());
    }
    Err(format!("{right} of 100 right").into())
}
