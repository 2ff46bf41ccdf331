//! The seam between formats and the rest: each format is one file with a [`Decoder`].

use crate::budget::Permit;
use crate::colour::Profile;
use crate::heif::Heif;
use crate::jpeg::Jpeg;
use crate::jpeg_xl::JpegXl;
use crate::notes::Collected;
use crate::psd::Psd;
use crate::raster::Raster;
use crate::tiff::Tiff;
use crate::{Budget, Failure, FailureKind, Format};
use exif::Exif;
use image::{DynamicImage, ImageFormat};
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
    /// The space of its colours, if it is not sRGB.
    pub profile: Option<Profile>,
    pub memory: Permit,
}

/// Bytes of a pixel of the image that is handed out.
pub(crate) const RGB: u64 = 3;

/// Bytes of pixels from which on a file must not pack them tighter than [`LARGEST_RATIO`].
const LARGE: u64 = 256 << 20;

/// The most bytes of pixels for each byte of a file of a large photo. PNG packs zeros at about 1,000,
/// so that a megabyte would cost gigabytes of memory; a photo has noise, which no format packs so
/// tightly.
const LARGEST_RATIO: u64 = 500;

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
pub(crate) fn open(format: Format, bytes: &[u8]) -> Result<Box<dyn Decoder + '_>, Failure> {
    Ok(match format {
        // The bytes of a raw file are those of its preview.
        Format::Jpeg | Format::CameraRaw => Box::new(Jpeg::open(bytes)?),
        Format::Raster(ImageFormat::Tiff) => Box::new(Tiff::open(bytes)?),
        Format::Raster(format) => Box::new(Raster::open(bytes, format)?),
        Format::Heic | Format::Avif => Box::new(Heif::open(bytes)?),
        Format::JpegXl => Box::new(JpegXl::open(bytes)?),
        Format::Psd => Box::new(Psd::open(bytes)?),
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

/// Refuses a small file whose header claims a large picture.
///
/// # Errors
///
/// When the pixels would take so many bytes for each byte of the file that they cannot be a photo's.
pub(crate) fn believable(unpacked: u64, bytes: usize) -> Result<(), Failure> {
    if unpacked > LARGE && unpacked / (bytes as u64).max(1) > LARGEST_RATIO {
        let (pixels, file) = (unpacked / 1_000_000, bytes / 1000);
        let reason = format!("{pixels} MB of pixels in a file of {file} kB");
        return Err(Failure::new(FailureKind::TooLarge, reason));
    }
    Ok(())
}

pub(crate) fn corrupt(reason: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}

/// The failure of a format that is recognised and not decoded. `what` begins the message.
pub(crate) fn unsupported(what: &str) -> Failure {
    let reason = format!("{what} is not supported yet");
    Failure::new(FailureKind::Unsupported, reason)
}
