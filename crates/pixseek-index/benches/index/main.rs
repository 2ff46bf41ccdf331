//! Measures building, searching, scanning, filtering and opening at any size, and hnswlib beside it
//! if Python has it.
//!
//! `cargo bench --bench index -- 10000 100000 1000000`
//!
//! Prints one table for each size. hnswlib is measured in the same run on the same vectors
//! (`python3 peer.py`; `PYTHON` names another interpreter), with the beam that reaches the same
//! recall.

#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program that prints measurements"
)]

mod peer;
mod queries;
mod vectors;

use pixseek_index::{
    Batch, KeepRows, Manifest, ModelIdentity, NewPhoto, PhotoFacts, Reader, Route, RowFilter,
    RowId, RowSet, SearchMode, Stamp, Writer, WriterOptions, remake,
};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use vectors::{DIMENSION, Made, describe, hash};

/// `SEARCH INDEX`: the time and memory of a search in a new process.
const SEARCH: &str = "--search";
const QUERIES: u64 = 200;
const K: usize = 10;
const BATCH: u32 = 4096;
/// A run publishes every half minute.
const PUBLISHED: u32 = 2 * BATCH;
const GRAPH_AT_ONCE: WriterOptions = WriterOptions { graph_from: 1 };

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != SEARCH);
    if let (Some(_), Some(index)) = (arguments.next(), arguments.next()) {
        return in_a_new_process(Path::new(&index));
    }
    let sizes: Vec<u32> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    for size in if sizes.is_empty() {
        vec![10_000]
    } else {
        sizes
    } {
        println!("\n== {size} rows of {DIMENSION}");
        measure(size);
    }
}

fn measure(rows: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = folder.path().join("index");
    let made = Made::new(rows);
    let texts = made.texts(QUERIES);
    describe(&made.images(0..1000.min(rows)), &texts);
    fill(&index, &made, 0..rows);
    disk(&index, rows);
    let start = Instant::now();
    let compacted = remake(&index, KeepRows::Live, WriterOptions::default());
    drop(compacted.expect("it compacts"));
    println!("{:<44}{:>10.2} s", "compact", start.elapsed().as_secs_f64());
    disk(&index, rows);

    let reader = Reader::open(&index).expect("it opens");
    let oracle: Vec<Vec<RowId>> = texts.iter().map(|text| exact(&reader, text)).collect();
    scan(&reader, &texts, &oracle);
    filtered(&reader, &texts, rows);
    queries::measure(&reader, &texts);
    drop(reader);

    graph(&index, rows);
    // Twice, because the second process finds the files in the page cache.
    let itself = std::env::current_exe().expect("it has a path");
    let child = |output: Stdio| {
        let mut child = Command::new(&itself);
        let child = child.arg(SEARCH).arg(&index).stdout(output).status();
        assert!(child.expect("it runs").success());
    };
    child(Stdio::null());
    child(Stdio::inherit());
    let reader = Reader::open(&index).expect("it opens");
    println!("queries that are texts:");
    let of_texts = [64, 128, 256, 512, 1024].map(|ef| search(&reader, &texts, &oracle, ef));
    let images = made.images(0..QUERIES as u32);
    let alike: Vec<_> = images.iter().map(|image| exact(&reader, image)).collect();
    println!("queries that are photos:");
    let of_photos = [64, 96].map(|ef| search(&reader, &images, &alike, ef));
    filtered(&reader, &texts, rows);
    drop(reader);
    let growth = fill_time(&index, &made, rows);
    println!("{:<44}{growth:>10.2} s", "1,000 more photos, published");
    let forgotten = forget_time(&index);
    println!(
        "{:<44}{forgotten:>10.2} s",
        "one photo forgotten and erased"
    );
    let questions = [
        ("texts", texts, of_texts[2]),
        ("photos", images, of_photos[1]),
    ];
    peer::measure(folder.path(), &made, rows, &questions);
}

fn in_a_new_process(index: &Path) {
    let rows = Manifest::read(index).expect("it has a manifest").rows;
    let made = Made::new(rows);
    let (texts, images) = (made.texts(QUERIES), made.images(0..QUERIES as u32));
    let start = Instant::now();
    let reader = Reader::open(index).expect("it opens");
    let _ = nearest(&reader, &images[0], SearchMode::Auto, RowFilter::All);
    line("new process: open, first search by photo", start);
    for image in &images {
        let _ = nearest(&reader, image, SearchMode::Auto, RowFilter::All);
    }
    let start = Instant::now();
    let _ = nearest(&reader, &texts[0], SearchMode::Auto, RowFilter::All);
    line("new process: first search by text", start);
    println!(
        "{:<44}{:>10.0} MB",
        "resident, mapped files apart",
        resident("RssAnon")
    );
    println!(
        "{:<44}{:>10.0} MB",
        "resident, mapped files",
        resident("RssFile")
    );
}

