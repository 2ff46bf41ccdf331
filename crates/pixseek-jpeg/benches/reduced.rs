//! Photos at an eighth, a quarter and a half of their size, beside jpeg-decoder's scaling, beside
//! zune-jpeg, which decodes them whole, and beside Pillow's draft mode (libjpeg-turbo) where python3
//! has it: `cargo bench --bench reduced -- baseline.jpg progressive.jpg`.
//!
//! The decoders take turns, and each figure is the median of their processor times, so that other
//! programs on the machine disturb the ratios little.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides of JPEGs have 16 bits, and files are small"
)]

use pixseek_jpeg::{Coding, Frame, Scale};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;

const ROUNDS: usize = 15;

/// Prints the medians of Pillow's processor times in seconds, at an eighth, a quarter and a half.
const PILLOW: &str = "
import io, sys, time
from PIL import Image
data = open(sys.argv[1], 'rb').read()
for part in (8, 4, 2):
    times = []
    for _ in range(int(sys.argv[2])):
        start = time.process_time()
        photo = Image.open(io.BytesIO(data))
        photo.draft('RGB', [side // part for side in photo.size])
        photo.load()
        times.append(time.process_time() - start)
    print(sorted(times)[len(times) // 2])
";

fn main() {
    let arguments = std::env::args().skip(1).map(PathBuf::from);
    let photos: Vec<_> = arguments.filter(|path| path.is_file()).collect();
    if photos.is_empty() {
        eprintln!("reduced: skipped, no photo is named: cargo bench --bench reduced -- photo.jpg");
    }
    for photo in photos {
        compare(&photo);
    }
}

fn compare(photo: &Path) {
    let bytes = std::fs::read(photo).expect("the photo can be read");
    let frame = Frame::read(&bytes).expect("a JPEG that can be reduced");
    let coding = Coding::of(&bytes).expect("a JPEG");
    let (width, height) = frame.size();
    let megabytes = bytes.len() as f64 / 1e6;
    println!(
        "{} ({coding:?}, {width} x {height}, {megabytes:.1} MB)",
        photo.display()
    );
    println!("                 an eighth              a quarter              a half");
    let mut times = [const { [const { Vec::new() }; 3] }; 3];
    for _ in 0..ROUNDS {
        for (at, scale) in Scale::ALL.into_iter().enumerate() {
            times[0][at].push(time(|| {
                let image = Frame::read(black_box(&bytes)).and_then(|frame| frame.decode(scale));
                image.expect("a whole photo")
            }));
            times[1][at].push(time(|| {
                let mut decoder = jpeg_decoder::Decoder::new(black_box(&bytes[..]));
                let part = |side: usize| (side as f64 * scale.factor()).ceil() as u16;
                let size = decoder.scale(part(width), part(height));
                size.expect("a size that it knows");
                decoder.decode().expect("a whole photo")
            }));
            times[2][at].push(time(|| {
                let mut decoder = JpegDecoder::new(ZCursor::new(black_box(&bytes)));
                decoder.decode().expect("a whole photo")
            }));
        }
    }
    let mut rows = times
        .map(|row| row.map(|times| median(times).as_secs_f64()))
        .to_vec();
    rows.insert(2, pillow(photo).unwrap_or([f64::NAN; 3]));
    let names = [
        "pixseek",
        "jpeg-decoder",
        "Pillow's draft",
        "zune-jpeg whole",
    ];
    for (name, row) in names.into_iter().zip(&rows) {
        print!("{name:<15}");
        for (seconds, whole) in row.iter().zip(rows[3]) {
            print!("  {:6.1} photos/s {:4.1}x", 1.0 / seconds, whole / seconds);
        }
        println!();
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = (Instant::now(), processor_time());
    black_box(work());
    match (start.1, processor_time()) {
        (Some(start), Some(end)) => end.saturating_sub(start),
        _ => start.0.elapsed(),
    }
}

/// The processor time of this thread, where Linux tells.
fn processor_time() -> Option<Duration> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = statistics.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn pillow(photo: &Path) -> Option<[f64; 3]> {
    let mut python = Command::new("python3");
    python
        .args(["-c", PILLOW])
        .arg(photo)
        .arg(ROUNDS.to_string());
    let output = python
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let printed = String::from_utf8(output.stdout).ok()?;
    let seconds = printed.lines().map(str::parse);
    seconds.collect::<Result<Vec<_>, _>>().ok()?.try_into().ok()
}
