//! The photos of a training set, reduced and kept in memory, so that each epoch does not decode
//! them again.

use anyhow::{Context, Result};
use image::RgbImage;
use image::imageops::{FilterType, resize};
use pixseek_clip::Rgb;
use pixseek_lab::{Described, read_photo};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes of photos in memory. Photos beyond that are decoded in every epoch.
const MEMORY: usize = 3 << 30;

/// The shortest side of a photo in memory, as a multiple of the model's side: a random crop still
/// has enough pixels.
const SIDE_FACTOR: f64 = 1.5;

/// Photos that could be read once.
pub struct Photos {
    /// The path of each photo, and its pixels if they are in memory.
    all: Vec<(PathBuf, Option<RgbImage>)>,
    /// The shortest side that photos are reduced to, in pixels.
    side: u32,
}

/// A photo that cannot be read.
pub struct Unreadable {
    pub path: PathBuf,
    pub error: anyhow::Error,
}

impl Photos {
    /// Reads all photos for a model whose pictures have `side` pixels along a side. Returns the
    /// photos, their descriptions in the same order, and the files that could not be read.
    pub fn read(described: Vec<Described>, side: usize) -> (Self, Vec<Described>, Vec<Unreadable>) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a model's side is a few hundred pixels"
        )]
        let side = (side as f64 * SIDE_FACTOR).ceil() as u32;
        let used = AtomicUsize::new(0);
        let read: Vec<Result<Option<RgbImage>>> = described
            .par_iter()
            .map(|one| {
                let reduced = read_reduced(&one.file, side)?;
                let bytes = reduced.as_raw().len();
                let keep = used.fetch_add(bytes, Ordering::Relaxed) + bytes <= MEMORY;
                Ok(keep.then_some(reduced))
            })
            .collect();
        let mut photos = Self {
            all: Vec::new(),
            side,
        };
        let (mut kept, mut unreadable) = (Vec::new(), Vec::new());
        for (one, read) in described.into_iter().zip(read) {
            match read {
                Ok(image) => {
                    photos.all.push((one.file.clone(), image));
                    kept.push(one);
                }
                Err(error) => unreadable.push(Unreadable {
                    path: one.file,
                    error,
                }),
            }
        }
        (photos, kept, unreadable)
    }

    /// The path of a photo.
    pub fn path(&self, place: usize) -> &Path {
        &self.all[place].0
    }

    /// Calls a function with the pixels of a photo, and returns its result.
    ///
    /// # Errors
    ///
    /// When the photo has to be read again and cannot be.
    pub fn with<T>(&self, place: usize, use_pixels: impl FnOnce(Rgb<'_>) -> T) -> Result<T> {
        let (path, kept) = &self.all[place];
        let read;
        let image = if let Some(image) = kept {
            image
        } else {
            read = read_reduced(path, self.side)?;
            &read
        };
        let (width, height) = image.dimensions();
        let image = Rgb::new(width, height, image.as_raw());
        image.map(use_pixels).context("it has no pixels")
    }
}

/// Reads a photo and reduces its shortest side to `side` pixels, if it is longer.
fn read_reduced(path: &Path, side: u32) -> Result<RgbImage> {
    let whole = read_photo(path)?.image;
    let (width, height) = whole.dimensions();
    let short = width.min(height);
    if short <= side {
        return Ok(whole);
    }
    let scaled = |length: u32| {
        let scaled = u64::from(length) * u64::from(side) / u64::from(short);
        u32::try_from(scaled).unwrap_or(u32::MAX).max(side)
    };
    Ok(resize(
        &whole,
        scaled(width),
        scaled(height),
        FilterType::CatmullRom,
    ))
}
