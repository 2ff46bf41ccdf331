//! Do damaged files end as photos or failures, in bounded time and memory?
//!
//! `cargo run --release --package pixseek-photos --example fuzz -- SEEDS [SECONDS] [KEEP]` damages
//! the files below the folder SEEDS and decodes them in this process, format by format, for SECONDS in
//! all (60 by default). It prints a line for each format and ends with 1 if a decoder panicked, took more
//! than two seconds, or grew the process by more than 600 MB. The inputs that did so are written
//! into the folder KEEP if there is one. The crate is built with overflow checks, also for releases; other
//! crates are if `CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true` says so.
//!
//! The files of `PIXSEEK_RAW_FILES` (`camera_raw/tests.rs`) are seeds for raw files.

mod damage;
mod seeds;

use damage::Random;
use pixseek_photos::{DecodeLimits, PhotoFile};
use seeds::Target;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What an input may take.
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: u64 = 600 << 20;

/// After this time an input counts as one that hangs, and the program ends.
const HANGS: Duration = Duration::from_secs(60);

/// Pixels along the shorter side that a model wants.
const SIDE: u32 = 224;

/// Panics since the program began. Decoders' panics are caught and become failures, so only the hook
/// sees them.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// When the input in work was begun, in milliseconds since the program began.
static BEGUN: AtomicU64 = AtomicU64::new(u64::MAX);

/// What was seen of a format.
#[derive(Default)]
struct Seen {
    inputs: u64,
    photos: u64,
    failures: u64,
    panics: u64,
    slowest: Duration,
    /// Bytes by which the process grew for one input, at most.
    memory: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("which folder has the seeds?")?;
    let seconds = match arguments.next() {
        Some(seconds) => seconds.to_str().ok_or("how many seconds?")?.parse()?,
        None => 60,
    };
    let keep = arguments.next().map(PathBuf::from);
    let targets = seeds::targets(Path::new(&folder))?;
    if targets.is_empty() {
        return Err("no file below it has a format that is decoded".into());
    }
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        eprintln!("{panic}");
    }));
    let start = Instant::now();
    watch(start);
    let share = Duration::from_secs(seconds) / u32::try_from(targets.len())?;
    println!("format        seeds    inputs    photos  failures  panics  slowest  memory");
    let mut is_bad = false;
    for target in &targets {
        let seen = fuzz(target, share, start, keep.as_deref())?;
        println!(
            "{:12} {:6} {:9} {:9} {:9} {:7} {:6.2} s {:4} MB",
            target.format,
            target.seeds.len(),
            seen.inputs,
            seen.photos,
            seen.failures,
            seen.panics,
            seen.slowest.as_secs_f64(),
            seen.memory >> 20,
        );
        is_bad |= seen.panics > 0 || seen.slowest > MOST_TIME || seen.memory > MOST_MEMORY;
    }
    if is_bad {
        return Err("a decoder panicked, was slow, or took much memory".into());
    }
    Ok(())
}

/// Ends the program if an input takes too long. The input is then still in the temporary folder.
fn watch(start: Instant) {
    std::thread::spawn(move || {
        while !hangs(start) {
            std::thread::sleep(Duration::from_secs(1));
        }
        eprintln!("an input takes more than a minute");
        std::process::exit(1);
    });
}

fn hangs(start: Instant) -> bool {
    let begun = Duration::from_millis(BEGUN.load(Ordering::SeqCst));
    start.elapsed().saturating_sub(begun) > HANGS
}

/// Decodes damaged seeds of one format for some time.
fn fuzz(
    target: &Target,
    time: Duration,
    start: Instant,
    keep: Option<&Path>,
) -> Result<Seen, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut random = Random::new(target.format);
    let mut seen = Seen::default();
    let end = Instant::now() + time;
    while Instant::now() < end {
        let seed = &target.seeds[random.below(target.seeds.len())];
        let other = &target.seeds[random.below(target.seeds.len())];
        let mut bytes = seed.bytes.clone();
        random.damage(&mut bytes, &other.bytes);
        // The name counts for raw files.
        let path = folder.path().join(&seed.name);
        std::fs::write(&path, &bytes)?;
        let before = (PANICS.load(Ordering::SeqCst), reset_peak());
        let begun = Instant::now();
        let since_start = begun.duration_since(start).as_millis();
        BEGUN.store(u64::try_from(since_start)?, Ordering::SeqCst);
        let is_photo = decode(&path, random.below(4) == 0);
        BEGUN.store(u64::MAX, Ordering::SeqCst);
        let took = begun.elapsed();
        let panics = PANICS.load(Ordering::SeqCst) - before.0;
        let grew = peak().saturating_sub(before.1);
        seen.inputs += 1;
        seen.photos += u64::from(is_photo);
        seen.failures += u64::from(!is_photo);
        seen.panics += panics;
        seen.slowest = seen.slowest.max(took);
        seen.memory = seen.memory.max(grew);
        let is_bad = panics > 0 || took > MOST_TIME || grew > MOST_MEMORY;
        if let Some(keep) = keep.filter(|_| is_bad) {
            std::fs::create_dir_all(keep)?;
            let name = format!("{}-{}-{}", target.format, seen.inputs, seed.name);
            std::fs::write(keep.join(name.replace(' ', "-")), &bytes)?;
        }
        std::fs::remove_file(&path)?;
    }
    Ok(seen)
}

/// Reads facts and pixels as an index run does, sometimes all pixels.
fn decode(path: &Path, whole: bool) -> bool {
    let Ok(file) = PhotoFile::read(path, DecodeLimits::default()) else {
        return false;
    };
    let facts = file.facts();
    let side = if whole { u32::MAX } else { SIDE };
    file.decode_at_least(side).is_ok() && facts.is_ok()
}

/// Sets the peak of used memory to what is used now, and returns that; 0 where the system cannot.
fn reset_peak() -> u64 {
    // Where the kernel refuses this, only a new peak is seen.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    peak()
}

/// The peak of used memory in bytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024
}
