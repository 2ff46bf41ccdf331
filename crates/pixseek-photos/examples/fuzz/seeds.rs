//! Whole files to be damaged, by format.

use pixseek_photos::{DecodeLimits, Format, PhotoFile};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Larger files are left out: they take long, and their headers are like those of small ones.
const LARGEST: u64 = 300 << 10;

/// Seeds of a format at most.
const MOST: usize = 200;

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

/// Reads the seeds below a folder whose format is decoded.
pub fn targets(folder: &Path) -> io::Result<Vec<Target>> {
    let mut targets: BTreeMap<&'static str, Vec<Seed>> = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && entry.metadata()?.len() <= LARGEST {
                let bytes = std::fs::read(entry.path())?;
                if let Some(format) = format(&entry.path(), &bytes) {
                    let seeds = targets.entry(format).or_default();
                    let name = entry.file_name().to_string_lossy().into_owned();
                    seeds.push(Seed { name, bytes });
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

/// The name of a file's format, if its decoder gets as far as the header.
fn format(path: &Path, bytes: &[u8]) -> Option<&'static str> {
    let file = PhotoFile::read(path, DecodeLimits::default()).ok()?;
    file.facts().ok()?;
    // The bytes that were read of a raw file are its preview's.
    let is_raw = file.bytes() != bytes;
    Some(if is_raw {
        Format::CameraRaw.name()
    } else {
        Format::of(bytes)?.name()
    })
}
