//! A file's content to an upright RGB image, within a budget of memory.

#[cfg(test)]
mod tests;

use crate::budget::Permit;
use crate::difference_hash::difference_hash;
use crate::facts::{facts_of, orientation};
use crate::file::PhotoFile;
use crate::jpeg::{self, Jpeg};
use crate::notes::Collected;
use crate::raster::Raster;
use crate::{Failure, FailureKind, FileFacts, Format};
use exif::Exif;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, RgbImage};
use pixseek_jpeg::Frame;
use pixseek_record::PhotoFacts;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An upright picture and its facts.
pub struct Photo {
    /// The pixels, upright; fewer than the file has if the caller asked for fewer.
    pub image: RgbImage,
    /// The scale of `image` relative to the file's picture, along a side: 1, 1/2, 1/4 or 1/8. The
    /// last pixel of a row or column may cover less of the picture than the others.
    pub scale: f64,
    /// What its metadata says, and the whole picture's size.
    pub facts: PhotoFacts,
    /// Why a part of its notes was not read, as a message for people.
    pub unread: Option<String>,
    /// Holds the budget for `image` until the photo is dropped.
    #[expect(dead_code, reason = "dropped with the photo")]
    pub(crate) memory: Permit,
}

/// Pixels as a decoder returns them, and the budget that they hold.
struct Decoded {
    image: DynamicImage,
    scale: f64,
    memory: Permit,
}

/// Bytes of a pixel of the image that is handed out.
const RGB: u64 = 3;

impl PhotoFile {
    /// Decodes the picture, turns it upright and reads its facts.
    ///
    /// # Errors
    ///
    /// When the content is no image, of an unsupported format, over the limit, or damaged.
    /// A decoder that panics on it is caught: the file fails, the run goes on.
    pub fn decode(&self) -> Result<Photo, Failure> {
        self.decode_at_least(u32::MAX)
    }

    /// Decodes the picture at a part of its size, if its decoder can do that faster and the shortest
    /// side keeps at least `side` pixels. The facts are those of the whole picture.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::decode`].
    pub fn decode_at_least(&self, side: u32) -> Result<Photo, Failure> {
        if let Some(workers) = self.workers() {
            return workers.picture(&self.job(), side);
        }
        catch_unwind(AssertUnwindSafe(|| self.decode_unguarded(side)))
            .unwrap_or_else(|_| Err(gave_up()))
    }

    /// The facts alone, without decoding the picture.
    ///
    /// # Errors
    ///
    /// When the header cannot be read.
    pub fn facts(&self) -> Result<FileFacts, Failure> {
        if let Some(workers) = self.workers() {
            return workers.facts(&self.job());
        }
        let facts = || {
            let (width, height) = self.header_size()?;
            Ok(self.written([width, height]).0)
        };
        catch_unwind(AssertUnwindSafe(facts)).unwrap_or_else(|_| Err(gave_up()))
    }

    /// The facts of a picture whose header has this size, and its EXIF orientation.
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
                let xmp = self.as_raster(format).xmp();
                let packet = xmp.as_ref().ok().and_then(Option::as_deref);
                let mut notes = Collected::collect(packet, None, exif);
                if let Err(error) = &xmp {
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
            Format::Raster(format) => self.raster(&self.as_raster(format), orientation)?,
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
            memory,
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

    fn raster(&self, raster: &Raster<'_>, turn: u8) -> Result<Decoded, Failure> {
        let header = raster.header()?;
        let pixels = u64::from(header.width) * u64::from(header.height);
        let copies = pixels.saturating_mul(RGB + turned(turn, header.pixel));
        let bytes = raster.memory(&header)?.saturating_add(copies);
        let memory = self.budget.picture(bytes);
        Ok(Decoded {
            image: raster.decode(bytes)?,
            scale: 1.0,
            memory,
        })
    }

    fn as_raster(&self, format: ImageFormat) -> Raster<'_> {
        let bytes = &self.bytes;
        Raster { bytes, format }
    }

    /// Width and height by the header alone.
    fn header_size(&self) -> Result<(u32, u32), Failure> {
        match self.format()? {
            Format::Jpeg => Ok(Jpeg::open(&self.bytes)?.size()),
            Format::Raster(format) => {
                let header = self.as_raster(format).header()?;
                Ok((header.width, header.height))
            }
            Format::Unsupported(name) => Err(unsupported(name)),
        }
    }
}

/// Bytes of a pixel in the copy that turns a picture upright: none if it is not turned by 90 degrees.
fn turned(orientation: u8, pixel: u64) -> u64 {
    if orientation > 4 { pixel } else { 0 }
}

/// Runs a fast decoder. A panic of it counts as `None`, so that the full decoder decides.
fn unless_it_panics<T>(fast: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(fast)).unwrap_or(None)
}

pub(crate) fn gave_up() -> Failure {
    corrupt("its decoder gave up on it")
}

pub(crate) fn corrupt(reason: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}

/// The failure of a format that is recognised and not decoded. `what` begins the message.
pub(crate) fn unsupported(what: &str) -> Failure {
    let reason = format!("{what} is not supported yet");
    Failure::new(FailureKind::Unsupported, reason)
}
