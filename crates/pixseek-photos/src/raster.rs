//! The formats that `image` decodes: the header alone, or the whole picture within limits.

use crate::animation::{self, is_empty};
use crate::bmp::{self, Repaired};
use crate::colour::{Profile, light_to_srgb};
use crate::decoder::{Decoded, Decoder, RGB, Wanted, believable, corrupt, exif_in};
use crate::notes::Collected;
use crate::{Failure, FailureKind, ico, pnm, webp};
use exif::Exif;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::borrow::Cow;
use std::io::Cursor;

/// Bytes that a decoder may take beside the pixels: rows, tables, a palette, a colour profile.
const DECODER_OVERHEAD: u64 = 64 << 20;

/// A file in a format that `image` decodes, whose header has been read.
pub(crate) struct Raster<'a> {
    bytes: Cow<'a, [u8]>,
    format: ImageFormat,
    width: u32,
    height: u32,
    /// Bytes of a decoded pixel.
    pixel: u64,
    /// Whether the decoder begins with the last row.
    is_upside_down: bool,
}

impl<'a> Raster<'a> {
    /// Reads the header alone.
    pub(crate) fn open(bytes: &'a [u8], format: ImageFormat) -> Result<Self, Failure> {
        match format {
            ImageFormat::Ico => {
                let (format, picture) = ico::largest(bytes)?;
                Self::header(picture, format)
            }
            ImageFormat::Bmp => {
                let Repaired {
                    bytes,
                    is_upside_down,
                } = bmp::repaired(bytes);
                let raster = Self::header(bytes, format)?;
                Ok(Self {
                    is_upside_down,
                    ..raster
                })
            }
            _ => Self::header(Cow::Borrowed(bytes), format),
        }
    }

    fn header(bytes: Cow<'a, [u8]>, format: ImageFormat) -> Result<Self, Failure> {
        let mut raster = Self {
            bytes,
            format,
            width: 0,
            height: 0,
            pixel: 0,
            is_upside_down: false,
        };
        let decoder = raster.decoder().map_err(|error| refused(&error))?;
        let (width, height) = decoder.dimensions();
        let pixel = decoder.color_type().bytes_per_pixel().into();
        drop(decoder);
        (raster.width, raster.height, raster.pixel) = (width, height, pixel);
        Ok(raster)
    }

    /// The XMP packet; an error if it cannot be unpacked.
    fn xmp(&self) -> Result<Option<Vec<u8>>, ImageError> {
        self.decoder()?.xmp_metadata()
    }

    fn decoder(&self) -> Result<impl ImageDecoder, ImageError> {
        let bytes = match self.format {
            // PNG's decoder unpacks a colour profile with the header, the others unpack nothing.
            ImageFormat::Png => DECODER_OVERHEAD,
            _ => u64::MAX,
        };
        self.reader(bytes).into_decoder()
    }

    /// Bytes that [`Raster::pixels`] takes for the picture, a frame beside it included.
    ///
    /// # Errors
    ///
    /// When the file cannot have as many pixels as its header says.
    fn memory(&self) -> Result<u64, Failure> {
        let pixels = self.count();
        if self.format == ImageFormat::WebP && !webp::frames_fit(&self.bytes, pixels) {
            return Err(corrupt("a frame is larger than the picture"));
        }
        if self.format == ImageFormat::Pnm && !pnm::holds(&self.bytes, pixels) {
            return Err(corrupt("it has fewer bytes than its header claims pixels"));
        }
        // Sides are 32 bits and the limit on pixels is the caller's: products may be too large.
        let unpacked = pixels.saturating_mul(self.pixel);
        believable(unpacked, self.bytes.len())?;
        // These decode row by row into the picture, the others have a frame beside it.
        let copies = match self.format {
            ImageFormat::Png | ImageFormat::Bmp => 1,
            _ => 2,
        };
        Ok(unpacked.saturating_mul(copies))
    }

    /// Decodes the picture within `memory` bytes and what decoders need beside pixels.
    fn pixels(&self, memory: u64) -> Result<DynamicImage, Failure> {
        let reader = self.reader(memory.saturating_add(DECODER_OVERHEAD));
        let mut image = match reader.decode().map_err(|error| refused(&error))? {
            DynamicImage::ImageRgb32F(light) => DynamicImage::ImageRgb8(light_to_srgb(&light)),
            image => image,
        };
        if self.is_upside_down {
            image.apply_orientation(Orientation::FlipVertical);
        }
        Ok(image)
    }

    /// Decodes the first picture in the file.
    fn first(&self, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let pixels = self.count();
        let copies = pixels.saturating_mul(RGB);
        let copies = copies.saturating_add(wanted.turned(pixels, self.pixel));
        let bytes = self.memory()?.saturating_add(copies);
        let memory = wanted.budget.picture(bytes);
        Ok(Decoded {
            image: self.pixels(bytes)?,
            scale: 1.0,
            profile: None,
            memory,
        })
    }

    /// Decodes the first picture that shows something, or the first if none does.
    fn not_empty(&self, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let first = self.first(wanted)?;
        let may_move = matches!(
            self.format,
            ImageFormat::Gif | ImageFormat::Png | ImageFormat::WebP
        );
        if !may_move || !is_empty(&first.image) {
            return Ok(first);
        }
        // Frames need more memory; who waits for it must not hold any.
        drop(first);
        self.shown(wanted).map_or_else(|| self.first(wanted), Ok)
    }

    /// Decodes the first frame of an animation that shows something; `None` if there is none.
    fn shown(&self, wanted: &Wanted<'_>) -> Option<Decoded> {
        let pixels = self.count();
        let copies = pixels.saturating_mul(animation::PIXEL + RGB);
        let bytes = copies.saturating_add(wanted.turned(pixels, RGB + 1));
        let memory = wanted.budget.picture(bytes);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(bytes.saturating_add(DECODER_OVERHEAD));
        let frame = animation::first_frame(&self.bytes, self.format, &limits);
        Some(Decoded {
            image: frame.ok()??,
            scale: 1.0,
            profile: None,
            memory,
        })
    }

    /// The profile of the formats that screens show with theirs.
    fn profile(&self) -> Option<Profile> {
        if !matches!(self.format, ImageFormat::Png | ImageFormat::WebP) {
            return None;
        }
        let written = self.decoder().ok()?.icc_profile().ok()??;
        Profile::read(&written)
    }

    fn count(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    fn reader(&self, bytes: u64) -> ImageReader<Cursor<&[u8]>> {
        let mut reader = ImageReader::with_format(Cursor::new(&*self.bytes), self.format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(bytes);
        reader.limits(limits);
        reader
    }
}

impl Decoder for Raster<'_> {
    fn size(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    fn exif(&self) -> Option<Exif> {
        exif_in(&self.bytes)
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        let xmp = self.xmp();
        let packet = xmp.as_ref().ok().and_then(Option::as_deref);
        let mut notes = Collected::collect(packet, None, exif);
        if let Err(error) = &xmp {
            notes.unread = Some(format!("its XMP cannot be unpacked: {error}"));
        }
        notes
    }

    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        Ok(Decoded {
            profile: self.profile(),
            ..self.not_empty(wanted)?
        })
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
