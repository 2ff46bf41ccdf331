//! Measures hnswlib, in Python.

use crate::vectors::{DIMENSION, Made};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Measures hnswlib on the same vectors, with the same recall for each kind of queries.
pub fn measure(folder: &Path, made: &Made, rows: u32, questions: &[(&str, Vec<Vec<f32>>, f64)]) {
    let write = |name: &str, vectors: &mut dyn Iterator<Item = Vec<Vec<f32>>>| {
        let file = std::fs::File::create(folder.join(name)).expect("it writes");
        let mut file = std::io::BufWriter::new(file);
        for x in vectors.flatten().flatten() {
            file.write_all(&x.to_le_bytes()).expect("it writes");
        }
    };
    for (name, queries, _) in questions {
        write(
            &format!("{name}.f32"),
            &mut std::iter::once(queries.clone()),
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
        .arg(DIMENSION.to_string())
        .args(
            questions
                .iter()
                .flat_map(|(name, _, recall)| [name.to_string(), recall.to_string()]),
        )
        .output();
    match said {
        Ok(said) if said.status.success() => print!("{}", String::from_utf8_lossy(&said.stdout)),
        _ => println!("hnswlib: not here (pip install hnswlib numpy)"),
    }
}
