//! A film: its facts, its key frames, and the pictures of these.

use crate::colour::Colour;
use crate::container::{Container, Extent, bytes_at};
use crate::empty::is_empty;
use crate::fragments::Fragmented;
use crate::h264;
#[cfg(feature = "hevc")]
use crate::hevc;
use crate::metadata::{self, MovieClock};
use crate::samples::Samples;
use crate::timing::Timing;
use crate::track::{Codec, Track};
use crate::units::damaged;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use pixseek_record::{Failure, FailureKind, PhotoFacts};
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is read of a film at most.
#[derive(Debug, Clone, Copy)]
pub struct FilmLimits {
    /// Pixels of a picture; 70 million by default, which is more than 8K has.
    pub pixels: u64,
    /// Bytes of the boxes that describe the film; 64 MiB by default. A film of an hour has about 2 MB.
    pub tables: u64,
    /// Bytes of a coded key frame; 32 MiB by default.
    pub sample: u64,
}

/// What a film's container says.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmFacts {
    /// The facts that films share with photos; width and height are those of the upright picture, and 0
    /// if they are not known.
    pub photo: PhotoFacts,
    /// The length in milliseconds, above 0, if it is known.
    pub duration_ms: Option<u64>,
    /// The codec by the name that people know: `H.264`, `HEVC`, `AV1`.
    pub codec: String,
    /// By how many degrees players turn the pictures clockwise: 0, 90, 180 or 270.
    pub rotation: u16,
}

/// A film that has been opened: its tables have been read, and no picture yet.
pub struct Film<R> {
    file: R,
    limits: FilmLimits,
    facts: FilmFacts,
    key_frames: Vec<KeyFrame>,
    codec: Codec,
    colour: Colour,
    orientation: Orientation,
    /// The hash of what has been read so far.
    identity: blake3::Hasher,
}

/// A place of the film at which a picture is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFrame {
    /// When it is shown, if the film says so.
    pub time_ms: Option<u64>,
    /// The key frame, and those beside it, which stand in if it is empty.
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub time_ms: Option<u64>,
    pub extent: Extent,
}

/// A picture of a film.
pub struct Still {
    /// When it is shown: another time than that of its [`KeyFrame`] if that was empty.
    pub time_ms: Option<u64>,
    /// The picture, upright.
    pub image: RgbImage,
    /// Width and height of the whole picture, upright.
    pub size: [u32; 2],
    /// Whether it is of one colour, and so are those beside it.
    pub is_empty: bool,
}

/// What the identity of a film begins with, so that it is that of no photo.
const DOMAIN: &[u8] = b"pixseek film 1\0";

impl Default for FilmLimits {
    fn default() -> Self {
        Self {
            pixels: 70_000_000,
            tables: 64 << 20,
            sample: 32 << 20,
        }
    }
}

impl<R: Read + Seek> Film<R> {
    /// Reads what describes the film, by seeking: its pictures and its sound are not read.
    ///
    /// # Errors
    ///
    /// When the file is no MP4 or MOV film, has no pictures, is cut off, or is over the limits.
    pub fn open(file: R, limits: FilmLimits) -> Result<Self, Failure> {
        catch_unwind(AssertUnwindSafe(|| Self::open_unguarded(file, limits)))
            .unwrap_or_else(|_| Err(damaged("the reader of films gave up on it")))
    }

    fn open_unguarded(mut file: R, limits: FilmLimits) -> Result<Self, Failure> {
        let container = Container::read(&mut file, limits.tables)?;
        let moov = &container.moov;
        let track = Track::choose(moov)?;
        let clock = MovieClock::read(moov);
        let samples = Samples::of(track.table).filter(|samples| samples.count() > 0);
        let fragmented = if samples.is_none() {
            Fragmented::read(moov, track.id, &container.fragments)
        } else {
            Fragmented::default()
        };
        let in_tables = samples.as_ref().map_or(0, Samples::duration);
        let units = [
            fragmented.end.try_into().unwrap_or(0),
            in_tables,
            track.duration,
        ];
        let timing = Timing::read(moov, clock.as_ref(), &track, units);
        let shown = |time: i64| timing.shown(&track, time, clock.as_ref());
        let key_frames = if let Some(samples) = samples {
            let sync = samples.sync_samples();
            let times = sync.iter().map(|sample| shown(sample.time));
            let locate = |position: usize| samples.locate(sync.get(position)?.index);
            timing.key_frames(times, locate)
        } else {
            let times = fragmented.sync.iter().map(|found| shown(found.time));
            let locate = |position: usize| Some(fragmented.sync.get(position)?.extent);
            timing.key_frames(times, locate)
        };
        let mut identity = blake3::Hasher::new();
        identity.update(DOMAIN);
        identity.update(&container.length.to_le_bytes());
        identity.update(moov);
        Ok(Self {
            facts: FilmFacts {
                photo: upright(&track, limits.pixels, metadata::facts(moov, clock.as_ref())),
                duration_ms: timing.duration_ms,
                codec: track.codec.name().to_owned(),
                rotation: degrees(track.orientation),
            },
            key_frames,
            codec: track.codec,
            colour: track.colour,
            orientation: track.orientation,
            file,
            limits,
            identity,
        })
    }

    /// What the container says.
    pub fn facts(&self) -> &FilmFacts {
        &self.facts
    }

    /// Up to eight places, spread over the film; fewer for short films and for those with few key
    /// frames, and none for a film without any.
    pub fn key_frames(&self) -> &[KeyFrame] {
        &self.key_frames
    }

