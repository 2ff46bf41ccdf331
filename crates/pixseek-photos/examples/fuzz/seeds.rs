//! Whole files to be damaged, by format.

use image::{ImageFormat, RgbImage};
use pixseek_photos::{DecodeLimits, Format, PhotoFile, may_be_photo};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

/// Larger files and pictures are left out: they take long, and their headers are like those of small
/// ones.
const LARGEST: u64 = 64 << 10;
const MOST_PIXELS: u64 = 1 << 17;

/// Seeds of a format at most.
const MOST: usize = 200;

/// The samples of this workspace's tests, from this crate's folder.
const SAMPLES: [&str; 3] = [
    "tests/formats",
    "src/decode/samples",
    "../pixseek-video/tests/films",
];

/// Formats without samples in the workspace, by their extension.
const MADE: [(&str, ImageFormat); 9] = [
    ("bmp", ImageFormat::Bmp),
    ("ff", ImageFormat::Farbfeld),
    ("gif", ImageFormat::Gif),
    ("ico", ImageFormat::Ico),
    ("png", ImageFormat::Png),
    ("ppm", ImageFormat::Pnm),
    ("qoi", ImageFormat::Qoi),
    ("tga", ImageFormat::Tga),
    ("tiff", ImageFormat::Tiff),
];

/// A format and files of it.
pub struct Target {
    pub format: &'static str,
    pub seeds: Vec<Seed>,
}

/// A whole file.
pub struct Seed {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Collects the samples, made pictures, and the files below a folder whose format is decoded.
pub fn targets(folder: Option<&Path>) -> Result<Vec<Target>, Box<dyn Error>> {
    let made = tempfile::tempdir()?;
    make(made.path())?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = SAMPLES.map(|sample| here.join(sample)).to_vec();
    folders.push(made.path().into());
    folders.extend(folder.map(Path::to_owned));
    let mut targets: BTreeMap<&'static str, Vec<Seed>> = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && entry.metadata()?.len() <= LARGEST {
                let bytes = std::fs::read(entry.path())?;
                if let Some(format) = format(&entry.path(), &bytes) {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    targets
                        .entry(format)
                        .or_default()
                        .push(Seed { name, bytes });
                }
            }
        }
    }
    let targets = targets.into_iter().map(|(format, mut seeds)| {
        seeds.sort_by(|one, other| {
            (one.bytes.len(), &one.name).cmp(&(other.bytes.len(), &other.name))
        });
        seeds.truncate(MOST);
        Target { format, seeds }
    });
    Ok(targets.collect())
}

/// Writes a small picture in each format that `image` writes.
fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    let picture = RgbImage::from_fn(24, 16, |x, y| {
        image::Rgb([x, y, x * y].map(|value| u8::try_from(value % 256).unwrap_or_default()))
    });
    let picture = image::DynamicImage::from(picture);
    for (extension, format) in MADE {
        let path = folder.join(format!("made.{extension}"));
        match format {
            ImageFormat::Farbfeld => picture.to_rgba16().save_with_format(path, format)?,
            _ => picture.save_with_format(path, format)?,
        }
    }
    picture
        .to_rgb32f()
        .save_with_format(folder.join("made.hdr"), ImageFormat::Hdr)?;
    Ok(())
}

/// The name of a file's format, if it has a small picture that is decoded.
fn format(path: &Path, bytes: &[u8]) -> Option<&'static str> {
    if !may_be_photo(path) {
        return None;
    }
    let limits = DecodeLimits {
        pixels: MOST_PIXELS,
        ..DecodeLimits::default()
    };
    let file = PhotoFile::read(path, limits).ok()?;
    file.decode().ok()?;
    Some(if !file.frames().is_empty() {
        "film"
    } else if file.bytes() != bytes {
        // The bytes that were read of a raw file are its preview's.
        "camera raw"
    } else {
        Format::of_file(path, bytes)?.name()
    })
}
