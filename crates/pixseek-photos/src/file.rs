//! A file in memory: read within a budget, hashed and recognised. Of a camera's raw file only the
//! preview and what leads to it are read.

mod film;

use crate::budget::Permit;
use crate::camera_raw::CameraRaw;
#[cfg(feature = "video")]
use crate::film::FilmParts;
use crate::worker::Job;
use crate::{Budget, Failure, FailureKind, Format, Workers};
use pixseek_record::{Stamp, bytes_of};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The largest file and picture that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Pixels of a picture; 200 megapixels by default.
    pub pixels: u64,
    /// Bytes of a file; 1 GiB by default.
    pub bytes: u64,
}

/// What the files of a run are decoded with; clones share the budget and the workers.
#[derive(Debug, Clone, Default)]
pub struct Decoders {
    /// The largest file and picture.
    pub limits: DecodeLimits,
    /// The memory that all files and pictures may take together.
    pub budget: Budget,
    /// The processes that decode what may hurt. Without them, this process decodes everything.
    pub workers: Option<Workers>,
}

/// A file whose content has been read and hashed, and not yet decoded.
pub struct PhotoFile {
    /// The part of the file that was read.
    pub(crate) bytes: Vec<u8>,
    pub(crate) part: Part,
    #[cfg(feature = "video")]
    film: Option<film::OpenFilm>,
    hash: [u8; 32],
    stamp: Stamp,
    format: Option<Format>,
    /// The extension of the file's name.
    extension: Vec<u8>,
    pub(crate) limits: DecodeLimits,
    pub(crate) budget: Budget,
    workers: Option<Workers>,
    /// Holds the budget for `bytes`.
    _memory: Permit,
}

/// The part of a file that is read and decoded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Part {
    /// The whole file.
    Whole,
    /// The preview of a camera's raw file.
    Preview(CameraRaw),
    /// The tables and key frames of a film.
    #[cfg(feature = "video")]
    Film(FilmParts),
}

/// How long a read waits until a file that was written just now has a time of its own. A longer
/// uncertainty is left to the next run.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            pixels: 200_000_000,
            bytes: 1 << 30,
        }
    }
}

/// A file that is being read.
struct OpenFile {
    file: File,
    /// Its version when it was opened.
    stamp: Stamp,
    /// Whether it could change again under the same time: it was written within one tick of the clock.
    is_unsettled: bool,
}

impl OpenFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        // Opening a pipe would wait for a writer.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            let reason = "it is not a regular file";
            return Err(Failure::new(FailureKind::NotAPhoto, reason));
        }
        let file = File::open(path).map_err(unreadable)?;
        let stamp_now = || Ok(Stamp::of(&file.metadata().map_err(unreadable)?));
        let mut stamp = stamp_now()?;
        let unsettled = stamp.unsettled_for(SystemTime::now());
        if let Some(rest) = unsettled.filter(|rest| *rest <= LONGEST_WAIT) {
            std::thread::sleep(rest);
            stamp = stamp_now()?;
        }
        Ok(Self {
            is_unsettled: unsettled.is_some_and(|rest| rest > LONGEST_WAIT),
            file,
            stamp,
        })
    }

    /// The version that was read, for the index.
    ///
    /// # Errors
    ///
    /// When the file has changed since it was opened.
    fn unchanged(&self) -> Result<Stamp, Failure> {
        if Stamp::of(&self.file.metadata().map_err(unreadable)?) != self.stamp {
            let reason = "it changed while it was read; the next run takes it";
            return Err(Failure::new(FailureKind::Unreadable, reason));
        }
        Ok(if self.is_unsettled {
            self.stamp.unsettled()
        } else {
            self.stamp
        })
    }
}

impl PhotoFile {
    /// Reads and hashes a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is larger than the limit, or changes while it is read.
    pub fn read(path: &Path, limits: DecodeLimits) -> Result<Self, Failure> {
        let decoders = Decoders {
            limits,
            budget: Budget::unlimited(),
            workers: None,
        };
        Self::read_within(path, &decoders)
    }

