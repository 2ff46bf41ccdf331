//! A file's content to an upright RGB image, within a budget of memory.

#[cfg(test)]
mod tests;

use crate::animation;
use crate::budget::Permit;
use crate::decoder::{self, Decoded, Decoder, RGB, Wanted, corrupt};
use crate::difference_hash::difference_hash;
use crate::facts::{facts_of, orientation};
use crate::file::{Part, PhotoFile};
use crate::notes::Collected;
use crate::reduce::reduced;
use crate::{Failure, FailureKind, FileFacts};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use pixseek_record::PhotoFacts;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An upright picture and its facts.
pub struct Photo {
    /// The pixels, upright; fewer than the file has if the caller asked for fewer.
    pub image: RgbImage,
    /// The scale of `image` relative to the file's picture, along a side: 1, 1/2, 1/4 or 1/8. The
    /// last pixel of a row or column may cover less of the picture than the others.
    pub scale: f64,
    /// Width and height of the picture that was decoded, whole and upright. Those in `facts` are larger
    /// where the preview in a camera's raw file stands for the photo.
    pub size: [u32; 2],
    /// What its metadata says, and the whole picture's size.
    pub facts: PhotoFacts,
    /// Why a part of its notes was not read, as a message for people.
    pub unread: Option<String>,
    /// Holds the budget for `image` until the photo is dropped.
    #[expect(dead_code, reason = "dropped with the photo")]
    pub(crate) memory: Permit,
}

impl Photo {
    /// Whether the picture shows nothing, as that of a film that begins with black.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        animation::is_empty(&self.image)
    }
}

/// How many times longer than wide a picture may be that another program decodes.
const MOST_SQUARES: u64 = 16;

