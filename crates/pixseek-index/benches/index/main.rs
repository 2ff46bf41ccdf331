//! Measures building, searching, scanning, filtering and opening at any size, and hnswlib beside it
//! if Python has it.
//!
//! `cargo bench --bench index -- 10000 100000 1000000`, and `--graph --dimension=384 100000` for the
//! graph alone.
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

mod library;
mod options;
mod peer;
mod queries;
mod time;
mod vectors;

use library::{model, photo};
use options::Options;
use pixseek_index::{
    Batch, KeepRows, Manifest, Reader, Route, RowFilter, RowId, RowSet, SearchMode, Writer,
    WriterOptions, remake,
};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use time::{Rate, Stopwatch};
use vectors::{Made, describe, hash};

/// `SEARCH INDEX`: the time and memory of a search in a new process.
const SEARCH: &str = "--search";
const QUERIES: u64 = 200;
const K: usize = 10;
const BATCH: u32 = 4096;
/// Photos that are added to the built index.
const FRESH: u32 = 1000;
/// A run publishes every half minute.
const PUBLISHED: u32 = 2 * BATCH;

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != SEARCH);
    if let (Some(_), Some(index)) = (arguments.next(), arguments.next()) {
        return in_a_new_process(Path::new(&index));
    }
    let options = Options::of_process();
    for size in &options.sizes {
        println!("\n== {size} rows of {}", options.dimension);
        if options.is_graph_only {
            measure_graph(&options, *size);
        } else {
            measure(&options, *size);
        }
    }
}

/// Measures building and searching the graph, and hnswlib.
fn measure_graph(options: &Options, rows: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = folder.path().join("index");
    let made = Made::new(rows, options.dimension);
    fill(&index, &made, 0..rows, options);
    let rate = graph(&index, rows, options);
    let reader = Reader::open(&index).expect("it opens");
    let texts = made.texts(QUERIES);
    let questions = walks(&reader, &made, &texts, rows);
    peer::measure(folder.path(), &made, rows, rate, &questions);
}

fn measure(options: &Options, rows: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = folder.path().join("index");
    let made = Made::new(rows, options.dimension);
    let texts = made.texts(QUERIES);
    describe(&made.images(0..1000.min(rows)), &texts);
    fill(&index, &made, 0..rows, options);
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

    let rate = graph(&index, rows, options);
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
    let questions = walks(&reader, &made, &texts, rows);
    filtered(&reader, &texts, rows);
    drop(reader);
    let growth = fill_time(&index, &made, rows, options);
    println!("{:<44}{growth:>10.2} s", "1,000 more photos, published");
    let forgotten = forget_time(&index, options);
    println!(
        "{:<44}{forgotten:>10.2} s",
        "one photo forgotten and erased"
    );
    peer::measure(folder.path(), &made, rows, rate, &questions);
}

/// Queries of one kind, and the recall that hnswlib must reach with them.
struct Questions {
    name: &'static str,
    vectors: Vec<Vec<f32>>,
    recall: f64,
}

/// Measures walks for texts, for photos of the library and for others. Texts are compared with
/// hnswlib at a beam of 256, photos at 96.
fn walks(reader: &Reader, made: &Made, texts: &[Vec<f32>], rows: u32) -> [Questions; 3] {
    let others = rows + FRESH..rows + FRESH + QUERIES as u32;
    let kinds = [
        ("texts", texts.to_vec(), &[64, 96, 128, 512, 1024, 256][..]),
        ("photos", made.images(0..QUERIES as u32), &[32, 64, 96]),
        ("other photos", made.images(others), &[32, 64, 96]),
    ];
    kinds.map(|(name, vectors, beams)| {
        println!("queries that are {name}:");
        let oracle: Vec<_> = vectors.iter().map(|query| exact(reader, query)).collect();
        let recalls = beams
            .iter()
            .map(|ef| search(reader, &vectors, &oracle, *ef));
        let recall = recalls.last().expect("there are beams");
        Questions {
            name,
            vectors,
            recall,
        }
    })
}

fn in_a_new_process(index: &Path) {
    let manifest = Manifest::read(index).expect("it has a manifest");
    let rows = manifest.rows;
    let made = Made::new(rows, manifest.model.dimension);
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

fn graph(index: &Path, rows: u32, options: &Options) -> Rate {
    let mut writer = Writer::open(index, &model(options), options.writer()).expect("it opens");
    let start = Stopwatch::start();
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
    let rate = start.rate(rows);
    println!(
        "{:<44}{:>10.0} rows/s, {:.0} a processor second, peak {:.0} MB",
        format!("graph build, all threads, {:?}", options.builder),
        rate.rows_per_second,
        rate.rows_per_processor_second,
        resident("VmHWM")
    );
    rate
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

fn fill(index: &Path, made: &Made, rows: std::ops::Range<u32>, options: &Options) {
    let mut writer = Writer::open(index, &model(options), options.writer()).expect("it opens");
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
fn fill_time(index: &Path, made: &Made, rows: u32, options: &Options) -> f64 {
    let start = Instant::now();
    fill(index, made, rows..rows + FRESH, options);
    start.elapsed().as_secs_f64()
}

/// Measures opening, forgetting one photo, publishing, erasing and closing. The photo is one of
/// those that the codec was fitted to, so all rows are encoded again.
fn forget_time(index: &Path, options: &Options) -> f64 {
    let start = Instant::now();
    let mut writer = Writer::open(index, &model(options), options.writer()).expect("it opens");
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
