//! One file to an upright RGB image, within a budget of memory.

#[cfg(test)]
mod tests;

use crate::budget::Permit;
use crate::difference_hash::difference_hash;
use crate::facts::{facts_of, orientation};
use crate::jpeg::{self, Jpeg};
use crate::notes::Collected;
use crate::{Budget, Failure, FailureKind, FileFacts, Format, webp};
use exif::Exif;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use pixseek_jpeg::Frame;
use pixseek_record::{PhotoFacts, Stamp};
use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What one file may cost.
#[derive(Debug, Clone, Copy)]
pub struct DecodeLimits {
    /// Pixels of a picture; 200 megapixels by default.
    pub pixels: u64,
    /// Bytes of a file; 1 GiB by default.
    pub bytes: u64,
}

/// A file in memory, hashed and recognised; nothing decoded yet.
pub struct PhotoFile {
    bytes: Vec<u8>,
    hash: [u8; 32],
    stamp: Stamp,
    format: Option<Format>,
    limits: DecodeLimits,
    budget: Budget,
    /// Holds the budget for `bytes`.
    _memory: Permit,
}

/// An upright picture and its facts.
pub struct Photo {
    /// The pixels, upright; fewer than the file has where fewer were asked for.
    pub image: RgbImage,
    /// How many of `image`'s pixels stand for one of the whole picture, along a side: 1, 1/2,
    /// 1/4 or 1/8; the last of a row or column may stand for less.
    pub scale: f64,
    /// What it says of itself, and the whole picture's size.
    pub facts: PhotoFacts,
    /// Why a part of its notes was not read, in words for people.
    pub unread: Option<String>,
    /// Holds the budget for `image`: the photo is kept until its image is resized.
    _memory: Permit,
}

/// Pixels as they were decoded, and the memory that was taken for them.
struct Decoded {
    image: DynamicImage,
    scale: f64,
    memory: Permit,
}

/// Bytes of pixels from which on a file is not believed that packs them tighter than
/// [`LARGEST_RATIO`].
const LARGE: u64 = 256 << 20;

/// The most bytes of pixels for each byte of a file of a large photo. PNG packs zeros at about 1,000,
/// so that a megabyte would cost gigabytes of memory; a photo has noise, which no format packs so
/// tightly.
const LARGEST_RATIO: u64 = 500;

/// Bytes that a decoder may take beside the pixels: rows, tables, a palette, a colour profile.
const DECODER_OVERHEAD: u64 = 64 << 20;

/// Bytes of a pixel of the image that is handed out.
const RGB: u64 = 3;

/// A tick of the clock is waited for; a longer uncertainty is left to the next run.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            pixels: 200_000_000,
            bytes: 1 << 30,
        }
    }
}

impl PhotoFile {
    /// Reads and hashes a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is larger than the limit, or changes while it is read.
    pub fn read(path: &Path, limits: DecodeLimits) -> Result<Self, Failure> {
        Self::read_within(path, limits, &Budget::unlimited())
    }

