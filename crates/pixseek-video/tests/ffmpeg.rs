//! Films beside ffmpeg: what it shows of them, and what it decodes that is not decoded here. Where it is
//! not installed, the tests are reported as ignored.

use image::RgbImage;
use libtest_mimic::{Arguments, Failed, Trial};
use pixseek_video::{Ffmpeg, Film, FilmLimits};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What is to hold where `ffmpeg` is installed.
type Test = fn(&Ffmpeg);

fn main() {
    let tests: [(&str, Test); 2] = [
        ("pictures_are_those_of_ffmpeg", pictures),
        ("other_codecs_are_decoded_by_ffmpeg", other_codecs),
    ];
    let ffmpeg = Ffmpeg::find();
    let trials = tests.into_iter().map(|(name, test)| {
        let is_ignored = ffmpeg.is_none();
        let ffmpeg = ffmpeg.clone();
        let run = move || {
            let ffmpeg = ffmpeg.ok_or("ffmpeg is not installed")?;
            test(&ffmpeg);
            Ok::<(), Failed>(())
        };
        Trial::test(name, run).with_ignored_flag(is_ignored)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn films() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/films")
}

/// The peak signal-to-noise ratio in dB.
fn psnr(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let squares: u64 = pairs
        .map(|(one, other)| u64::from(one.abs_diff(*other)).pow(2))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "small pictures")]
    let mean = squares.max(1) as f64 / one.as_raw().len() as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

/// The same frames at the same times, at half of their size: 54 to 60 dB with ffmpeg 5.1. At their whole
/// size ffmpeg's scaler puts colours a part of a pixel beside their place, so the unit tests hold whole
/// pictures against zimg.
fn pictures(ffmpeg: &Ffmpeg) {
    for name in [
        "baseline.mp4",
        "hevc.mp4",
        "hevc_10.mp4",
        "edited.mp4",
        "fragmented.mp4",
    ] {
        let path = films().join(name);
        let opened = File::open(&path).unwrap();
        let mut film = Film::open(opened, FilmLimits::default()).unwrap();
        for frame in film.key_frames().to_vec() {
            let own = film.decode(&frame, 48).unwrap();
            let time = own.time_ms.unwrap();
            let reference = ffmpeg.picture(&path, time, 48).unwrap();
            let psnr = psnr(&own.image, &reference);
            println!("{name} at {time} ms: {psnr:.1} dB");
            assert!(psnr > 38.0, "{name} at {time} ms: {psnr:.1} dB");
        }
    }
}

fn other_codecs(ffmpeg: &Ffmpeg) {
    // A name that ffmpeg would take for an option.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("-y.mp4");
    std::fs::copy(films().join("mpeg4.mp4"), &path).unwrap();
    let film = Film::open(File::open(&path).unwrap(), FilmLimits::default()).unwrap();
    assert!(!film.is_decoded_here());
    let last = film.key_frames().last().unwrap();
    let time = last.time_ms.unwrap();
    let whole = ffmpeg.picture(&path, time, 256).unwrap();
    assert_eq!(whole.dimensions(), (160, 96));
    let half = ffmpeg.picture(&path, time, 48).unwrap();
    assert_eq!(half.dimensions(), (80, 48));
    assert!(!pixseek_video::is_empty(&whole));
    let failure = ffmpeg.picture(&folder.path().join("missing.mp4"), 0, 256);
    assert_eq!(failure.unwrap_err().reason, "ffmpeg finds no picture in it");
}
