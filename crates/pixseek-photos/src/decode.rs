//! One file to an upright RGB image.

#[cfg(test)]
mod tests;

use crate::jpeg::{self, Jpeg};
use crate::{Facts, Failure, FailureKind, FileStamp, Format, Notes};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};
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
    stamp: FileStamp,
    format: Option<Format>,
    limits: DecodeLimits,
}

/// An upright picture and its facts.
pub struct Photo {
    /// The pixels, upright; fewer than the file has where fewer were asked for.
    pub image: RgbImage,
    /// How many of `image`'s pixels stand for one of the whole picture, along a side: 1, 1/2,
    /// 1/4 or 1/8; the last of a row or column may stand for less.
    pub scale: f64,
    /// What it says of itself, and the whole picture's size.
    pub facts: Facts,
}

/// Beside the pixels, decoders need rows, tables and a palette.
const DECODER_OVERHEAD: u64 = 64 << 20;

/// The widest pixel that a decoder makes: four channels of 32-bit floats.
const WIDEST_PIXEL: u64 = 16;

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
        let unreadable =
            |error: std::io::Error| Failure::new(FailureKind::Unreadable, error.to_string());
        let mut file = File::open(path).map_err(unreadable)?;
        let mut stamp = FileStamp::of(&file.metadata().map_err(unreadable)?);
        // A file that was written this moment could change again without a sign of it.
        let unsettled = stamp.unsettled_for(SystemTime::now());
        if let Some(rest) = unsettled.filter(|rest| *rest <= LONGEST_WAIT) {
            std::thread::sleep(rest);
            stamp = FileStamp::of(&file.metadata().map_err(unreadable)?);
        }
        if stamp.size > limits.bytes {
            let reason = format!("{} MB in one file", stamp.size / 1_000_000);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        let mut bytes = Vec::new();
        let read = (&mut file).take(limits.bytes).read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        if FileStamp::of(&file.metadata().map_err(unreadable)?) != stamp {
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
        })
    }

    /// BLAKE3 of the content: the photo's identity, wherever it lies.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The stamp of the content that was read.
    #[must_use]
    pub fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// Width times height by the header; 0 when the header cannot be read.
    #[must_use]
    pub fn pixel_count(&self) -> u64 {
        let size = catch_unwind(AssertUnwindSafe(|| self.header_size()));
        match size {
            Ok(Ok((width, height))) => u64::from(width) * u64::from(height),
            _ => 0,
        }
    }

    /// Decodes the picture, turns it upright and reads its facts.
    ///
    /// # Errors
    ///
    /// When the content is no image, of an unsupported format, over the limit, or damaged.
    /// A decoder that panics on it is caught: the file is damaged, the run goes on.
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
    pub fn facts(&self) -> Result<Facts, Failure> {
        let facts = || {
            let (width, height) = self.header_size()?;
            Ok(self.facts_of([width, height]))
        };
        catch_unwind(AssertUnwindSafe(facts)).unwrap_or_else(|_| Err(gave_up()))
    }

    /// All facts of a picture of this size.
    fn facts_of(&self, [width, height]: [u32; 2]) -> Facts {
        let mut facts = self.written_facts();
        // Orientations 5 to 8 lie on their side.
        (facts.width, facts.height) = if facts.orientation > 4 {
            (height, width)
        } else {
            (width, height)
        };
        facts
    }

    /// All but the size.
    fn written_facts(&self) -> Facts {
        let exif = exif::Reader::new()
            .read_from_container(&mut Cursor::new(&self.bytes))
            .ok();
        let upright = || Facts {
            orientation: 1,
            ..Facts::default()
        };
        let mut facts = exif.as_ref().map_or_else(upright, Facts::from_exif);
        facts.notes = match self.format() {
            Ok(Format::Jpeg) => Jpeg::open(&self.bytes).map_or_else(
                |_| Notes::default(),
                |jpeg| {
                    let (xmp, iptc) = jpeg.notes();
                    Notes::collect(xmp, iptc, exif.as_ref())
                },
            ),
            Ok(Format::Raster(format)) => {
                let mut decoder = self.raster(format).into_decoder().ok();
                let xmp = decoder.as_mut().and_then(|of| of.xmp_metadata().ok());
                Notes::collect(xmp.flatten().as_deref(), None, exif.as_ref())
            }
            _ => Notes::default(),
        };
        facts
    }

    fn decode_unguarded(&self, side: u32) -> Result<Photo, Failure> {
        let (width, height) = self.header_size()?;
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(Failure::new(FailureKind::Corrupt, "it has no pixels"));
        }
        if pixels > self.limits.pixels {
            let reason = format!(
                "{width} x {height} pixels, the limit is {} megapixels",
                self.limits.pixels / 1_000_000
            );
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        let mut scale = 1.0;
        let mut image = match self.format()? {
            Format::Jpeg => {
                let whole = || {
                    let rgb = Jpeg::open(&self.bytes)
                        .and_then(Jpeg::rgb)
                        .map_err(corrupt)?;
                    RgbImage::from_raw(width, height, rgb)
                        .ok_or_else(|| corrupt("its size changes on the way".into()))
                };
                DynamicImage::ImageRgb8(match jpeg::reduced(&self.bytes, side) {
                    Some(reduced) => {
                        scale = reduced.scale;
                        reduced.image
                    }
                    None => whole()?,
                })
            }
            Format::Raster(format) => {
                let mut reader = ImageReader::with_format(Cursor::new(&self.bytes), format);
                let mut limits = image::Limits::no_limits();
                limits.max_alloc = Some(pixels * WIDEST_PIXEL + DECODER_OVERHEAD);
                reader.limits(limits);
                reader
                    .decode()
                    .map_err(|error| corrupt(error.to_string()))?
            }
            Format::Unsupported(name) => return Err(unsupported(name)),
        };
        let facts = self.facts_of([width, height]);
        if let Some(orientation) = Orientation::from_exif(facts.orientation) {
            image.apply_orientation(orientation);
        }
        let image = image.into_rgb8();
        Ok(Photo {
            image,
            scale,
            facts,
        })
    }

    fn format(&self) -> Result<Format, Failure> {
        self.format
            .ok_or_else(|| Failure::new(FailureKind::NotAPhoto, "no image format begins like it"))
    }

    /// For headers; 512 MB at most.
    fn raster(&self, format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
        let mut reader = ImageReader::with_format(Cursor::new(self.bytes.as_slice()), format);
        reader.limits(image::Limits::default());
        reader
    }

    /// Width and height by the header alone.
    fn header_size(&self) -> Result<(u32, u32), Failure> {
        match self.format()? {
            Format::Jpeg => {
                let (width, height) = Jpeg::open(&self.bytes).map_err(corrupt)?.size();
                u32::try_from(width)
                    .and_then(|width| Ok((width, u32::try_from(height)?)))
                    .map_err(|error| corrupt(error.to_string()))
            }
            Format::Raster(format) => {
                let decoder = self.raster(format).into_decoder();
                Ok(decoder
                    .map_err(|error| corrupt(error.to_string()))?
                    .dimensions())
            }
            Format::Unsupported(name) => Err(unsupported(name)),
        }
    }
}

fn gave_up() -> Failure {
    Failure::new(FailureKind::Corrupt, "its decoder gave up on it")
}

fn corrupt(reason: String) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}

fn unsupported(name: &str) -> Failure {
    let reason = format!("{name} is not decoded by this version");
    Failure::new(FailureKind::Unsupported, reason)
}