fn disk(index: &Path, rows: u32) {
    for part in ["", "vectors", "catalog", "keywords"] {
        let bytes = bytes_below(&index.join(part)) / f64::from(rows);
        println!("{:<44}{bytes:>10.0} bytes", format!("disk, a photo {part}"));
    }
}

/// The nearest rows, and the route of the search.
fn nearest(
    reader: &Reader,
    query: &[f32],
    mode: SearchMode,
    filter: RowFilter<'_>,
) -> (Vec<(RowId, f32)>, Route) {
    reader.nearest(query, K, mode, filter).expect("it finds")
}

fn exact(reader: &Reader, text: &[f32]) -> Vec<RowId> {
    let (found, _) = nearest(reader, text, SearchMode::Exact, RowFilter::All);
    found.into_iter().map(|(row, _)| row).collect()
}

fn recall(found: &[Vec<RowId>], oracle: &[Vec<RowId>]) -> f64 {
    let hits: usize = found
        .iter()
        .zip(oracle)
        .map(|(found, oracle)| found.iter().filter(|row| oracle.contains(row)).count())
        .sum();
    hits as f64 / oracle.iter().map(Vec::len).sum::<usize>() as f64
}

fn scan(reader: &Reader, texts: &[Vec<f32>], oracle: &[Vec<RowId>]) {
    let run = |text: &Vec<f32>| -> Vec<RowId> {
        let (found, route) = nearest(reader, text, SearchMode::Auto, RowFilter::All);
        assert!(matches!(route, Route::Scan { .. }));
        found.into_iter().map(|(row, _)| row).collect()
    };
    run(&texts[0]);
    let texts = &texts[..50];
    let start = Instant::now();
    let found: Vec<_> = texts.iter().map(run).collect();
    let each = start.elapsed().as_secs_f64() * 1e3 / texts.len() as f64;
    let recall = recall(&found, &oracle[..50]);
    println!(
        "{:<44}{each:>10.3} ms   recall@10 {recall:.4}",
        "exact scan, all threads"
    );
}

fn filtered(reader: &Reader, texts: &[Vec<f32>], rows: u32) {
    let passing: RowSet = (0..rows)
        .filter(|row| hash(u64::from(*row) ^ 0xf1).is_multiple_of(100))
        .map(RowId)
        .collect();
    let run = |text: &Vec<f32>, mode| -> Vec<RowId> {
        let (found, _) = nearest(reader, text, mode, RowFilter::Among(&passing));
        found.into_iter().map(|(row, _)| row).collect()
    };
    let texts = &texts[..50];
    let oracle: Vec<_> = texts
        .iter()
        .map(|text| run(text, SearchMode::Exact))
        .collect();
    run(&texts[0], SearchMode::Auto);
    let start = Instant::now();
    let found: Vec<_> = texts
        .iter()
        .map(|text| run(text, SearchMode::Auto))
        .collect();
    let each = start.elapsed().as_secs_f64() * 1e3 / texts.len() as f64;
    let recall = recall(&found, &oracle);
    println!(
        "{:<44}{each:>10.3} ms   recall@10 {recall:.4}",
        "filtered, 1 % pass"
    );
}

fn graph(index: &Path, rows: u32) {
    let mut writer = Writer::open(index, &model(), GRAPH_AT_ONCE).expect("it opens");
    let start = Instant::now();
    let mut said = Instant::now();
    writer
        .extend_graph(&AtomicBool::new(false), &mut |progress| {
            if said.elapsed().as_secs() >= 60 {
                said = Instant::now();
                eprintln!(
                    "  {} of {} rows in the graph",
                    progress.rows, progress.total
                );
            }
        })
        .expect("it builds");
    let rate = f64::from(rows) / start.elapsed().as_secs_f64();
    println!("{:<44}{rate:>10.0} rows/s", "graph build, all threads");
}

