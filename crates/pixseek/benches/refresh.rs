//! Compares `pixseek index` over many unchanged files with `find` over the same files.
//!
//! `cargo bench --bench refresh -- 100000`
//!
//! The files are copies of one picture, so that the first run encodes only one. Both programs then
//! look at every file three times in turn, and the benchmark prints the best time of each.

#![allow(missing_docs, reason = "a program that prints measurements")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const FOLDER_OF: usize = 500;
const ROUNDS: usize = 5;

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    for files in if sizes.is_empty() {
        vec![10_000]
    } else {
        sizes
    } {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let photos = folder.path().join("photos");
        make(&photos, files);
        let index = |name: &str| {
            let start = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_pixseek"))
                .args(["--device", "cpu", "--quiet", "--index-dir"])
                .arg(folder.path().join("index"))
                .arg("index")
                .arg(&photos)
                .status()
                .expect("pixseek runs");
            assert!(status.success(), "{name}");
            start.elapsed().as_secs_f64()
        };
        println!("{files} files: first run {:.2} s", index("first"));
        let find = || {
            let start = Instant::now();
            let status = Command::new("find")
                .arg(&photos)
                .args(["-printf", "%T@ %s %p\\n"])
                .stdout(Stdio::null())
                .status()
                .expect("find runs");
            assert!(status.success());
            start.elapsed().as_secs_f64()
        };
        let mut best = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            best = (best.0.min(index("refresh")), best.1.min(find()));
        }
        let (refresh, find) = best;
        println!(
            "refresh {refresh:.3} s, find {find:.3} s, ratio {:.2}",
            refresh / find
        );
    }
}

fn make(photos: &Path, files: usize) {
    let picture = image::RgbImage::from_fn(32, 32, |x, y| {
        image::Rgb([
            u8::try_from(x * 8).unwrap_or(0),
            u8::try_from(y * 8).unwrap_or(0),
            99,
        ])
    });
    for number in 0..files {
        let folder = photos.join(format!("{:04}", number / FOLDER_OF));
        if number % FOLDER_OF == 0 {
            std::fs::create_dir_all(&folder).expect("a folder");
        }
        let path = folder.join(format!("IMG_{number:06}.png"));
        if number == 0 {
            picture.save(&path).expect("a picture");
        } else {
            std::fs::copy(photos.join("0000/IMG_000000.png"), path).expect("a copy");
        }
    }
}
