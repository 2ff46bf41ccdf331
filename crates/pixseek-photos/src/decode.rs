//! A file's content to an upright RGB image, within a budget of memory.

#[cfg(test)]
mod tests;

use crate::budget::Permit;
use crate::decoder::{self, Decoded, Decoder, Wanted, corrupt};
use crate::difference_hash::difference_hash;
use crate::facts::{facts_of, orientation};
use crate::file::PhotoFile;
use crate::notes::Collected;
use crate::{Failure, FailureKind, FileFacts};
use image::RgbImage;
use image::metadata::Orientation;
use pixseek_record::PhotoFacts;
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
    _memory: Permit,
}

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
        catch_unwind(AssertUnwindSafe(|| self.decode_unguarded(side)))
            .unwrap_or_else(|_| Err(gave_up()))
    }

    /// The facts alone, without decoding the picture.
    ///
    /// # Errors
    ///
    /// When the header cannot be read.
    pub fn facts(&self) -> Result<FileFacts, Failure> {
        let facts = || Ok(Written::read(&*self.open()?).file);
        catch_unwind(AssertUnwindSafe(facts)).unwrap_or_else(|_| Err(gave_up()))
    }

    fn open(&self) -> Result<Box<dyn Decoder + '_>, Failure> {
        decoder::open(self.format()?, &self.bytes)
    }

    fn decode_unguarded(&self, side: u32) -> Result<Photo, Failure> {
        let decoder = self.open()?;
        let [width, height] = decoder.size();
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
        let written = Written::read(&*decoder);
        let Decoded {
            mut image,
            scale,
            memory,
        } = decoder.decode(&Wanted {
            side,
            lies: written.lies(),
            budget: &self.budget,
        })?;
        if let Some(orientation) = Orientation::from_exif(written.orientation) {
            image.apply_orientation(orientation);
        }
        let image = image.into_rgb8();
        Ok(Photo {
            facts: PhotoFacts {
                difference_hash: Some(difference_hash(&image)),
                ..written.file.facts
            },
            unread: written.file.unread,
            image,
            scale,
            _memory: memory,
        })
    }
}

/// What a file says of its picture.
struct Written {
    file: FileFacts,
    /// The EXIF orientation that is to be applied to the decoded pixels.
    orientation: u8,
}

impl Written {
    fn read(decoder: &dyn Decoder) -> Self {
        let exif = decoder.exif();
        let turn = exif.as_ref().filter(|_| decoder.turns_by_exif());
        let orientation = turn.map_or(1, orientation);
        let [width, height] = decoder.size();
        let Collected { notes, unread } = decoder.notes(exif.as_ref());
        let mut written = Self {
            file: FileFacts {
                facts: PhotoFacts {
                    width,
                    height,
                    notes,
                    ..exif.as_ref().map(facts_of).unwrap_or_default()
                },
                unread,
            },
            orientation,
        };
        if written.lies() {
            let facts = &mut written.file.facts;
            std::mem::swap(&mut facts.width, &mut facts.height);
        }
        written
    }

    /// Whether the stored picture lies on its side, as with orientations 5 to 8.
    fn lies(&self) -> bool {
        self.orientation > 4
    }
}

fn gave_up() -> Failure {
    corrupt("its decoder gave up on it")
}
