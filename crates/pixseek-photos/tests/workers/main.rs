//! Decoders that crash, hang, take all memory, lie or break out: each costs one failure, and a new
//! worker decodes the next file.
//!
//! This program is its own worker. Each file is a sound picture followed by a word, and the function
//! that decodes in the place of the real one does what the word says.

#[cfg(target_os = "linux")]
mod linux;
mod roles;

use image::{ImageFormat, Rgb, RgbImage};
use libtest_mimic::{Arguments, Failed, Trial};
use pixseek_photos::{
    Budget, DecodeLimits, Decoders, Failure, FailureKind, Photo, PhotoFile, Workers,
};
use std::ffi::OsString;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

/// The first argument of this program as a worker; the second is its role.
const WORKER: &str = "decode-worker";

/// The first argument of this program as a parent; the mark of its workers and a file follow.
const PARENT: &str = "parent";

/// Limits under which a worker has 20 seconds and 1.4 GB.
const LIMITS: DecodeLimits = DecodeLimits {
    pixels: 999_999,
    bytes: 1 << 20,
};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(WORKER) => return roles::work(&arguments.next().unwrap_or_default()),
        Some(PARENT) => return roles::be_parent(arguments),
        _ => {}
    }
    let faults = [
        fault(
            "a_decoder_that_aborts_is_one_failure",
            "abort",
            "its decoder crashed",
        ),
        fault(
            "a_decoder_that_overflows_its_stack_is_one_failure",
            "overflow",
            "its decoder crashed",
        ),
        fault(
            "a_decoder_that_exits_is_one_failure",
            "exit",
            "its decoder crashed",
        ),
        fault(
            "a_decoder_that_takes_100_gb_is_one_failure",
            "allocate",
            "its decoder needed more than 1098 MB",
        ),
        fault(
            "a_decoder_that_hangs_is_one_failure",
            "hang",
            "its decoder took more than 20 s",
        ),
    ];
    let others = [
        Trial::test("pixels_and_facts_come_through_unchanged", || {
            checked(unchanged)
        }),
        Trial::test("a_panic_is_a_failure_and_the_worker_stays", || {
            checked(panics)
        }),
        Trial::test("prints_of_a_decoder_are_no_answers", || checked(prints)),
        Trial::test("pictures_of_workers_share_the_budget", || {
            checked(shared_budget)
        }),
        Trial::test("garbage_is_no_answer", || checked(garbage)),
        Trial::test("a_reply_of_giant_length_is_refused", || checked(giant)),
        Trial::test("a_worker_that_ends_at_once_is_named", || {
            checked(ends_at_once)
        }),
        Trial::test("a_program_that_is_not_there_is_named", || {
            checked(not_there)
        }),
    ];
    let mut trials: Vec<Trial> = faults.into_iter().chain(others).collect();
    #[cfg(target_os = "linux")]
    trials.extend(linux::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A folder of files and the decoders of a run.
struct World {
    folder: tempfile::TempDir,
    /// An argument of the workers of this test and no others.
    mark: String,
    decoders: Decoders,
}

impl World {
    fn new(role: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().to_string_lossy().into_owned();
        let workers = Workers::for_all_formats(program, arguments_of(role, &mark));
        Self {
            folder,
            mark,
            decoders: Decoders {
                limits: LIMITS,
                budget: Budget::default(),
                workers: Some(workers),
            },
        }
    }

    /// A picture whose file ends with a word.
    fn file(&self, end: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{end}.png"));
        let mut bytes = Cursor::new(Vec::new());
        drawn().write_to(&mut bytes, ImageFormat::Png).unwrap();
        let mut bytes = bytes.into_inner();
        bytes.extend(end.as_bytes());
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn decode(&self, end: &str) -> Result<Photo, Failure> {
        decode(&self.file(end), &self.decoders)
    }

    /// Fails unless files are decoded.
    #[track_caller]
    fn goes_on(&self) {
        let photo = self.decode("sound").unwrap();
        assert_eq!(photo.image, drawn());
    }
}

fn arguments_of(role: &str, mark: &str) -> Vec<OsString> {
    [WORKER, role, mark].map(OsString::from).into()
}

fn decode(path: &Path, decoders: &Decoders) -> Result<Photo, Failure> {
    PhotoFile::read_within(path, decoders)?.decode()
}

fn drawn() -> RgbImage {
    RgbImage::from_fn(300, 200, |x, y| {
        Rgb([x, y, x * y].map(|value| u8::try_from(value % 256).unwrap()))
    })
}

/// A test of one file that ends its worker, between two that do not.
fn fault(name: &'static str, end: &'static str, reason: &'static str) -> Trial {
    Trial::test(name, move || {
        checked(|| {
            let world = World::new("misbehaves");
            world.goes_on();
            let failure = world.decode(end).err().unwrap();
            assert_eq!(failure.kind, FailureKind::DecoderFailed);
            assert_eq!(failure.reason, reason);
            world.goes_on();
        })
    })
}

/// Turns a panic into the failure of a test.
fn checked(test: impl Fn() + std::panic::UnwindSafe) -> Result<(), Failed> {
    std::panic::catch_unwind(test).map_err(|_| Failed::from("see the message above"))
}

fn unchanged() {
    let world = World::new("sound");
    let path = world.file("");
    let here = PhotoFile::read(&path, LIMITS).unwrap();
    let isolated = PhotoFile::read_within(&path, &world.decoders).unwrap();
    let (expected, photo) = (here.decode().unwrap(), isolated.decode().unwrap());
    assert_eq!(photo.image, expected.image);
    assert_eq!(photo.facts, expected.facts);
    assert!((photo.scale - expected.scale).abs() < f64::EPSILON);
    assert_eq!(isolated.facts().unwrap(), here.facts().unwrap());
    // A failure comes through, too.
    std::fs::write(&path, "no picture").unwrap();
    let here = PhotoFile::read(&path, LIMITS).unwrap();
    let isolated = PhotoFile::read_within(&path, &world.decoders).unwrap();
    assert_eq!(isolated.decode().err(), here.decode().err());
}

fn panics() {
    let world = World::new("misbehaves");
    let failure = world.decode("panic").err().unwrap();
    assert_eq!(failure.kind, FailureKind::Corrupt);
    assert_eq!(failure.reason, "its decoder gave up on it");
    world.goes_on();
}

fn prints() {
    let world = World::new("misbehaves");
    assert_eq!(world.decode("print").unwrap().image, drawn());
}

/// Two pictures of this size are larger than the whole budget, so that one is in memory at a time.
fn shared_budget() {
    const SIDE: u32 = 6000;
    const BUDGET: u64 = 192 << 20;
    let mut world = World::new("sound");
    world.decoders.limits = DecodeLimits::default();
    let path = world.folder.path().join("large.png");
    let large = RgbImage::from_pixel(SIDE, SIDE, Rgb([1, 2, 3]));
    large.save(&path).unwrap();
    let bytes = large.as_raw().len() as u64;
    let in_memory = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let photo = decode(&path, &world.decoders).unwrap();
                let before = in_memory.fetch_add(bytes, Ordering::SeqCst);
                assert!(
                    before + bytes <= BUDGET,
                    "{before} bytes beside this picture"
                );
                in_memory.fetch_sub(bytes, Ordering::SeqCst);
                drop(photo);
            });
        }
    });
}

fn garbage() {
    check_start(
        "garbage",
        "no decoder could be started: its decoder gave no valid answer",
    );
}

fn giant() {
    check_start(
        "giant",
        "no decoder could be started: its decoder gave no valid answer",
    );
}

fn ends_at_once() {
    check_start(
        "nothing",
        "no decoder could be started: its decoder crashed",
    );
}

#[track_caller]
fn check_start(role: &str, reason: &str) {
    let failure = World::new(role).decode("sound").err().unwrap();
    assert_eq!(failure.kind, FailureKind::Interrupted);
    assert_eq!(failure.reason, reason);
}

fn not_there() {
    let mut world = World::new("sound");
    let program = "/no/such/program".into();
    world.decoders.workers = Some(Workers::for_all_formats(program, Vec::new()));
    let failure = world.decode("sound").err().unwrap();
    assert_eq!(failure.kind, FailureKind::Interrupted);
    let said = "its decoder cannot be started";
    assert!(failure.reason.starts_with(said), "{}", failure.reason);
}
