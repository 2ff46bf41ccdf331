//! A whole query except its text tower.

use pixseek_index::{Filter, Phrase, Reader, RowFilter, SearchMode};
use pixseek_record::{Condition, Folder};
use std::time::Instant;

/// Measures filters, vectors among their rows, words, and reading the records of a page.
pub fn measure(reader: &Reader, texts: &[Vec<f32>]) {
    const DEPTH: usize = 256;
    const PAGE: usize = 20;
    let month = |months| Filter::Is(Condition::Month(months));
    let folder = Filter::In(Folder::Piece("2005/03".into()));
    for (name, filter) in [
        ("in a folder", folder),
        ("in a month of the year", month(6..=6)),
        ("in half of the year", month(1..=6)),
    ] {
        let mut parts = [0.0; 4];
        let mut passing_rows = 0;
        for text in texts {
            let mut start = Instant::now();
            let mut took = || {
                let seconds = start.elapsed().as_secs_f64();
                start = Instant::now();
                seconds * 1e3 / texts.len() as f64
            };
            let passing = reader.filter(&filter).expect("it filters");
            parts[0] += took();
            let phrases = ["2005", "march", "beach"].map(Phrase::from);
            let _ = reader
                .rank_words(&phrases, Some(&passing))
                .expect("it ranks");
            parts[1] += took();
            let among = RowFilter::Among(&passing.rows);
            let (found, _) = reader
                .nearest(text, DEPTH, SearchMode::Auto, among)
                .expect("it finds");
            parts[2] += took();
            for (row, _) in found.iter().take(PAGE) {
                let _ = reader
                    .photos_of(*row, Some(&passing))
                    .expect("it has records");
            }
            parts[3] += took();
            passing_rows = passing.rows.len();
        }
        let [filter, words, vectors, records] = parts;
        println!(
            "{:<44}{:>10.2} ms: filter {filter:.2}, words {words:.2}, vectors {vectors:.2}, records {records:.2}",
            format!("query {name}, {passing_rows} pass"),
            parts.iter().sum::<f64>()
        );
    }
}