    /// The same as one of several threads that share a budget: waits until the file fits in it.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::read`].
    pub fn read_within(path: &Path, decoders: &Decoders) -> Result<Self, Failure> {
        let mut opened = OpenFile::open(path)?;
        #[cfg(feature = "video")]
        if film::is_film(path, &mut opened.file)? {
            return Self::read_film(path, &opened, decoders);
        }
        let (limits, size) = (decoders.limits, opened.stamp.size);
        if size > limits.bytes {
            return Err(too_large(size));
        }
        let raw = CameraRaw::find(path, &mut opened.file, size)?;
        let length = raw.as_ref().map_or(size, CameraRaw::length);
        let memory = decoders.budget.file(length);
        let mut bytes = Vec::new();
        let room = usize::try_from(length).unwrap_or(usize::MAX);
        if bytes.try_reserve_exact(room).is_err() {
            let reason = format!("no memory for its {} MB", length / 1_000_000);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        // Bytes that were added since the stamp was taken would be outside of the budget.
        let read = (&mut opened.file).take(length).read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        let stamp = opened.unchanged()?;
        let (hash, part) = match raw {
            Some(raw) => (raw.hash(size, &bytes), Part::Preview(raw)),
            None => (*blake3::hash(&bytes).as_bytes(), Part::Whole),
        };
        Ok(Self {
            hash,
            format: format_of(&part, path, &bytes),
            bytes,
            part,
            #[cfg(feature = "video")]
            film: None,
            stamp,
            extension: extension_of(path),
            limits,
            budget: decoders.budget.clone(),
            workers: decoders.workers.clone(),
            _memory: memory,
        })
    }

    /// A file of that name whose bytes are here already. Its stamp has the size alone.
    ///
    /// # Errors
    ///
    /// When it is larger than the limit, or a raw file or film that cannot be read.
    pub fn of_bytes(name: &Path, bytes: Vec<u8>, limits: DecodeLimits) -> Result<Self, Failure> {
        let size = bytes.len() as u64;
        if size > limits.bytes {
            return Err(too_large(size));
        }
        let new = |part, bytes| Self::in_memory(name, part, bytes, limits, Budget::unlimited());
        #[cfg(feature = "video")]
        if film::is_film(name, &mut Cursor::new(&bytes))? {
            return Self::film_of_bytes(name, &bytes, limits);
        }
        let mut file = Cursor::new(&bytes);
        let Some(raw) = CameraRaw::find(name, &mut file, size)? else {
            let hash = *blake3::hash(&bytes).as_bytes();
            return Ok(Self {
                hash,
                ..new(Part::Whole, bytes)
            });
        };
        let mut preview = Vec::new();
        let read = file.take(raw.length()).read_to_end(&mut preview);
        read.map_err(unreadable)?;
        Ok(Self {
            hash: raw.hash(size, &preview),
            ..new(Part::Preview(raw), preview)
        })
    }

    /// A file whose bytes another process has read. It has neither hash nor stamp here.
    pub(crate) fn in_memory(
        name: &Path,
        part: Part,
        bytes: Vec<u8>,
        limits: DecodeLimits,
        budget: Budget,
    ) -> Self {
        Self {
            hash: [0; 32],
            format: format_of(&part, name, &bytes),
            part,
            #[cfg(feature = "video")]
            film: None,
            stamp: Stamp {
                size: bytes.len() as u64,
                modified: 0,
                changed: 0,
                identity: 0,
            },
            extension: extension_of(name),
            limits,
            _memory: budget.file(bytes.len() as u64),
            budget,
            workers: None,
            bytes,
        }
    }

    /// The bytes that were read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The workers, if they decode this file.
    pub(crate) fn workers(&self) -> Option<&Workers> {
        let is_isolated = self.format.is_some_and(Format::is_isolated);
        let workers = self.workers.as_ref()?;
        let takes = is_isolated || workers.isolates_all() || self.is_large_preview();
        takes.then_some(workers)
    }

    /// This file as its worker gets it.
    pub(crate) fn job(&self) -> Job<'_> {
        Job {
            bytes: &self.bytes,
            extension: &self.extension,
            part: &self.part,
            limits: self.limits,
            budget: &self.budget,
        }
    }

    /// The photo's identity, wherever it lies: BLAKE3 of the content. That of a camera's raw file covers
    /// the file's size, the EXIF that facts are made of, and the preview's bytes, because the rest is not
    /// read.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The file's stamp when the content was read.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The format that the content has.
    pub(crate) fn format(&self) -> Result<Format, Failure> {
        self.format.ok_or_else(|| {
            Failure::new(FailureKind::NotAPhoto, "not an image that pixseek can read")
        })
    }
}

fn too_large(size: u64) -> Failure {
    let reason = format!("{} MB in one file", size / 1_000_000);
    Failure::new(FailureKind::TooLarge, reason)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` passes it by value"
)]
fn unreadable(error: std::io::Error) -> Failure {
    Failure::new(FailureKind::Unreadable, error.to_string())
}

fn format_of(part: &Part, name: &Path, bytes: &[u8]) -> Option<Format> {
    match part {
        Part::Whole => Format::of_file(name, bytes),
        Part::Preview(_) => Some(Format::CameraRaw),
        #[cfg(feature = "video")]
        Part::Film(_) => Some(Format::Film),
    }
}

fn extension_of(path: &Path) -> Vec<u8> {
    let extension = path.extension().map(Path::new);
    extension.map_or_else(Vec::new, |extension| bytes_of(extension).into_owned())
}
