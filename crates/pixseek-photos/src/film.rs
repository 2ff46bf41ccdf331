//! Films: a file's key frames, read by seeking.
//!
//! Only what describes the film and the first choice of its key frames are read: a few megabytes of
//! files that have gigabytes. These parts are handed to a worker process, in which they are a film of
//! their own.

#[cfg(test)]
mod tests;

use crate::decode::Photo;
use crate::file::DecodeLimits;
use crate::{Budget, Failure, FailureKind, FileFacts};
use image::RgbImage;
use pixseek_record::{FilmFacts, PhotoFacts};
use pixseek_video::{Ffmpeg, Film, FilmLimits, KeyFrame, Still};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Bytes of a film's parts that are read at most: eight key frames of 8K have about 30 MB.
pub(crate) const MOST_BYTES: u64 = 64 << 20;
/// Bytes of a key frame at most. One of 8K has about 4 MB.
const MOST_SAMPLE: u64 = 16 << 20;
/// Bytes of the boxes that describe a film at most. A film of an hour has about 2 MB.
const MOST_TABLES: u64 = 32 << 20;

/// How long `ffmpeg` may take for all key frames of a film. Eight of 4K take it about 3 s.
const TIME_OF_FFMPEG: Duration = Duration::from_secs(30);

/// Where the parts of a film lie in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilmParts {
    /// Bytes of the whole file.
    length: u64,
    /// The parts, ascending, without gaps or overlaps in the bytes that hold them.
    parts: Vec<Range<u64>>,
}

/// A film whose parts have been read.
#[derive(Clone)]
pub(crate) struct FilmFile {
    pub parts: FilmParts,
    facts: PhotoFacts,
    /// How long `ffmpeg` may take for the pictures that it has not made yet. Nothing after it has failed:
    /// it is not asked again.
    time_of_ffmpeg: Arc<Mutex<Duration>>,
}

/// What is read of a film: the film, the bytes of its parts, and its identity.
pub(crate) struct Opened {
    pub film: FilmFile,
    pub bytes: Vec<u8>,
    pub hash: [u8; 32],
}

impl FilmFile {
    /// Reads a film's tables and the first choice of its key frames.
    ///
    /// # Errors
    ///
    /// When it is no film that can be read, or over the limits.
    pub(crate) fn read(
        reader: impl Read + Seek,
        length: u64,
        limits: DecodeLimits,
    ) -> Result<Opened, Failure> {
        let notes = RefCell::new(Recorded::default());
        let recorder = Recorder {
            file: reader,
            at: 0,
            recorded: &notes,
        };
        let opened = Film::open(recorder, film_limits(limits));
        let read = opened.and_then(|mut film| film.identity().map(|hash| (film, hash)));
        let (film, hash) = read.map_err(|failure| match notes.borrow().bytes {
            0..=MOST_BYTES => failure,
            _ => too_much(),
        })?;
        let facts = facts_of(&film);
        if film.key_frames().is_empty() {
            return Err(Failure::new(FailureKind::Corrupt, "it has no pictures"));
        }
        drop(film);
        let (parts, bytes) = notes.into_inner().joined();
        Ok(Opened {
            film: Self {
                parts: FilmParts { length, parts },
                facts,
                time_of_ffmpeg: Arc::new(Mutex::new(TIME_OF_FFMPEG)),
            },
            bytes,
            hash,
        })
    }

    pub(crate) fn facts(&self) -> FileFacts {
        FileFacts {
            facts: self.facts.clone(),
            unread: None,
        }
    }

    /// The times of the key frames, in milliseconds.
    pub(crate) fn frames(&self) -> &[u32] {
        let film = self.facts.film.as_ref();
        film.map_or(&[], |film| &film.frames)
    }

    /// The picture of a key frame by `ffmpeg`, if that is installed and has not failed at this film. The
    /// time of all pictures together is limited, and so are a picture's pixels.
    pub(crate) fn by_ffmpeg(
        &self,
        path: &Path,
        (frame, side): (usize, u32),
        most_pixels: u64,
        is_stopped: &dyn Fn() -> bool,
    ) -> Option<Result<RgbImage, Failure>> {
        let time = self.facts.film.as_ref()?.time_of(frame);
        // Without times, the film has the picture of its beginning.
        let time = time.or((frame == 0).then_some(0))?;
        let mut left = self.time_of_ffmpeg.lock().ok()?;
        if left.is_zero() {
            return None;
        }
        let mut ffmpeg = Ffmpeg::find()?;
        (ffmpeg.deadline, ffmpeg.most_pixels) = (*left, most_pixels);
        let start = Instant::now();
        let picture = ffmpeg.picture_unless(path, u64::from(time), side, is_stopped);
        *left = match &picture {
            Ok(_) => left.saturating_sub(start.elapsed()),
            Err(_) => Duration::ZERO,
        };
        Some(picture)
    }
}

