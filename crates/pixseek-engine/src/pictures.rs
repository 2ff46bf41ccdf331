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
        let file = self.file(path)?;
        let mut photo = file.decode_at_least(side)?;
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
        let (pixels, _) = pixels_of(&self.file(path)?, preprocess)?;
        Ok(pixels)
    }

    pub(crate) fn file(&self, path: &Path) -> Result<PhotoFile, Failure> {
        PhotoFile::read_within(path, &self.decoders)
    }
}

/// Decodes only as many pixels as the model needs, where that is faster, and resizes them for it.
///
/// # Errors
///
/// Fails when the file cannot be decoded.
pub(crate) fn pixels_of(
    file: &PhotoFile,
    preprocess: &Preprocess,
) -> Result<(Pixels, FileFacts), Failure> {
    let side = u32::try_from(preprocess.size).unwrap_or(u32::MAX);
    // The photo holds its part of the memory budget until the model's pixels are made of it.
    let photo = file.decode_at_least(side)?;
    let (width, height) = photo.image.dimensions();
    let image = Rgb::new(width, height, photo.image.as_raw())
        .ok_or_else(|| Failure::new(FailureKind::Corrupt, "it has no pixels"))?;
    let [whole_width, whole_height] = photo.size;
    let image = image.reduced_from(whole_width, whole_height, photo.scale);
    let facts = FileFacts {
        facts: photo.facts,
        unread: photo.unread,
    };
    Ok((preprocess.pixels(image), facts))
}
