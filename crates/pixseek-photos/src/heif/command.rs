//! HEVC without a decoder of this program's: by programs on the PATH, for those who package it without.

use super::transform::Picture;
use crate::decoder::corrupt;
use crate::{Failure, FailureKind};
use image::{GrayImage, ImageFormat, ImageReader, Limits, Luma};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The programs and what they are told: a HEIC becomes a PNG, upright. The folder is the current one, so
/// that names cannot be taken for options.
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("heif-dec", &["photo.heic", "photo.png"]),
    ("heif-convert", &["photo.heic", "photo.png"]),
    (
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            "photo.heic",
            "-frames:v",
            "1",
            "photo.png",
        ],
    ),
];

/// A program that takes longer is ended.
const DEADLINE: Duration = Duration::from_mins(1);
/// How often it is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// Bytes that decoding a PNG takes beside its pixels.
const OVERHEAD: u64 = 64 << 20;

/// Decodes a file to a picture of this size by the first program that there is.
///
/// # Errors
///
/// When there is no program, or when it fails.
pub(super) fn decode(bytes: &[u8], [width, height]: [u32; 2]) -> Result<Picture, Failure> {
    let failed = |error: std::io::Error| Failure::new(FailureKind::Unreadable, error.to_string());
    // For the user alone, and removed at the end.
    let folder = tempfile::tempdir().map_err(failed)?;
    fs::write(folder.path().join("photo.heic"), bytes).map_err(failed)?;
    let Some(result) = PROGRAMS
        .iter()
        .find_map(|(program, arguments)| run(program, arguments, folder.path()))
    else {
        let reason = "HEIC needs heif-dec, heif-convert or ffmpeg, and none is installed";
        return Err(Failure::new(FailureKind::Unsupported, reason));
    };
    result?;
    // Of several pictures in a file, libheif's programs number all.
    let written = ["photo.png", "photo-1.png"].map(|name| folder.path().join(name));
    let mut readers = written
        .iter()
        .filter_map(|path| ImageReader::open(path).ok());
    let mut reader = readers.next().ok_or_else(|| corrupt("no picture in it"))?;
    reader.set_format(ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(width);
    limits.max_image_height = Some(height);
    limits.max_alloc = Some(u64::from(width) * u64::from(height) * 8 + OVERHEAD);
    reader.limits(limits);
    let image = reader
        .decode()
        .map_err(|error| corrupt(error.to_string()))?;
    let opacity = image.color().has_alpha().then(|| {
        let pixels = image.to_rgba8();
        GrayImage::from_fn(image.width(), image.height(), |x, y| {
            Luma([pixels.get_pixel(x, y)[3]])
        })
    });
    Ok(Picture {
        opacity,
        ..Picture::opaque(image.into_rgb8())
    })
}

/// Runs a program to its end; `None` if there is no such program.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<Result<(), Failure>> {
    let started = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut process = started.ok()?;
    let start = Instant::now();
    loop {
        match process.try_wait() {
            Ok(Some(status)) if status.success() => return Some(Ok(())),
            Ok(None) if start.elapsed() < DEADLINE => std::thread::sleep(PAUSE),
            Ok(None) => {
                // It may have ended by itself meanwhile.
                let _ = process.kill();
                let _ = process.wait();
                return Some(Err(corrupt(format!("{program} took too long"))));
            }
            Ok(Some(_)) | Err(_) => return Some(Err(corrupt(format!("{program} gave up on it")))),
        }
    }
}
