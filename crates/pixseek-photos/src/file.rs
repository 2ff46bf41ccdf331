//! A file in memory: read within a budget, hashed and recognised. Of a camera's raw file only the
//! preview and what leads to it are read.

use crate::budget::Permit;
use crate::camera_raw::CameraRaw;
use crate::{Budget, Failure, FailureKind, Format};
use pixseek_record::Stamp;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The largest file and picture that are read.
#[derive(Debug, Clone, Copy)]
pub struct DecodeLimits {
    /// Pixels of a picture; 200 megapixels by default.
    pub pixels: u64,
    /// Bytes of a file; 1 GiB by default.
    pub bytes: u64,
}

/// A file whose content has been read and hashed, and not yet decoded.
pub struct PhotoFile {
    /// The whole file, or the preview of a raw file.
    pub(crate) bytes: Vec<u8>,
    pub(crate) raw: Option<CameraRaw>,
    hash: [u8; 32],
    stamp: Stamp,
    format: Option<Format>,
    pub(crate) limits: DecodeLimits,
    pub(crate) budget: Budget,
    /// Holds the budget for `bytes`.
    _memory: Permit,
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

impl PhotoFile {
    /// Reads and hashes a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is larger than the limit, or changes while it is read.
    pub fn read(path: &Path, limits: DecodeLimits) -> Result<Self, Failure> {
        Self::read_within(path, limits, &Budget::unlimited())
    }

    /// The same as one of several threads that share a budget: waits until the file fits in it.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::read`].
    pub fn read_within(
        path: &Path,
        limits: DecodeLimits,
        budget: &Budget,
    ) -> Result<Self, Failure> {
        let unreadable =
            |error: std::io::Error| Failure::new(FailureKind::Unreadable, error.to_string());
        // Opening a pipe would wait for a writer.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            let reason = "it is not a regular file";
            return Err(Failure::new(FailureKind::NotAPhoto, reason));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
        // A file that was written within one tick of the clock could change again under the same time.
        let unsettled = stamp.unsettled_for(SystemTime::now());
        if let Some(rest) = unsettled.filter(|rest| *rest <= LONGEST_WAIT) {
            std::thread::sleep(rest);
            stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
        }
        if stamp.size > limits.bytes {
            let reason = format!("{} MB in one file", stamp.size / 1_000_000);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        let raw = CameraRaw::find(path, &mut file, stamp.size)?;
        let length = raw.as_ref().map_or(stamp.size, CameraRaw::length);
        let memory = budget.file(length);
        let mut bytes = Vec::new();
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if bytes.try_reserve_exact(size).is_err() {
            let reason = format!("no memory for its {} MB", length / 1_000_000);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        // Bytes that were added since the stamp was taken would be outside of the budget.
        let read = (&mut file).take(length).read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        if Stamp::of(&file.metadata().map_err(unreadable)?) != stamp {
            let reason = "it changed while it was read; the next run takes it";
            return Err(Failure::new(FailureKind::Unreadable, reason));
        }
        let hash = match &raw {
            Some(raw) => raw.hash(stamp.size, &bytes),
            None => *blake3::hash(&bytes).as_bytes(),
        };
        let format = match &raw {
            Some(_) => Some(Format::CameraRaw),
            None => Format::of(&bytes),
        };
        Ok(Self {
            hash,
            format,
            bytes,
            raw,
            stamp: if unsettled.is_some_and(|rest| rest > LONGEST_WAIT) {
                stamp.unsettled()
            } else {
                stamp
            },
            limits,
            budget: budget.clone(),
            _memory: memory,
        })
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
