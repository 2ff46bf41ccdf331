//! Tests the ranking over the photos of `../shared` with the embedded model: do prompts help, and
//! do scores tell the things that the photos show from those that they do not show? The experiments
//! `honesty` and `recall` print the figures behind these limits.

use libtest_mimic::{Arguments, Failed, Trial};
use pixseek_engine::{FindOptions, Query, Wording, query_context};
use pixseek_lab::Library;
use std::path::Path;

/// Relative to the crate that owns this test.
const PHOTOS: &str = "../../../shared/photos";
const PRESENT: &str = include_str!("../crates/pixseek-lab/examples/honesty/present.txt");
const ABSENT: &str = include_str!("../crates/pixseek-lab/examples/honesty/absent.txt");

fn main() {
    let is_there = Path::new(PHOTOS).is_dir();
    let trials = vec![
        Trial::test("judgement::prompts_help_names", wordings).with_ignored_flag(!is_there),
        Trial::test(
            "judgement::scores_separate_present_from_absent_things",
            scores,
        )
        .with_ignored_flag(!is_there),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Of 1,000 photos with one name each, counts those among the ten nearest to their name.
fn wordings() -> Result<(), Failed> {
    let library = Library::index(&Path::new(PHOTOS).join("objects"))?;
    let searcher = &library.searcher;
    let labels = std::fs::read_to_string(Path::new(PHOTOS).join("objects/labels.jsonl"))?;
    let found = |wording: Wording| -> Result<usize, Failed> {
        let mut found = 0;
        for line in labels.lines() {
            let entry: serde_json::Value = serde_json::from_str(line)?;
            let (label, file) = (entry["label"].as_str(), entry["file"].as_str());
            let query = searcher.encode_description(label.ok_or("no label")?, wording)?;
            let nearest = library.nearest(&query, 10)?;
            found += usize::from(nearest.iter().any(|name| Some(name.as_str()) == file));
        }
        Ok(found)
    };
    let (raw, ensemble) = (found(Wording::Raw)?, found(Wording::Ensemble)?);
    if ensemble > raw {
        return Ok(());
    }
    Err(format!("{ensemble} of 1,000 with several wordings, {raw} with one").into())
}

/// At least 90 of 100 must be right; the experiment `honesty` lists them and prints the current
/// number.
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
