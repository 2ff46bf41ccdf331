//! Measures hnswlib, in Python.

use crate::Questions;
use crate::time::Rate;
use crate::vectors::Made;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Measures hnswlib on the same vectors, with the same recall for each kind of queries. Compares its
/// building with `ours`.
pub fn measure(folder: &Path, made: &Made, rows: u32, ours: Rate, questions: &[Questions]) {
    let write = |name: &str, vectors: &mut dyn Iterator<Item = Vec<Vec<f32>>>| {
        let file = std::fs::File::create(folder.join(name)).expect("it writes");
        let mut file = std::io::BufWriter::new(file);
        for x in vectors.flatten().flatten() {
            file.write_all(&x.to_le_bytes()).expect("it writes");
        }
    };
    for Questions { name, vectors, .. } in questions {
        write(
            &format!("{name}.f32"),
            &mut std::iter::once(vectors.clone()),
        );
    }
    let mut batches = (0..rows)
        .step_by(crate::BATCH as usize)
        .map(|from| made.images(from..rows.min(from + crate::BATCH)));
    write("rows.f32", &mut batches);
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    // Cargo runs benchmarks in their package's folder.
    let script = "benches/index/peer.py";
    let said = Command::new(python)
        .arg(script)
        .arg(folder)
        .arg(made.dimension().to_string())
        .args(
            questions
                .iter()
                .flat_map(|it| [it.name.to_string(), it.recall.to_string()]),
        )
        .output();
    match said {
        Ok(said) if said.status.success() => {
            let said = String::from_utf8_lossy(&said.stdout);
            print!("{said}");
            compare(&said, ours);
        }
        _ => println!("hnswlib: not here (pip install hnswlib numpy)"),
    }
}

/// Prints how many times faster `ours` is than the two rates in the first line.
fn compare(said: &str, ours: Rate) {
    let first = said.lines().next().unwrap_or_default();
    let mut rates = first
        .split_whitespace()
        .filter_map(|word| word.parse::<f64>().ok());
    if let (Some(elapsed), Some(processor)) = (rates.next(), rates.next()) {
        println!(
            "{:<44}{:>10.2} times hnswlib's rows/s, {:.2} times in processor time",
            "graph build",
            ours.rows_per_second / elapsed,
            ours.rows_per_processor_second / processor
        );
    }
}