impl FilmParts {
    /// Decodes a key frame from the parts.
    ///
    /// # Errors
    ///
    /// When the codec is not supported, or the film is damaged.
    pub(crate) fn decode(
        &self,
        bytes: &[u8],
        frame: usize,
        side: u32,
        (limits, budget): (DecodeLimits, &Budget),
    ) -> Result<Photo, Failure> {
        let sparse = Sparse::new(self, bytes);
        let mut film = Film::open(sparse, film_limits(limits))?;
        let facts = facts_of(&film);
        let memory = budget.picture(film.memory());
        let frame: KeyFrame = match film.key_frames().get(frame) {
            Some(frame) => frame.clone(),
            None => return Err(Failure::new(FailureKind::Corrupt, "it has no such picture")),
        };
        let Still {
            image,
            size: [width, height],
            ..
        } = film.decode(&frame, side)?;
        Ok(Photo {
            size: [image.width(), image.height()],
            scale: 1.0,
            image,
            // What was decoded is believed, and not what the container says of it.
            facts: PhotoFacts {
                width,
                height,
                ..facts
            },
            unread: None,
            memory,
        })
    }
}

fn too_much() -> Failure {
    let reason = format!(
        "its tables and key frames have more than {} MB",
        MOST_BYTES >> 20
    );
    Failure::new(FailureKind::TooLarge, reason)
}

fn film_limits(limits: DecodeLimits) -> FilmLimits {
    FilmLimits {
        pixels: limits.pixels.min(FilmLimits::default().pixels),
        tables: MOST_TABLES,
        sample: MOST_SAMPLE,
    }
}

fn facts_of<R: Read + Seek>(film: &Film<R>) -> PhotoFacts {
    let time = |frame: &KeyFrame| {
        let time = frame.time_ms.and_then(|time| u32::try_from(time).ok());
        time.unwrap_or(FilmFacts::UNKNOWN_TIME)
    };
    PhotoFacts {
        film: Some(FilmFacts {
            milliseconds: film.facts().duration_ms.unwrap_or(0),
            frames: film.key_frames().iter().map(time).collect(),
        }),
        ..film.facts().photo.clone()
    }
}

/// What was read of a file, in the order of reading.
#[derive(Default)]
struct Recorded {
    pieces: Vec<(u64, Vec<u8>)>,
    bytes: u64,
}

impl Recorded {
    fn add(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > MOST_BYTES {
            return Err(ErrorKind::FileTooLarge.into());
        }
        match self.pieces.last_mut() {
            Some((start, piece)) if *start + piece.len() as u64 == at => piece.extend(bytes),
            _ => self.pieces.push((at, bytes.to_vec())),
        }
        Ok(())
    }

    /// The parts of the file that were read, ascending, each byte once.
    fn joined(mut self) -> (Vec<Range<u64>>, Vec<u8>) {
        self.pieces.sort_by_key(|(start, _)| *start);
        let (mut parts, mut all): (Vec<Range<u64>>, Vec<u8>) = (Vec::new(), Vec::new());
        for (start, piece) in self.pieces {
            let end = start + piece.len() as u64;
            match parts.last_mut() {
                Some(last) if start <= last.end => {
                    let known = usize::try_from(last.end - start).unwrap_or(usize::MAX);
                    if let Some(new) = piece.get(known..) {
                        all.extend(new);
                        last.end = last.end.max(end);
                    }
                }
                _ => {
                    all.extend(piece);
                    parts.push(start..end);
                }
            }
        }
        (parts, all)
    }
}

/// A file that notes what is read of it.
struct Recorder<'a, R> {
    file: R,
    at: u64,
    recorded: &'a RefCell<Recorded>,
}

impl<R: Read + Seek> Read for Recorder<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.recorded.borrow_mut().add(self.at, &buffer[..count])?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Recorder<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

/// The parts of a film as the file that they are of. Other bytes cannot be read.
struct Sparse<'a> {
    length: u64,
    /// Each part, with its bytes; ascending.
    parts: Vec<(u64, &'a [u8])>,
    at: u64,
}

impl<'a> Sparse<'a> {
    /// Parts that have no bytes, or do not ascend, are left out.
    fn new(film: &FilmParts, mut bytes: &'a [u8]) -> Self {
        let mut parts: Vec<(u64, &'a [u8])> = Vec::new();
        let mut end = 0;
        for part in &film.parts {
            let length = part.end.checked_sub(part.start);
            let length = length.and_then(|length| usize::try_from(length).ok());
            let taken = length.and_then(|length| bytes.split_at_checked(length));
            let Some((of_part, rest)) = taken.filter(|_| part.start >= end) else {
                break;
            };
            parts.push((part.start, of_part));
            (bytes, end) = (rest, part.end);
        }
        Self {
            length: film.length,
            parts,
            at: 0,
        }
    }

    /// The bytes from here to the end of the part.
    fn rest(&self) -> Option<&'a [u8]> {
        let behind = self.parts.partition_point(|(start, _)| *start <= self.at);
        let (start, bytes) = self.parts.get(behind.checked_sub(1)?)?;
        let rest = bytes.get(usize::try_from(self.at - start).ok()?..)?;
        (!rest.is_empty()).then_some(rest)
    }
}

impl Read for Sparse<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.at >= self.length {
            return Ok(0);
        }
        let rest = self.rest().ok_or(ErrorKind::InvalidData)?;
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = at.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
