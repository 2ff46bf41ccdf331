//! The seam between formats and the rest: each format is one file with a [`Decoder`].

use crate::budget::Permit;
use crate::file::DecodeLimits;
use crate::heif::Heif;
use crate::jpeg::Jpeg;
use crate::notes::Collected;
use crate::raster::Raster;
use crate::{Budget, Failure, FailureKind, Format};
use exif::Exif;
use image::DynamicImage;
use std::io::Cursor;

/// A file whose header has been read, and whose pixels have not.
pub(crate) trait Decoder {
    /// Width and height before the orientation of EXIF is applied.
    fn size(&self) -> [u32; 2];

    /// Whether EXIF's orientation turns the decoded pixels upright. It does not in formats that have
    /// a rotation of their own: there EXIF often repeats it.
    fn turns_by_exif(&self) -> bool {
        true
    }

    fn exif(&self) -> Option<Exif>;

    /// The notes in all parts of the file, `exif` included.
    fn notes(&self, exif: Option<&Exif>) -> Collected;

    /// Decodes the pixels after it has waited for their memory.
    ///
    /// # Errors
    ///
    /// When the content is damaged, or of a kind that is not supported.
    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure>;
}

/// What the caller needs of a picture.
pub(crate) struct Wanted<'a> {
    /// Pixels that the shortest side has at least, unless the whole picture has fewer.
    pub side: u32,
    /// Whether the picture will be turned by 90 degrees, which takes a second copy of it.
    pub lies: bool,
    /// Where the memory comes from.
    pub budget: &'a Budget,
}

/// Pixels as a decoder returns them, and the budget that they hold.
pub(crate) struct Decoded {
    pub image: DynamicImage,
    /// The scale of `image` relative to the file's picture, along a side.
    pub scale: f64,
    pub memory: Permit,
}

/// Bytes of a pixel of the image that is handed out.
pub(crate) const RGB: u64 = 3;

impl Wanted<'_> {
    /// Bytes of the copy that turns a picture of this many pixels upright.
    pub(crate) fn turned(&self, pixels: u64, bytes_of_a_pixel: u64) -> u64 {
        if self.lies {
            pixels.saturating_mul(bytes_of_a_pixel)
        } else {
            0
        }
    }
}

/// Reads the header of a file in this format.
///
/// # Errors
///
/// When the header is damaged, or the format is not supported.
pub(crate) fn open(
    format: Format,
    bytes: &[u8],
    _limits: DecodeLimits,
) -> Result<Box<dyn Decoder + '_>, Failure> {
    Ok(match format {
        // The bytes of a raw file are those of its preview.
        Format::Jpeg | Format::CameraRaw => Box::new(Jpeg::open(bytes)?),
        Format::Raster(format) => Box::new(Raster::open(bytes, format)?),
        Format::Heic | Format::Avif => Box::new(Heif::open(bytes)?),
        Format::JpegXl | Format::Psd => {
            return Err(unsupported(format.name()));
        }
        #[cfg(feature = "video")]
        Format::Film => return Err(corrupt("a film has no header of a photo")),
        Format::Unsupported(name) => return Err(unsupported(name)),
    })
}

/// Reads EXIF from the containers that `exif` knows: JPEG, TIFF, PNG and WebP.
pub(crate) fn exif_in(bytes: &[u8]) -> Option<Exif> {
    exif::Reader::new()
        .read_from_container(&mut Cursor::new(bytes))
        .ok()
}

pub(crate) fn corrupt(reason: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}

/// The failure of a format that is recognised and not decoded. `what` begins the message.
pub(crate) fn unsupported(what: &str) -> Failure {
    let reason = format!("{what} is not supported yet");
    Failure::new(FailureKind::Unsupported, reason)
}