    /// Whether the codec is decoded here; else [`crate::Ffmpeg`] may know it.
    pub fn is_decoded_here(&self) -> bool {
        match self.codec {
            Codec::H264(_) => true,
            Codec::Hevc(_) => cfg!(feature = "hevc"),
            Codec::Other(_) => false,
        }
    }

    /// The most bytes that decoding a picture takes, about, for a budget.
    pub fn memory(&self) -> u64 {
        let photo = &self.facts.photo;
        let pixels = match u64::from(photo.width) * u64::from(photo.height) {
            // What is not known is refused above the limit.
            0 => self.limits.pixels,
            pixels => pixels,
        };
        // The decoders' planes and their notes on each block, the planes of 16 bits, and RGB twice.
        pixels.saturating_mul(16)
    }

    /// The identity of the film: BLAKE3 of its size, its tables and its key frames, so that large
    /// files need not be read whole.
    ///
    /// # Errors
    ///
    /// When a key frame cannot be read.
    pub fn identity(&mut self) -> Result<[u8; 32], Failure> {
        let mut identity = self.identity.clone();
        let frames: Vec<Extent> = self
            .key_frames
            .iter()
            .filter_map(|frame| Some(frame.samples.first()?.extent))
            .collect();
        for extent in frames {
            let sample = self.sample(extent)?;
            identity.update(&extent.length.to_le_bytes());
            identity.update(&sample);
        }
        Ok(*identity.finalize().as_bytes())
    }

    /// Decodes the picture of a key frame, at a part of its size if the shorter side then has at least
    /// `side` pixels. If it is empty or damaged, one of those beside it stands in.
    ///
    /// # Errors
    ///
    /// When no picture there can be decoded. The kind is [`FailureKind::Unsupported`] if the codec is
    /// the reason.
    pub fn decode(&mut self, frame: &KeyFrame, side: u32) -> Result<Still, Failure> {
        let mut empty = None;
        let mut failure = None;
        for sample in &frame.samples {
            match self.picture(sample.extent, side) {
                Ok((image, whole)) => {
                    let still = Still {
                        size: whole,
                        time_ms: sample.time_ms,
                        is_empty: is_empty(&image),
                        image,
                    };
                    if !still.is_empty {
                        return Ok(still);
                    }
                    empty = empty.or(Some(still));
                }
                Err(refused) if refused.kind == FailureKind::Unsupported => return Err(refused),
                Err(refused) => failure = failure.or(Some(refused)),
            }
        }
        empty.ok_or_else(|| failure.unwrap_or_else(|| damaged("a key frame is missing")))
    }

    fn picture(&mut self, extent: Extent, side: u32) -> Result<(RgbImage, [u32; 2]), Failure> {
        let sample = self.sample(extent)?;
        let most = self.limits.pixels;
        let decode = || {
            let mut planes = match &self.codec {
                Codec::H264(configuration) => h264::decode(configuration, &sample, most)?,
                #[cfg(feature = "hevc")]
                Codec::Hevc(configuration) => hevc::decode(configuration, &sample, most)?,
                other => {
                    let reason = format!("{} is not decoded", other.name());
                    return Err(Failure::new(FailureKind::Unsupported, reason));
                }
            };
            planes.colour = planes.colour.or(self.colour);
            let mut image = DynamicImage::ImageRgb8(planes.to_rgb(side)?);
            image.apply_orientation(self.orientation);
            let (width, height) = (planes.luma.width, planes.luma.height);
            let whole = [width, height].map(|pixels| u32::try_from(pixels).unwrap_or(u32::MAX));
            Ok((image.into_rgb8(), turned(whole, self.orientation)))
        };
        catch_unwind(AssertUnwindSafe(decode))
            .unwrap_or_else(|_| Err(damaged("the decoder gave up on it")))
    }

    fn sample(&mut self, extent: Extent) -> Result<Vec<u8>, Failure> {
        if extent.length > self.limits.sample {
            let reason = format!("{} MB in one key frame", extent.length >> 20);
            return Err(Failure::new(FailureKind::TooLarge, reason));
        }
        bytes_at(&mut self.file, extent)
    }
}

/// The facts with the size of the upright picture: the one that the pictures are coded with. The size that
/// the container states beside it counts for codecs that are not decoded here, if it is possible.
fn upright(track: &Track<'_>, most_pixels: u64, facts: PhotoFacts) -> PhotoFacts {
    let is_possible = |[width, height]: &[u32; 2]| {
        let pixels = u64::from(*width) * u64::from(*height);
        (1..=most_pixels).contains(&pixels)
    };
    let size = track.codec.size().unwrap_or(track.size);
    let size = Some(size).filter(is_possible).unwrap_or_default();
    let [width, height] = turned(size, track.orientation);
    PhotoFacts {
        width,
        height,
        ..facts
    }
}

/// A size after its picture is turned upright.
fn turned([width, height]: [u32; 2], orientation: Orientation) -> [u32; 2] {
    if matches!(degrees(orientation), 90 | 270) {
        [height, width]
    } else {
        [width, height]
    }
}

fn degrees(orientation: Orientation) -> u16 {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate90FlipH => 90,
        Orientation::Rotate180 | Orientation::FlipVertical => 180,
        Orientation::Rotate270 | Orientation::Rotate270FlipH => 270,
        Orientation::NoTransforms | Orientation::FlipHorizontal => 0,
    }
}

#[cfg(test)]
impl<R> Film<R> {
    pub(crate) fn file(&self) -> &R {
        &self.file
    }
}

#[cfg(test)]
impl KeyFrame {
    /// Where the key frame lies: its offset and its length.
    pub(crate) fn first_extent(&self) -> (u64, u64) {
        let Extent { offset, length } = self.samples[0].extent;
        (offset, length)
    }
}
