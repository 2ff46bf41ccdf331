//! The formats that `image` decodes: the header alone, or the whole picture within limits.

use crate::decode::corrupt;
use crate::{Failure, FailureKind, webp};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Bytes of pixels from which on a file must not pack them tighter than [`LARGEST_RATIO`].
const LARGE: u64 = 256 << 20;

/// The most bytes of pixels for each byte of a file of a large photo. PNG packs zeros at about 1,000,
/// so that a megabyte would cost gigabytes of memory; a photo has noise, which no format packs so
/// tightly.
const LARGEST_RATIO: u64 = 500;

/// Bytes that a decoder may take beside the pixels: rows, tables, a palette, a colour profile.
const DECODER_OVERHEAD: u64 = 64 << 20;

/// A file in a format that `image` decodes.
pub(crate) struct Raster<'a> {
    pub bytes: &'a [u8],
    pub format: ImageFormat,
}

/// What a header says of its picture.
pub(crate) struct Header {
    pub width: u32,
    pub height: u32,
    /// Bytes of a decoded pixel.
    pub pixel: u64,
}

impl Raster<'_> {
    /// Reads the header alone.
    pub(crate) fn header(&self) -> Result<Header, Failure> {
        let decoder = self.decoder().map_err(|error| refused(&error))?;
        let (width, height) = decoder.dimensions();
        Ok(Header {
            width,
            height,
            pixel: decoder.color_type().bytes_per_pixel().into(),
        })
    }

    /// The XMP packet; an error if it cannot be unpacked.
    pub(crate) fn xmp(&self) -> Result<Option<Vec<u8>>, ImageError> {
        self.decoder()?.xmp_metadata()
    }

    fn decoder(&self) -> Result<impl ImageDecoder, ImageError> {
        let bytes = match self.format {
            // PNG's decoder unpacks a colour profile with the header. Other decoders unpack
            // nothing, but TIFF's takes this as the limit for a tag, beside the whole picture.
            ImageFormat::Png => DECODER_OVERHEAD,
            _ => u64::MAX,
        };
        self.reader(bytes).into_decoder()
    }

    /// Bytes that [`Raster::decode`] takes for the picture, a frame beside it included.
    ///
    /// # Errors
    ///
    /// When the file cannot have as many pixels as its header says.
    pub(crate) fn memory(&self, header: &Header) -> Result<u64, Failure> {
        let pixels = u64::from(header.width) * u64::from(header.height);
        if self.format == ImageFormat::WebP && !webp::frames_fit(self.bytes, pixels) {
            return Err(corrupt("a frame is larger than the picture"));
        }
        // Sides are 32 bits and the limit on pixels is the caller's: products may be too large.
        let unpacked = pixels.saturating_mul(header.pixel);
        if unpacked > LARGE && unpacked / (self.bytes.len() as u64).max(1) > LARGEST_RATIO {
            let reason = format!(
                "{} MB of pixels in a file of {} kB",
                unpacked / 1_000_000,
                self.bytes.len() / 1000
            );
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        // These decode row by row into the picture, the others have a frame beside it.
        let copies = match self.format {
            ImageFormat::Png | ImageFormat::Bmp => 1,
            _ => 2,
        };
        Ok(unpacked.saturating_mul(copies))
    }

    /// Decodes the picture within `memory` bytes and what decoders need beside pixels.
    pub(crate) fn decode(&self, memory: u64) -> Result<DynamicImage, Failure> {
        let reader = self.reader(memory.saturating_add(DECODER_OVERHEAD));
        reader.decode().map_err(|error| refused(&error))
    }

    fn reader(&self, bytes: u64) -> ImageReader<Cursor<&[u8]>> {
        let mut reader = ImageReader::with_format(Cursor::new(self.bytes), self.format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(bytes);
        reader.limits(limits);
        reader
    }
}

/// Turns an error of `image` into a failure: a sound file that it does not decode is not damaged.
fn refused(error: &ImageError) -> Failure {
    let kind = match error {
        ImageError::Unsupported(_) => FailureKind::Unsupported,
        ImageError::Limits(_) => FailureKind::TooLarge,
        _ => FailureKind::Corrupt,
    };
    Failure::new(kind, error.to_string())
}
