//! Photos in memory, small, so that an epoch does not decode them again.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use pixseek_clip::Rgb;
use pixseek_lab::{Described, read_photo};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are kept; photos beyond are decoded every time.
const BUDGET: usize = 3 << 30;

/// A kept photo's shortest side, in sides of the model's square: crops have pixels to spare.
const SPARE: f64 = 1.5;

/// Described photos that can be read.
pub struct Photos {
    all: Vec<(PathBuf, Option<RgbImage>)>,
    side: u32,
}

/// A photo that cannot be read, and why.
pub type Failed = (PathBuf, String);

impl Photos {
    /// Reads all photos for a model that wants squares of `side` pixels. Returns the descriptions
    /// of those that could be read in the photos' order, and the others with their reason.
    pub fn read(described: Vec<Described>, side: usize) -> (Self, Vec<Described>, Vec<Failed>) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a model's side is a few hundred pixels"
        )]
        let side = (side as f64 * SPARE).ceil() as u32;
        let used = AtomicUsize::new(0);
        let read: Vec<Result<Option<RgbImage>, String>> = described
            .par_iter()
            .map(|one| {
                let small = small(&one.file, side)?;
                let bytes = small.as_raw().len();
                let keep = used.fetch_add(bytes, Ordering::Relaxed) + bytes <= BUDGET;
                Ok(keep.then_some(small))
            })
            .collect();
        let mut photos = Self {
            all: Vec::new(),
            side,
        };
        let (mut kept, mut failed) = (Vec::new(), Vec::new());
        for (one, read) in described.into_iter().zip(read) {
            match read {
                Ok(image) => {
                    photos.all.push((one.file.clone(), image));
                    kept.push(one);
                }
                Err(reason) => failed.push((one.file, reason)),
            }
        }
        (photos, kept, failed)
    }

    /// Where a photo lies.
    pub fn path(&self, place: usize) -> &Path {
        &self.all[place].0
    }

    /// Makes something of a photo.
    ///
    /// # Errors
    ///
    /// When it could be read before and cannot now.
    pub fn with<T>(&self, place: usize, make: impl FnOnce(Rgb<'_>) -> T) -> Result<T, String> {
        let (path, kept) = &self.all[place];
        let read;
        let image = if let Some(image) = kept {
            image
        } else {
            read = small(path, self.side)?;
            &read
        };
        let (width, height) = image.dimensions();
        let image = Rgb::new(width, height, image.as_raw());
        image.map(make).ok_or_else(|| "it has no pixels".into())
    }
}

/// A photo whose shortest side is at most `side` pixels.
fn small(path: &Path, side: u32) -> Result<RgbImage, String> {
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
