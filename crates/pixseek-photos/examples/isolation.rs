//! What decoding in worker processes costs: photos a second in the process, with workers for the
//! formats that need them (as an index run has them), and with workers for all formats.
//!
//! ```text
//! cargo run --release --example isolation -- FOLDER
//! ```
//!
//! Each way decodes all photos of the folder on all cores, in turn, five times; the best counts. On a
//! busy machine measure processor time instead, which counts the workers', too: name one of `here`,
//! `some` and `all` behind the folder and run it under `time`.

use pixseek_photos::{Decoders, PhotoFile, Walk, WalkItem, WalkOptions, Workers, serve};
use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The argument that makes this program a worker of itself.
const WORKER: &str = "decode-worker";

/// Rounds of each way.
const ROUNDS: usize = 5;

/// The side in pixels that models look at.
const SIDE: u32 = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args_os()
        .nth(1)
        .ok_or("name a folder of photos")?;
    if argument == WORKER {
        return Ok(serve()?);
    }
    let walk = Walk::new(argument.as_ref(), &WalkOptions::default())?;
    let files: Vec<PathBuf> = walk
        .filter_map(|item| match item {
            WalkItem::File(seen) => Some(seen.path),
            WalkItem::Error(_) => None,
        })
        .collect();
    let program = std::env::current_exe()?;
    let arguments = vec![WORKER.into()];
    let some = Workers::new(program.clone(), arguments.clone());
    let all = Workers::for_all_formats(program, arguments);
    let mut ways = vec![
        ("here", "in the process", None),
        ("some", "workers for what needs them", Some(some)),
        ("all", "workers for all formats", Some(all)),
    ];
    if let Some(way) = std::env::args().nth(2) {
        ways.retain(|(name, ..)| *name == way);
    }
    let ways: Vec<_> = ways
        .into_iter()
        .map(|(_, name, workers)| {
            let decoders = Decoders {
                workers,
                ..Decoders::default()
            };
            (name, decoders)
        })
        .collect();
    let mut best = vec![Duration::MAX; ways.len()];
    let mut photos = vec![0; ways.len()];
    for _ in 0..ROUNDS {
        for (at, (_, decoders)) in ways.iter().enumerate() {
            let start = Instant::now();
            photos[at] = decode_all(&files, decoders);
            best[at] = best[at].min(start.elapsed());
        }
    }
    println!("{} files, {} photos", files.len(), photos[0]);
    if photos.iter().any(|count| *count != photos[0]) {
        return Err(format!("the ways decode different numbers of photos: {photos:?}").into());
    }
    for ((name, _), time) in ways.iter().zip(&best) {
        #[expect(clippy::cast_precision_loss, reason = "a folder of photos")]
        let rate = photos[0] as f64 / time.as_secs_f64();
        let ratio = best[0].as_secs_f64() / time.as_secs_f64();
        println!("{name:<28} {rate:8.1} photos/s  {ratio:.3}");
    }
    Ok(())
}

/// Decodes the files on all cores and counts the photos.
fn decode_all(files: &[PathBuf], decoders: &Decoders) -> usize {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, photos) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let decoded = PhotoFile::read_within(path, decoders)
                        .and_then(|file| file.decode_at_least(SIDE));
                    photos.fetch_add(usize::from(decoded.is_ok()), Ordering::Relaxed);
                }
            });
        }
    });
    photos.into_inner()
}
