//! Measures the cost of a query without its text tower, and of labelling, at any library size.
//!
//! `cargo bench --bench asking -- 100000 1000000`

#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    reason = "a program that prints measurements"
)]

use jiff::civil::date;
use pixseek_engine::{
    ComputeDevice, FindOptions, Query, QueryContext, Searcher, TagOptions, query_context,
};
use pixseek_lab::MadeLibrary;
use std::time::Instant;

const TIMES: u32 = 20;
const QUERIES: [&str; 6] = [
    "dog on a beach",
    "dog on a beach in:2005",
    "dog on a beach -people month:june",
    "snow OR (mountain lake) camera:canon after:2008-06",
    "IMG 2043 month:1..6",
    "!month:june",
];

fn main() {
    let sizes: Vec<u32> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    parse();
    for size in if sizes.is_empty() {
        vec![10_000]
    } else {
        sizes
    } {
        println!("\n== {size} photos");
        measure(size);
    }
}

fn parse() {
    let context = QueryContext {
        now: date(2026, 11, 23).at(12, 0, 0, 0),
        ..query_context()
    };
    let start = Instant::now();
    for _ in 0..1000 {
        for query in QUERIES {
            let query = Query::parse(query, context);
            assert!(std::hint::black_box(query).is_ok());
        }
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / (1000 * QUERIES.len()) as f64;
    println!("parse a query: {each:.1} us");
}

fn measure(size: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = MadeLibrary {
        root: "/home/me/Pictures",
        photos: size,
    };
    library.write(folder.path()).expect("it is written");
    let searcher = Searcher::open(folder.path(), None, ComputeDevice::cpu()).expect("it opens");
    let context = QueryContext {
        now: date(2026, 11, 23).at(12, 0, 0, 0),
        ..query_context()
    };
    let options = FindOptions {
        limit: 20,
        ..FindOptions::default()
    };
    for text in QUERIES {
        let query = Query::parse(text, context).expect("it is a query");
        let start = Instant::now();
        let answer = searcher.find(&query, &options).expect("it finds");
        let first = start.elapsed().as_secs_f64() * 1e3;
        let start = Instant::now();
        for _ in 0..TIMES {
            searcher.find(&query, &options).expect("it finds");
        }
        let again = start.elapsed().as_secs_f64() * 1e3 / f64::from(TIMES);
        let passing: Vec<_> = answer.explanations.iter().map(|of| of.passing).collect();
        println!("{text:<52}{again:>8.2} ms (the first time {first:.1}), pass {passing:?}");
    }
    let labels = TagOptions {
        labels: (0..100).map(|number| format!("thing {number}")).collect(),
        top: 3,
    };
    let start = Instant::now();
    searcher.tag(&labels).expect("it labels");
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{:<52}{seconds:>8.2} s",
        "100 labels, with their text tower"
    );
}
