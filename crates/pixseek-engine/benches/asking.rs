//! What a question costs beside its text tower, and what labelling costs, at any size.
//!
//! `cargo bench --bench asking -- 100000 1000000`
//!
//! The vectors are even noise around one direction: times do not depend on what they mean.

#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    reason = "a program that prints measurements"
)]

use jiff::civil::date;
use pixseek_engine::{
    Batch, ComputeDevice, FindOptions, FoundPhoto, ModelChoice, PhotoFacts, Query, Searcher, Stamp,
    TagOptions, Writer, open_model, writer_options,
};
use std::path::Path;
use std::time::Instant;

const BATCH: u32 = 4096;
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
    let now = date(2026, 11, 23).at(12, 0, 0, 0);
    let start = Instant::now();
    for _ in 0..1000 {
        for query in QUERIES {
            let query = Query::parse(query, now);
            assert!(std::hint::black_box(query).is_ok());
        }
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / (1000 * QUERIES.len()) as f64;
    println!("parse a query: {each:.1} us");
}

fn measure(size: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fill(folder.path(), size);
    let searcher = Searcher::open(folder.path(), None, ComputeDevice::cpu()).expect("it opens");
    let now = date(2026, 11, 23).at(12, 0, 0, 0);
    let options = FindOptions {
        limit: 20,
        ..FindOptions::default()
    };
    for text in QUERIES {
        let query = Query::parse(text, now).expect("it is a query");
        let start = Instant::now();
        let answer = searcher.find(&query, &options).expect("it finds");
        let first = start.elapsed().as_secs_f64() * 1e3;
        let start = Instant::now();
        for _ in 0..TIMES {
            searcher.find(&query, &options).expect("it finds");
        }
        let again = start.elapsed().as_secs_f64() * 1e3 / f64::from(TIMES);
        let passing: Vec<_> = answer.plans.iter().map(|plan| plan.passing).collect();
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

fn fill(index: &Path, size: u32) {
    let (_, identity) = open_model(&ModelChoice::Embedded).expect("it opens");
    let mut writer = Writer::open(index, &identity, writer_options()).expect("it opens");
    for from in (0..size).step_by(BATCH as usize) {
        let photos = (from..size.min(from + BATCH))
            .map(|row| photo(row, identity.dimension))
            .collect();
        let batch = Batch {
            photos,
            ..Batch::default()
        };
        writer.commit(batch).expect("it commits");
    }
    writer.publish().expect("it publishes");
}

fn photo(row: u32, dimension: usize) -> FoundPhoto {
    let mut state = u64::from(row) + 1;
    let mut noise = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let mut content = [0; 32];
    for part in content.chunks_exact_mut(8) {
        part.copy_from_slice(&noise().to_le_bytes());
    }
    let mut vector: Vec<f32> = (0..dimension)
        .map(|_| (noise() >> 40) as f32 / (1_u64 << 24) as f32 - 0.4)
        .collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for x in &mut vector {
        *x /= length;
    }
    let (year, month) = (2005 + row / 50_000, row / 4000 % 12 + 1);
    FoundPhoto {
        path: format!("/home/me/Pictures/{year}/{month:02}/IMG_{row:07}.jpg").into(),
        content,
        stamp: Stamp {
            size: 3_000_000,
            modified: 1_600_000_000_000_000_000,
            changed: 1_600_000_000_000_000_000,
            inode: u64::from(row) + 1,
        },
        facts: PhotoFacts {
            width: 4032,
            height: 3024,
            taken: Some(format!("{year}-{month:02}-17T12:34:56")),
            taken_seconds: Some(1_100_000_000 + i64::from(row) * 600),
            camera: Some("Canon EOS 40D".into()),
            ..PhotoFacts::default()
        },
        vector: Some(vector),
    }
}
