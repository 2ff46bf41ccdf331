//! Turns a file into a small upright picture for the screen, or into the pixels that the image
//! tower takes. Indexing, searching and measuring share the latter.

use image::RgbImage;
use pixseek_clip::{Pixels, Preprocess, Rgb};
use pixseek_photos::{
    DecodeLimits, Decoders, Failure, FailureKind, FileFacts, Photo, PhotoFile, Workers,
};
use std::path::Path;

/// Reads pictures on any number of threads, which share one budget of memory.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    decoders: Decoders,
}

/// An upright picture.
pub struct Picture {
    /// BLAKE3 of the file.
    pub content: [u8; 32],
    /// The pixels.
    pub image: RgbImage,
    /// The rest of the photo holds the budget until the picture is dropped.
    _memory: Photo,
}

impl Pictures {
    /// Refuses files of more than `bytes` bytes and pictures of more than `pixels` pixels.
    #[must_use]
    pub fn limited(pixels: u64, bytes: u64) -> Self {
        Self {
            decoders: Decoders {
                limits: DecodeLimits { pixels, bytes },
                ..Decoders::default()
            },
        }
    }

    /// Has `workers` decode what may hurt; without them, this process decodes everything.
    #[must_use]
    pub fn with_workers(mut self, workers: Option<Workers>) -> Self {
        self.decoders.workers = workers;
        self
    }

    /// Reads a file and decodes only as many pixels as are needed for `side` pixels along the
    /// shorter side, where that is faster.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read or decoded.
    pub fn read(&self, path: &Path, side: u32) -> Result<Picture, Failure> {
        self.read_at(path, None, side)
    }

    /// As [`Pictures::read`]; of a film, the key frame at a time in milliseconds.
    ///
    /// # Errors
    ///
    /// As [`Pictures::read`].
    pub fn read_at(&self, path: &Path, time: Option<u32>, side: u32) -> Result<Picture, Failure> {
        let file = self.file(path)?;
        let frame = time.and_then(|time| file.frames().iter().position(|frame| *frame == time));
        let mut photo = match frame {
            Some(frame) => file.decode_frame(frame, side)?,
            None => file.decode_at_least(side)?,
        };
        Ok(Picture {
            content: file.hash(),
            image: std::mem::take(&mut photo.image),
            _memory: photo,
        })
    }

    /// Reads a file as the pixels that an image tower takes, in the same way as an index run.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read or decoded.
    pub fn pixels(&self, path: &Path, preprocess: &Preprocess) -> Result<Pixels, Failure> {
        let photo = self.file(path)?.decode_at_least(side_of(preprocess))?;
        resized(&photo, preprocess)
    }

    pub(crate) fn file(&self, path: &Path) -> Result<PhotoFile, Failure> {
        PhotoFile::read_within(path, &self.decoders)
    }
}

/// Decodes only as many pixels as the model needs, where that is faster, and resizes them for it: one
/// picture of a photo, the key frames of a film.
///
/// # Errors
///
/// Fails when the file cannot be decoded; a film, when none of its key frames can.
pub(crate) fn pixels_of(
    file: &PhotoFile,
    preprocess: &Preprocess,
) -> Result<(Vec<Pixels>, FileFacts), Failure> {
    if !file.frames().is_empty() {
        return frames_of(file, preprocess);
    }
    let photo = file.decode_at_least(side_of(preprocess))?;
    let pixels = resized(&photo, preprocess)?;
    Ok((vec![pixels], facts_of(photo)))
}

/// The key frames of a film, without those that are damaged or have one colour. The facts have the
/// times of those that are left.
fn frames_of(
    file: &PhotoFile,
    preprocess: &Preprocess,
) -> Result<(Vec<Pixels>, FileFacts), Failure> {
    let mut kept: Vec<(u32, Pixels)> = Vec::new();
    let (mut facts, mut empty, mut failure) = (None, None, None);
    for (frame, time) in file.frames().iter().enumerate() {
        match file.decode_frame(frame, side_of(preprocess)) {
            Ok(photo) => {
                let pixels = resized(&photo, preprocess)?;
                if photo.is_empty() {
                    empty = empty.or(Some((*time, pixels)));
                } else {
                    kept.push((*time, pixels));
                }
                facts = Some(facts_of(photo));
            }
            // What was interrupted is tried again as a whole.
            Err(interrupted) if interrupted.kind == FailureKind::Interrupted => {
                return Err(interrupted);
            }
            Err(damaged) => failure = failure.or(Some(damaged)),
        }
    }
    if kept.is_empty() {
        kept.extend(empty);
    }
    let Some(mut facts) = facts else {
        let none = || Failure::new(FailureKind::Corrupt, "it has no pictures");
        return Err(failure.unwrap_or_else(none));
    };
    let (times, pixels) = kept.into_iter().unzip();
    if let Some(film) = &mut facts.facts.film {
        film.frames = times;
    }
    Ok((pixels, facts))
}

/// Pixels that the model needs along the shorter side.
fn side_of(preprocess: &Preprocess) -> u32 {
    u32::try_from(preprocess.size).unwrap_or(u32::MAX)
}

fn facts_of(photo: Photo) -> FileFacts {
    FileFacts {
        facts: photo.facts,
        unread: photo.unread,
    }
}

/// Resizes a picture for the model. The photo holds its part of the memory budget meanwhile.
fn resized(photo: &Photo, preprocess: &Preprocess) -> Result<Pixels, Failure> {
    let (width, height) = photo.image.dimensions();
    let image = Rgb::new(width, height, photo.image.as_raw())
        .ok_or_else(|| Failure::new(FailureKind::Corrupt, "it has no pixels"))?;
    let [whole_width, whole_height] = photo.size;
    let image = image.reduced_from(whole_width, whole_height, photo.scale);
    Ok(preprocess.pixels(image))
}