    /// The same as one of several threads that share a budget: waits until the file fits in it.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::read`].
    pub fn read_within(
        path: &Path,
        limits: DecodeLimits,
        budget: &Budget,
    ) -> Result<Self, Failure> {
        let unreadable =
            |error: std::io::Error| Failure::new(FailureKind::Unreadable, error.to_string());
        // Opening a pipe would wait for somebody who writes to it.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            let reason = "it is no file";
            return Err(Failure::new(FailureKind::NotAPhoto, reason));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
        // A file that was written this moment could change again without a sign of it.
        let unsettled = stamp.unsettled_for(SystemTime::now());
        if let Some(rest) = unsettled.filter(|rest| *rest <= LONGEST_WAIT) {
            std::thread::sleep(rest);
            stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
        }
        if stamp.size > limits.bytes {
            let reason = format!("{} MB in one file", stamp.size / 1_000_000);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        let memory = budget.file(stamp.size);
        let mut bytes = Vec::new();
        let size = usize::try_from(stamp.size).unwrap_or(usize::MAX);
        if bytes.try_reserve_exact(size).is_err() {
            let reason = format!("no memory for its {} MB", stamp.size / 1_000_000);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        // Bytes that were added since the stamp was taken would be outside of the budget.
        let read = (&mut file).take(stamp.size).read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        if Stamp::of(&file.metadata().map_err(unreadable)?) != stamp {
            let reason = "it changed while it was read; the next run takes it";
            return Err(Failure::new(FailureKind::Unreadable, reason));
        }
        Ok(Self {
            hash: *blake3::hash(&bytes).as_bytes(),
            format: Format::of_file(path, &bytes),
            bytes,
            stamp: if unsettled.is_some_and(|rest| rest > LONGEST_WAIT) {
                stamp.unsettled()
            } else {
                stamp
            },
            limits,
            budget: budget.clone(),
            _memory: memory,
        })
    }

    /// BLAKE3 of the content: the photo's identity, wherever it lies.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The stamp of the content that was read.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Decodes the picture, turns it upright and reads its facts.
    ///
    /// # Errors
    ///
    /// When the content is no image, of an unsupported format, over the limit, or damaged.
    /// A decoder that panics on it is caught: the file fails, the run goes on.
    pub fn decode(&self) -> Result<Photo, Failure> {
        self.decode_at_least(u32::MAX)
    }

    /// The same with the picture at a part of its size, where its decoder can make one faster
    /// than the whole and the shortest side keeps `side` pixels. The facts are the whole's.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::decode`].
    pub fn decode_at_least(&self, side: u32) -> Result<Photo, Failure> {
        catch_unwind(AssertUnwindSafe(|| self.decode_unguarded(side)))
            .unwrap_or_else(|_| Err(gave_up()))
    }

    /// The facts alone, without decoding the picture.
    ///
    /// # Errors
    ///
    /// When the header cannot be read.
    pub fn facts(&self) -> Result<FileFacts, Failure> {
        let facts = || {
            let (width, height) = self.header_size()?;
            Ok(self.written([width, height]).0)
        };
        catch_unwind(AssertUnwindSafe(facts)).unwrap_or_else(|_| Err(gave_up()))
    }

    /// All facts of a picture of this size, and the orientation that it was decoded in.
    fn written(&self, [width, height]: [u32; 2]) -> (FileFacts, u8) {
        let exif = exif::Reader::new()
            .read_from_container(&mut Cursor::new(&self.bytes))
            .ok();
        let orientation = exif.as_ref().map_or(1, orientation);
        // Orientations 5 to 8 lie on their side.
        let (width, height) = if orientation > 4 {
            (height, width)
        } else {
            (width, height)
        };
        let Collected { notes, unread } = self.notes(exif.as_ref());
        let facts = PhotoFacts {
            width,
            height,
            notes,
            ..exif.as_ref().map(facts_of).unwrap_or_default()
        };
        (FileFacts { facts, unread }, orientation)
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        match self.format() {
            Ok(Format::Jpeg) => Jpeg::open(&self.bytes).map_or_else(
                |_| Collected::default(),
                |jpeg| {
                    let (xmp, iptc) = jpeg.notes();
                    Collected::collect(xmp, iptc, exif)
                },
            ),
            Ok(Format::Raster(format)) => {
                let decoder = self.header(format);
                let xmp = decoder.map(|mut decoder| decoder.xmp_metadata());
                let packet = xmp
                    .as_ref()
                    .ok()
                    .and_then(|xmp| xmp.as_ref().ok()?.as_deref());
                let mut notes = Collected::collect(packet, None, exif);
                if let Ok(Err(error)) = &xmp {
                    notes.unread = Some(format!("its XMP cannot be unpacked: {error}"));
                }
                notes
            }
            _ => Collected::default(),
        }
    }

    fn decode_unguarded(&self, side: u32) -> Result<Photo, Failure> {
        let (width, height) = self.header_size()?;
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(corrupt("it has no pixels"));
        }
        if pixels > self.limits.pixels {
            let reason = format!(
                "{width} x {height} pixels, the limit is {} megapixels",
                self.limits.pixels / 1_000_000
            );
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        let (written, orientation) = self.written([width, height]);
        let Decoded {
            mut image,
            scale,
            memory,
        } = match self.format()? {
            Format::Jpeg => self.jpeg([width, height], side, orientation)?,
            Format::Raster(format) => self.raster(format, orientation)?,
            Format::Unsupported(name) => return Err(unsupported(name)),
        };
        if let Some(orientation) = Orientation::from_exif(orientation) {
            image.apply_orientation(orientation);
        }
        let image = image.into_rgb8();
        Ok(Photo {
            facts: PhotoFacts {
                difference_hash: Some(difference_hash(&image)),
                ..written.facts
            },
            unread: written.unread,
            image,
            scale,
            _memory: memory,
        })
    }

    fn jpeg(&self, [width, height]: [u32; 2], side: u32, turn: u8) -> Result<Decoded, Failure> {
        if let Some(frame) = Frame::read(&self.bytes)
            && let Some(scale) = jpeg::scale_for(&frame, side)
        {
            let bytes = frame.memory(scale) + frame.pixels(scale) * turned(turn, RGB);
            let memory = self.budget.picture(bytes);
            if let Some(image) = unless_it_panics(|| frame.decode(scale)) {
                return Ok(Decoded {
                    image: DynamicImage::ImageRgb8(image),
                    scale: scale.factor(),
                    memory,
                });
            }
        }
        let jpeg = Jpeg::open(&self.bytes)?;
        let pixels = u64::from(width) * u64::from(height);
        let memory = jpeg.memory() + pixels * turned(turn, RGB);
        let memory = self.budget.picture(memory);
        let image = RgbImage::from_raw(width, height, jpeg.rgb()?)
            .ok_or_else(|| corrupt("its size changes on the way"))?;
        Ok(Decoded {
            image: DynamicImage::ImageRgb8(image),
            scale: 1.0,
            memory,
        })
    }

    fn raster(&self, format: ImageFormat, turn: u8) -> Result<Decoded, Failure> {
        let decoder = self.header(format)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if format == ImageFormat::WebP && !webp::frames_fit(&self.bytes, pixels) {
            return Err(corrupt("a frame is larger than the picture"));
        }
        let pixel = u64::from(decoder.color_type().bytes_per_pixel());
        let unpacked = pixels * pixel;
        if unpacked > LARGE && unpacked / (self.bytes.len() as u64).max(1) > LARGEST_RATIO {
            let reason = format!(
                "{} MB of pixels in a file of {} kB",
                unpacked / 1_000_000,
                self.bytes.len() / 1000
            );
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        // These two decode row by row into the picture, the others have a frame beside it.
        let copies = match format {
            ImageFormat::Png | ImageFormat::Bmp => 1,
            _ => 2,
        };
        // Sides are 32 bits and the limit on pixels is the caller's: the product may be too large.
        let bytes = pixels.saturating_mul(pixel * copies + RGB + turned(turn, pixel));
        let memory = self.budget.picture(bytes);
        let bytes = bytes.saturating_add(DECODER_OVERHEAD);
        let image = self.reader(format, bytes).decode();
        Ok(Decoded {
            image: image.map_err(|error| refused(&error))?,
            scale: 1.0,
            memory,
        })
    }

    fn format(&self) -> Result<Format, Failure> {
        self.format
            .ok_or_else(|| Failure::new(FailureKind::NotAPhoto, "no image format begins like it"))
    }

    /// A decoder that has read the header alone.
    fn header(&self, format: ImageFormat) -> Result<impl ImageDecoder, Failure> {
        let bytes = match format {
            // It unpacks a colour profile at once, and other decoders nothing; but TIFF's limit
            // for a tag is what this leaves beside the whole picture.
            ImageFormat::Png => DECODER_OVERHEAD,
            _ => u64::MAX,
        };
        let reader = self.reader(format, bytes);
        reader.into_decoder().map_err(|error| refused(&error))
    }

    fn reader(&self, format: ImageFormat, bytes: u64) -> ImageReader<Cursor<&[u8]>> {
        let mut reader = ImageReader::with_format(Cursor::new(self.bytes.as_slice()), format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(bytes);
        reader.limits(limits);
        reader
    }

    /// Width and height by the header alone.
    fn header_size(&self) -> Result<(u32, u32), Failure> {
        match self.format()? {
            Format::Jpeg => Ok(Jpeg::open(&self.bytes)?.size()),
            Format::Raster(format) => Ok(self.header(format)?.dimensions()),
            Format::Unsupported(name) => Err(unsupported(name)),
        }
    }
}

/// Bytes of a second copy of a pixel, which a picture that lies on its side is turned into.
fn turned(orientation: u8, pixel: u64) -> u64 {
    if orientation > 4 { pixel } else { 0 }
}

/// Runs a fast decoder. A panic of it counts as `None`, so that the full decoder decides.
fn unless_it_panics<T>(fast: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(fast)).unwrap_or(None)
}

fn gave_up() -> Failure {
    corrupt("its decoder gave up on it")
}

pub(crate) fn corrupt(reason: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}

/// `what` in whole words, with its article where it needs one.
pub(crate) fn unsupported(what: &str) -> Failure {
    let reason = format!("{what} is not decoded by this version");
    Failure::new(FailureKind::Unsupported, reason)
}

/// A refusal of `image`: a sound file that it does not decode is not called damaged.
fn refused(error: &ImageError) -> Failure {
    let kind = match error {
        ImageError::Unsupported(_) => FailureKind::Unsupported,
        ImageError::Limits(_) => FailureKind::TooLarge,
        _ => FailureKind::Corrupt,
    };
    Failure::new(kind, error.to_string())
}