/// Measures searches in one thread after a warm-up. Returns the recall.
fn search(reader: &Reader, texts: &[Vec<f32>], oracle: &[Vec<RowId>], ef: usize) -> f64 {
    let run = |text: &Vec<f32>| -> Vec<RowId> {
        let (found, route) = nearest(reader, text, SearchMode::Beam(ef), RowFilter::All);
        assert!(matches!(route, Route::Graph { .. }));
        found.into_iter().map(|(row, _)| row).collect()
    };
    for text in texts {
        run(text);
    }
    let start = Instant::now();
    let found: Vec<_> = texts.iter().map(run).collect();
    let each = start.elapsed().as_secs_f64() * 1e3 / texts.len() as f64;
    let recall = recall(&found, oracle);
    let what = format!("graph search, one thread, ef {ef}");
    println!("{what:<44}{each:>10.3} ms   recall@10 {recall:.4}");
    recall
}

fn fill(index: &Path, made: &Made, rows: std::ops::Range<u32>) {
    let mut writer = Writer::open(index, &model(), GRAPH_AT_ONCE).expect("it opens");
    let mut seconds = 0.0;
    for from in rows.clone().step_by(BATCH as usize) {
        let end = rows.end.min(from + BATCH);
        let photos = made
            .images(from..end)
            .into_iter()
            .zip(from..)
            .map(|(vector, row)| photo(row, vector))
            .collect();
        let start = Instant::now();
        let batch = Batch {
            photos,
            ..Batch::default()
        };
        writer.commit(batch).expect("it commits");
        seconds += start.elapsed().as_secs_f64();
        if end.is_multiple_of(PUBLISHED) {
            writer.publish().expect("it publishes");
        }
    }
    let start = Instant::now();
    writer.publish().expect("it publishes");
    let publish = start.elapsed().as_secs_f64();
    if rows.len() > 1000 {
        let rate = rows.len() as f64 / seconds;
        println!("{:<44}{rate:>10.0} rows/s", "commit, batches of 4,096");
        println!("{:<44}{publish:>10.2} s", "last publication");
    }
}

/// Measures opening, committing a thousand more photos, publishing and closing.
fn fill_time(index: &Path, made: &Made, rows: u32) -> f64 {
    let start = Instant::now();
    fill(index, made, rows..rows + 1000);
    start.elapsed().as_secs_f64()
}

/// Measures opening, forgetting one photo, publishing, erasing and closing. The photo is one of
/// those that the codec was fitted to, so all rows are encoded again.
fn forget_time(index: &Path) -> f64 {
    let start = Instant::now();
    let mut writer = Writer::open(index, &model(), GRAPH_AT_ONCE).expect("it opens");
    let forgotten = writer.forget(&photo(0, Vec::new()).path);
    assert_eq!(forgotten.expect("it forgets").photos, 1);
    writer.publish().expect("it publishes");
    let compacted = writer
        .compact(&AtomicBool::new(false))
        .expect("it compacts");
    assert!(compacted.is_some());
    drop(writer);
    start.elapsed().as_secs_f64()
}

fn photo(row: u32, vector: Vec<f32>) -> NewPhoto {
    let mut content = [0; 32];
    for (at, part) in content.chunks_exact_mut(8).enumerate() {
        part.copy_from_slice(&hash(u64::from(row) * 4 + at as u64).to_le_bytes());
    }
    let (year, month) = (2005 + row / 50_000, row / 4000 % 12 + 1);
    NewPhoto {
        path: format!("/home/me/Pictures/{year}/{month:02}/IMG_{row:07}.jpg").into(),
        content,
        stamp: Stamp {
            size: 3_000_000 + hash(u64::from(row)) % 1_000_000,
            modified: 1_600_000_000_000_000_000 + i64::from(row) * 1_234_567_891,
            changed: 1_600_000_000_000_000_000 + i64::from(row) * 1_234_567_999,
            identity: u64::from(row) + 1_000_000,
        },
        facts: PhotoFacts {
            width: 4032,
            height: 3024,
            taken: Some(format!("{year}-{month:02}-17T12:34:56")),
            taken_seconds: Some(1_600_000_000 + i64::from(row)),
            camera: Some("Canon EOS 40D".into()),
            ..PhotoFacts::default()
        },
        vectors: vec![vector],
    }
}

fn model() -> ModelIdentity {
    ModelIdentity {
        name: "made".into(),
        fingerprint: "0".into(),
        dimension: DIMENSION,
        folder: None,
    }
}

fn line(what: &str, start: Instant) {
    println!("{what:<44}{:>10.3} ms", start.elapsed().as_secs_f64() * 1e3);
}

fn bytes_below(folder: &Path) -> f64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len() as f64,
            Err(_) => 0.0,
        })
        .sum()
}

/// A line of `/proc/self/status`, in MB; 0 on other systems.
fn resident(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    number.unwrap_or_default() / 1024.0
}