/// The most pixels of a raw file's preview that the run's own process decodes.
const LARGE_PREVIEW: u64 = 50_000_000;

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

    /// Decodes the picture at a half, a quarter or an eighth of its size, if the shortest side keeps at
    /// least `side` pixels, and some to spare. The facts are those of the whole picture.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::decode`].
    pub fn decode_at_least(&self, side: u32) -> Result<Photo, Failure> {
        let first = self.decode_frame(0, side);
        if self.frames().len() < 2 || first.as_ref().is_ok_and(|photo| !photo.is_empty()) {
            return first;
        }
        // A film may begin with black.
        let others = 1..self.frames().len();
        let mut others = others.filter_map(|frame| self.decode_frame(frame, side).ok());
        others.find(|photo| !photo.is_empty()).map_or(first, Ok)
    }

    /// Decodes a film's key frame, counted from 0, as [`PhotoFile::decode_at_least`] decodes a photo,
    /// which has only the first. The facts are those of the film.
    ///
    /// # Errors
    ///
    /// As [`PhotoFile::decode`].
    pub fn decode_frame(&self, frame: usize, side: u32) -> Result<Photo, Failure> {
        let decoded = if let Some(workers) = self.workers() {
            workers.picture(&self.job(), side, frame)
        } else {
            self.decode_here(frame, side)
        };
        let Some(film) = self.film_facts() else {
            return decoded;
        };
        let decoded = decoded.or_else(|failure| self.instead(failure, frame, side));
        decoded.map(|photo| {
            let mut facts = film.facts;
            if photo.facts.width > 0 && photo.facts.height > 0 {
                (facts.width, facts.height) = (photo.facts.width, photo.facts.height);
            }
            Photo {
                facts,
                unread: film.unread,
                ..photo
            }
        })
    }

    /// Decodes in this process.
    pub(crate) fn decode_here(&self, frame: usize, side: u32) -> Result<Photo, Failure> {
        catch_unwind(AssertUnwindSafe(|| self.decode_unguarded(frame, side)))
            .unwrap_or_else(|_| Err(gave_up()))
    }

    /// The key frame by another program, if the codec is the reason for the failure.
    fn instead(&self, failure: Failure, frame: usize, side: u32) -> Result<Photo, Failure> {
        if failure.kind != FailureKind::Unsupported {
            return Err(failure);
        }
        let of_side = u64::from(side)
            .saturating_pow(2)
            .saturating_mul(MOST_SQUARES);
        let most = self.limits.pixels.min(of_side);
        // Before the other program makes the picture, because only it knows the size.
        let memory = self.budget.picture(most.saturating_mul(RGB));
        let image = match self.frame_by_ffmpeg(frame, side, most) {
            Some(Ok(image)) => image,
            Some(Err(stopped)) if stopped.kind == FailureKind::Interrupted => return Err(stopped),
            Some(Err(other)) => {
                let reason = format!("{}, and {}", failure.reason, other.reason);
                return Err(Failure::new(failure.kind, reason));
            }
            None => return Err(failure),
        };
        Ok(Photo {
            size: [image.width(), image.height()],
            scale: 1.0,
            memory,
            image,
            facts: PhotoFacts::default(),
            unread: None,
        })
    }

    /// Whether this is a raw file with a preview of more than 50 megapixels, which is decoded in a process
    /// of its own.
    pub(crate) fn is_large_preview(&self) -> bool {
        if !matches!(self.part, Part::Preview(_)) {
            return false;
        }
        let pixels = || {
            let [width, height] = self.open().ok()?.size();
            Some(u64::from(width) * u64::from(height))
        };
        let pixels = catch_unwind(AssertUnwindSafe(pixels)).unwrap_or(None);
        pixels.is_some_and(|pixels| pixels > LARGE_PREVIEW)
    }

    /// The facts alone, without decoding the picture.
    ///
    /// # Errors
    ///
    /// When the header cannot be read.
    pub fn facts(&self) -> Result<FileFacts, Failure> {
        if let Some(film) = self.film_facts() {
            return Ok(film);
        }
        if let Some(workers) = self.workers() {
            return workers.facts(&self.job());
        }
        let facts = || Ok(self.written(&*self.open()?).file);
        catch_unwind(AssertUnwindSafe(facts)).unwrap_or_else(|_| Err(gave_up()))
    }

    fn open(&self) -> Result<Box<dyn Decoder + '_>, Failure> {
        decoder::open(self.format()?, &self.bytes)
    }

    fn written(&self, decoder: &dyn Decoder) -> Written {
        let written = Written::read(decoder);
        match &self.part {
            Part::Preview(raw) => raw.written(written, decoder),
            Part::Whole => written,
            #[cfg(feature = "video")]
            Part::Film(_) => written,
        }
    }

    fn decode_unguarded(&self, frame: usize, side: u32) -> Result<Photo, Failure> {
        #[cfg(feature = "video")]
        if let Part::Film(parts) = &self.part {
            return parts.decode(&self.bytes, frame, side, (self.limits, &self.budget));
        }
        if frame > 0 {
            return Err(corrupt("it has one picture"));
        }
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
        let written = self.written(&*decoder);
        let Decoded {
            image,
            mut scale,
            profile,
            mut memory,
        } = decoder.decode(&Wanted {
            side,
            lies: written.lies(),
            budget: &self.budget,
        })?;
        let mut image = image.into_rgb8();
        if scale >= 1.0 {
            (image, scale) = reduced(image, side);
        }
        if let Some(profile) = profile {
            profile.convert(&mut image);
        }
        let mut image = DynamicImage::from(image);
        if let Some(orientation) = Orientation::from_exif(written.orientation) {
            image.apply_orientation(orientation);
        }
        let image = image.into_rgb8();
        memory.keep(image.len() as u64);
        Ok(Photo {
            size: turned([width, height], written.orientation),
            facts: PhotoFacts {
                difference_hash: Some(difference_hash(&image)),
                ..written.file.facts
            },
            unread: written.file.unread,
            image,
            scale,
            memory,
        })
    }
}

/// What a file says of its picture.
pub(crate) struct Written {
    pub file: FileFacts,
    /// The EXIF orientation that is to be applied to the decoded pixels.
    pub orientation: u8,
}

impl Written {
    fn read(decoder: &dyn Decoder) -> Self {
        let exif = decoder.exif();
        let turn = exif.as_ref().filter(|_| decoder.turns_by_exif());
        let orientation = turn.map_or(1, orientation);
        let [width, height] = decoder.size();
        let Collected {
            notes,
            unread,
            has_motion,
        } = decoder.notes(exif.as_ref());
        let mut written = Self {
            file: FileFacts {
                facts: PhotoFacts {
                    width,
                    height,
                    notes,
                    has_motion,
                    ..exif.as_ref().map(facts_of).unwrap_or_default()
                },
                unread,
            },
            orientation,
        };
        let facts = &mut written.file.facts;
        [facts.width, facts.height] = turned([width, height], orientation);
        written
    }

    /// Whether the stored picture lies on its side, as with orientations 5 to 8.
    fn lies(&self) -> bool {
        self.orientation > 4
    }
}

/// A size after its picture is turned by an EXIF orientation.
pub(crate) fn turned([width, height]: [u32; 2], orientation: u8) -> [u32; 2] {
    if orientation > 4 {
        [height, width]
    } else {
        [width, height]
    }
}

pub(crate) fn gave_up() -> Failure {
    corrupt("its decoder gave up on it")
}
