//! A film: its facts, its key frames, and the pictures of these.

use crate::boxes::{Fields, descendant};
use crate::colour::Colour;
use crate::container::{Container, Extent, bytes_at};
use crate::empty::is_empty;
use crate::fragments::Fragmented;
use crate::h264;
#[cfg(feature = "hevc")]
use crate::hevc;
use crate::metadata::{self, MovieClock};
use crate::plan::{Slot, plan};
use crate::samples::Samples;
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
    /// The facts that films share with photos; width and height are those of the upright picture.
    pub photo: PhotoFacts,
    /// The length in milliseconds; 0 if it is not known.
    pub duration_ms: u64,
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
    /// When it is shown.
    pub time_ms: u64,
    /// The key frame, and those beside it, which stand in if it is empty.
    samples: Vec<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sample {
    time_ms: u64,
    extent: Extent,
}

/// A picture of a film.
pub struct Still {
    /// When it is shown: another time than that of its [`KeyFrame`] if that was empty.
    pub time_ms: u64,
    /// The picture, upright.
    pub image: RgbImage,
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
        let duration_ms = duration(moov, clock.as_ref(), &track, fragmented.end);
        let shown = |time: i64| track.time_ms(time, clock.as_ref());
        let key_frames = if let Some(samples) = samples {
            let sync = samples.sync_samples();
            let times = sync.iter().map(|sample| shown(sample.time));
            let locate = |position: usize| samples.locate(sync.get(position)?.index);
            key_frames(times, duration_ms, locate)
        } else {
            let times = fragmented.sync.iter().map(|found| shown(found.time));
            let locate = |position: usize| Some(fragmented.sync.get(position)?.extent);
            key_frames(times, duration_ms, locate)
        };
        let mut identity = blake3::Hasher::new();
        identity.update(DOMAIN);
        identity.update(&container.length.to_le_bytes());
        identity.update(moov);
        Ok(Self {
            facts: FilmFacts {
                photo: upright(&track, metadata::facts(moov, clock.as_ref())),
                duration_ms,
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
        let pixels = u64::from(photo.width) * u64::from(photo.height);
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
                Ok(image) => {
                    let still = Still {
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

    fn picture(&mut self, extent: Extent, side: u32) -> Result<RgbImage, Failure> {
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
            Ok(image.into_rgb8())
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

impl Track<'_> {
    /// The time at which players show a sample; negative if they do not.
    fn time_ms(&self, time: i64, movie: Option<&MovieClock>) -> i64 {
        let delay = movie.map_or(0, |movie| milliseconds(self.edit.delay, movie.timescale));
        let shown = i128::from(time) - i128::from(self.edit.start);
        let shown = shown * 1000 / i128::from(self.timescale) + i128::from(delay);
        i64::try_from(shown).unwrap_or(-1)
    }
}

/// Chooses key frames by the times of all.
fn key_frames(
    times: impl Iterator<Item = i64>,
    duration_ms: u64,
    locate: impl Fn(usize) -> Option<Extent>,
) -> Vec<KeyFrame> {
    let mut shown: Vec<(u64, usize)> = times
        .enumerate()
        .filter_map(|(position, time)| Some((u64::try_from(time).ok()?, position)))
        .filter(|(time, _)| duration_ms == 0 || *time <= duration_ms)
        .collect();
    if shown.is_empty() {
        // The edit begins behind the only key frame: what is shown needs it.
        shown.push((0, 0));
    }
    shown.sort_unstable();
    let (times, positions): (Vec<u64>, Vec<usize>) = shown.into_iter().unzip();
    let last = times.last().copied().unwrap_or_default();
    let sample = |place: usize| {
        Some(Sample {
            time_ms: *times.get(place)?,
            extent: locate(*positions.get(place)?)?,
        })
    };
    let frame = |slot: Slot| {
        let samples: Vec<Sample> = slot.into_iter().filter_map(sample).collect();
        let time_ms = samples.first()?.time_ms;
        Some(KeyFrame { time_ms, samples })
    };
    let slots = plan(&times, duration_ms.max(last));
    slots.into_iter().filter_map(frame).collect()
}

/// The length of a film in milliseconds, by the first of its boxes that knows it.
fn duration(moov: &[u8], clock: Option<&MovieClock>, track: &Track<'_>, fragments: i64) -> u64 {
    let of_movie = clock.map_or(0, |clock| milliseconds(clock.duration, clock.timescale));
    let of_fragments = || {
        let mut fields = Fields::new(descendant(moov, &[*b"mvex", *b"mehd"])?);
        let (version, _) = fields.version()?;
        Some(milliseconds(fields.versioned(version)?, clock?.timescale))
    };
    let of_samples = u64::try_from(fragments).unwrap_or_default();
    [
        of_movie,
        of_fragments().unwrap_or_default(),
        milliseconds(of_samples, track.timescale),
        milliseconds(track.duration, track.timescale),
    ]
    .into_iter()
    .find(|duration| *duration > 0)
    .unwrap_or_default()
}

fn milliseconds(units: u64, timescale: u32) -> u64 {
    let milliseconds = u128::from(units) * 1000 / u128::from(timescale.max(1));
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}

/// The facts with the size of the upright picture.
fn upright(track: &Track<'_>, facts: PhotoFacts) -> PhotoFacts {
    let [width, height] = track.size;
    let is_on_its_side = matches!(degrees(track.orientation), 90 | 270);
    let (width, height) = if is_on_its_side {
        (height, width)
    } else {
        (width, height)
    };
    PhotoFacts {
        width,
        height,
        ..facts
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
