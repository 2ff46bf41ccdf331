//! Do damaged files end as photos or failures, in bounded time and memory?
//!
//! `cargo run --release --package pixseek-photos --example fuzz -- [SECONDS] [SEEDS] [KEEP]` damages the
//! samples of this workspace, small pictures of the other formats, and the files below the folder SEEDS.
//! It decodes them in this process, format by format, for SECONDS of the processor in all (60 by
//! default). It prints a line for each format. It ends with 1 if a decoder of this workspace panicked, or
//! if an input took more than two seconds of the processor or 600 MB. Such inputs are written into the
//! folder KEEP if there is one.
//!
//! The crate is built with overflow checks, also for releases; other crates are if
//! `CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true` says so. `PIXSEEK_RAW_FILES=folder` lets the tests write
//! seeds for raw files (`camera_raw/tests.rs`).

mod damage;
mod png;
mod seeds;
mod taken;

use damage::Random;
use pixseek_photos::{DecodeLimits, PhotoFile};
use seeds::{Seed, Target};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What an input may take.
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: u64 = 600 << 20;

/// After this time an input counts as one that hangs, and the program ends.
const HANGS: Duration = Duration::from_mins(1);

/// The memory of an input that takes longer is looked at at once.
const ASKS: Duration = Duration::from_millis(20);

/// Pixels along the shorter side that a model wants.
const SIDE: u32 = 224;

/// A size that damage has made larger would cost the time of a large picture. It takes no more
/// code than that of a small one.
const LIMITS: DecodeLimits = DecodeLimits {
    pixels: 4_000_000,
    bytes: 1 << 30,
};

/// Panics since the program began. Decoders' panics are caught and become failures, so only the hook
/// sees them.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Those of them in this workspace's own code, which are mistakes. A panic in a library is caught and is
/// a failure of its file, as everywhere.
static OWN_PANICS: AtomicU64 = AtomicU64::new(0);

/// The input in work.
static INPUT: Mutex<Option<Input>> = Mutex::new(None);

/// A damaged file, and when its decoding began.
struct Input {
    /// The damaged file's name, with its format and number in front.
    name: String,
    bytes: Vec<u8>,
    begun: Instant,
}

/// What was seen of a format.
#[derive(Default)]
struct Seen {
    inputs: u64,
    photos: u64,
    panics: u64,
    slowest: Duration,
    /// Bytes by which an input, or at most 64 small ones, made the process grow.
    memory: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let seconds = match arguments.next() {
        Some(seconds) => seconds.to_str().ok_or("how many seconds?")?.parse()?,
        None => 60,
    };
    let folder = arguments.next().map(PathBuf::from);
    let keep = arguments.next().map(PathBuf::from);
    let targets = seeds::targets(folder.as_deref())?;
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        let is_own = panic
            .location()
            .is_some_and(|place| place.file().starts_with("crates/"));
        OWN_PANICS.fetch_add(u64::from(is_own), Ordering::SeqCst);
        eprintln!("{panic}");
    }));
    if let Some(keep) = &keep {
        std::fs::create_dir_all(keep)?;
    }
    watch(keep.clone());
    let share = Duration::from_secs(seconds) / u32::try_from(targets.len())?;
    println!("format        seeds    inputs    photos  failures  panics  slowest  memory");
    let mut is_bad = false;
    for target in &targets {
        let seen = fuzz(target, share, keep.as_deref())?;
        println!(
            "{:12} {:6} {:9} {:9} {:9} {:7} {:6.2} s {:4} MB",
            target.format,
            target.seeds.len(),
            seen.inputs,
            seen.photos,
            seen.inputs - seen.photos,
            seen.panics,
            seen.slowest.as_secs_f64(),
            seen.memory >> 20,
        );
        is_bad |= seen.slowest > MOST_TIME || seen.memory > MOST_MEMORY;
    }
    if is_bad || OWN_PANICS.load(Ordering::SeqCst) > 0 {
        return Err(
            "a decoder of this workspace panicked, or one was slow or took much memory".into(),
        );
    }
    Ok(())
}

/// Ends the program if an input takes too long.
fn watch(keep: Option<PathBuf>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(input) = input.as_ref().filter(|it| it.begun.elapsed() > HANGS) {
                eprintln!("{} takes more than a minute", input.name);
                if let Some(keep) = keep {
                    let _ = std::fs::write(keep.join(&input.name), &input.bytes);
                }
                std::process::exit(1);
            }
        }
    });
}

/// Decodes damaged seeds of one format for some time.
fn fuzz(target: &Target, time: Duration, keep: Option<&Path>) -> Result<Seen, Box<dyn Error>> {
    let mut random = Random::new(target.format);
    let mut seen = Seen::default();
    let mut before = taken::reset_peak();
    let end = taken::processor_time() + time;
    while taken::processor_time() < end {
        let whole = &target.seeds[random.below(target.seeds.len())];
        let bytes = damaged(whole, target, &mut random);
        let panics = PANICS.load(Ordering::SeqCst);
        let own_panics = OWN_PANICS.load(Ordering::SeqCst);
        let name = format!("{}-{}-{}", target.format, seen.inputs, whole.name).replace(' ', "-");
        let begun = taken::processor_time();
        set_input(Some(Input {
            name: name.clone(),
            bytes: bytes.clone(),
            begun: Instant::now(),
        }));
        // The name counts for raw files, films and TGA.
        let is_photo = decode(Path::new(&whole.name), bytes.clone(), random.below(4) == 0);
        set_input(None);
        let took = taken::processor_time().saturating_sub(begun);
        let panics = PANICS.load(Ordering::SeqCst) - panics;
        seen.inputs += 1;
        seen.photos += u64::from(is_photo);
        seen.panics += panics;
        seen.slowest = seen.slowest.max(took);
        let mut is_bad = OWN_PANICS.load(Ordering::SeqCst) > own_panics || took > MOST_TIME;
        // To ask the system takes longer than a small picture. What takes much memory takes a while.
        if took > ASKS || seen.inputs.is_multiple_of(64) {
            let grew = taken::peak().saturating_sub(before);
            seen.memory = seen.memory.max(grew);
            is_bad |= grew > MOST_MEMORY;
            before = taken::reset_peak();
        }
        if let Some(keep) = keep.filter(|_| is_bad) {
            std::fs::write(keep.join(name), &bytes)?;
        }
    }
    Ok(seen)
}

fn set_input(input: Option<Input>) {
    *INPUT.lock().unwrap_or_else(PoisonError::into_inner) = input;
}

fn damaged(seed: &Seed, target: &Target, random: &mut Random) -> Vec<u8> {
    let other = &target.seeds[random.below(target.seeds.len())];
    let mut bytes = seed.bytes.clone();
    random.damage(&mut bytes, &other.bytes);
    // Damage that every checksum notices would never reach the pixels.
    if random.below(8) > 0 {
        png::mend_checksums(&mut bytes);
    }
    bytes
}

/// Reads facts and pixels as an index run does, sometimes all pixels.
fn decode(name: &Path, bytes: Vec<u8>, whole: bool) -> bool {
    let Ok(file) = PhotoFile::of_bytes(name, bytes, LIMITS) else {
        return false;
    };
    let facts = file.facts();
    let side = if whole { u32::MAX } else { SIDE };
    file.decode_at_least(side).is_ok() && facts.is_ok()
}
