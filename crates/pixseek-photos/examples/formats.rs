//! Decodes every photo below some folders, one after another on one thread, and says how long each
//! format takes: photos and megapixels a second, from the file's bytes to upright RGB.
//!
//! ```sh
//! cargo run --release --package pixseek-photos --example formats -- ~/Pictures
//! cargo run --release --package pixseek-photos --example formats -- --list ~/Pictures
//! cargo run --release --package pixseek-photos --example formats -- --write /tmp/decoded ~/Pictures
//! ```
//!
//! `--list` prints a line for each file. `--write` writes each picture as PPM, named by its path with `/`
//! as `+`, for comparison with other decoders.

use pixseek_photos::{DecodeLimits, Format, PhotoFile, may_be_photo};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What one format took.
#[derive(Default)]
struct Sum {
    photos: u32,
    failures: u32,
    megapixels: f64,
    time: Duration,
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let is_list = arguments.next_if(|it| it == "--list").is_some();
    let is_written = arguments.next_if(|it| it == "--write").is_some();
    let written = is_written.then(|| arguments.next()).flatten();
    let mut files = Vec::new();
    for folder in arguments {
        collect(Path::new(&folder), &mut files)?;
    }
    let mut sums = BTreeMap::<&str, Sum>::new();
    for path in &files {
        let format = fs::read(path)
            .ok()
            .and_then(|bytes| Format::of_file(path, &bytes));
        let sum = sums
            .entry(format.map_or("unknown", Format::name))
            .or_default();
        let start = Instant::now();
        let decoded = PhotoFile::read(path, DecodeLimits::default()).and_then(|file| file.decode());
        let time = start.elapsed();
        let line = match &decoded {
            Ok(photo) => {
                let (width, height) = photo.image.dimensions();
                sum.photos += 1;
                sum.time += time;
                sum.megapixels += f64::from(width) * f64::from(height) / 1e6;
                format!("{width}x{height} {} ms", time.as_millis())
            }
            Err(failure) => {
                sum.failures += 1;
                format!(
                    "{:?}: {} ({} ms)",
                    failure.kind,
                    failure.reason,
                    time.as_millis()
                )
            }
        };
        if is_list {
            println!("{}: {line}", path.display());
        }
        if let (Some(folder), Ok(photo)) = (&written, &decoded) {
            let name = path.to_string_lossy().replace('/', "+") + ".ppm";
            let (width, height) = photo.image.dimensions();
            let header = format!("P6 {width} {height} 255\n").into_bytes();
            fs::write(
                Path::new(folder).join(name),
                [&header, photo.image.as_raw().as_slice()].concat(),
            )?;
        }
    }
    println!("format        photos failures photos/s megapixels/s");
    for (name, sum) in sums {
        let seconds = sum.time.as_secs_f64().max(1e-9);
        let (rate, megapixels) = (f64::from(sum.photos) / seconds, sum.megapixels / seconds);
        println!(
            "{name:<13} {:>6} {:>8} {rate:>8.2} {megapixels:>12.1}",
            sum.photos, sum.failures
        );
    }
    Ok(())
}

/// Adds the files below a folder that may be photos, in the order of their names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.extend(may_be_photo(path).then(|| path.to_owned()));
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for entry in entries {
        collect(&entry, files)?;
    }
    Ok(())
}
