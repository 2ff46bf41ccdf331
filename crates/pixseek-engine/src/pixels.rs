//! Turns a photo's file into the pixels that the image tower takes. Indexing and searching share
//! this path.

use pixseek_clip::{Pixels, Preprocess, Rgb};
use pixseek_photos::{Failure, FailureKind, FileFacts, PhotoFile};

/// Decodes only as many pixels as the model needs, where that is faster, and resizes them for it.
///
/// # Errors
///
/// Fails when the file cannot be decoded.
pub fn pixels_of(
    file: &PhotoFile,
    preprocess: &Preprocess,
) -> Result<(Pixels, FileFacts), Failure> {
    let side = u32::try_from(preprocess.size).unwrap_or(u32::MAX);
    // The photo holds its part of the memory budget until the model's pixels are made of it.
    let photo = file.decode_at_least(side)?;
    let (width, height) = photo.image.dimensions();
    let image = Rgb::new(width, height, photo.image.as_raw())
        .ok_or_else(|| Failure::new(FailureKind::Corrupt, "it has no pixels"))?;
    let image = image.reduced_from(photo.facts.width, photo.facts.height, photo.scale);
    let facts = FileFacts {
        facts: photo.facts,
        unread: photo.unread,
    };
    Ok((preprocess.pixels(image), facts))
}
