//! TIFF by `tiff`: of several pages the one that is the photo, and of its samples RGB.
//!
//! `image` reads TIFF through the same crate, but only the first page, and neither YCbCr nor CMYK or grey
//! with further channels.
//!
//! | samples | are read |
//! |---|---|
//! | grey of 1, 2, 4, 8 or 16 bits | yes |
//! | RGB and CMYK of 8 or 16 bits | yes |
//! | YCbCr of 8 bits | if JPEG packs it, or chroma is as large as luma |
//! | grey and RGB of floating point | as light |
//! | a palette, Lab, JPEG as before 1995 | no |

mod pages;
mod samples;
#[cfg(test)]
mod tests;

use crate::animation::is_empty;
use crate::colour::Profile;
use crate::decoder::{Decoded, Decoder, RGB, Wanted, believable, corrupt, exif_in};
use crate::notes::Collected;
use crate::{Failure, FailureKind};
use exif::Exif;
use image::DynamicImage;
use pages::Page;
use std::borrow::Cow;
use std::io::Cursor;
use tiff::TiffError;
use tiff::decoder::{ChunkType, Limits};
use tiff::tags::{CompressionMethod, Tag};
use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

type Reader<'a> = tiff::decoder::Decoder<Cursor<&'a [u8]>>;

/// The tag of an XMP packet.
const XMP: Tag = Tag::Unknown(700);
/// Bytes of an XMP packet or a profile at most.
const LONGEST_TAG: u64 = 4 << 20;
/// Bytes that the values of all other tags may take.
const TAGS: u64 = 64 << 20;
/// Pixels that the strips or tiles of a page may have beside twice its own: tiles reach over the edge of
/// small pictures. Many large ones in the way of a narrow page would take minutes.
const SPARE_PIXELS: u64 = 1 << 22;
/// Pages that are tried in the place of an empty one.
const TRIED: usize = 3;

/// A TIFF whose directories have been read.
pub(crate) struct Tiff<'a> {
    bytes: &'a [u8],
    /// The page that is the photo, then those that stand for it if it is empty.
    pages: Vec<Page>,
    size: [u32; 2],
    /// Bytes of a pixel of the file.
    pixel: u64,
    /// Whether its numbers are light instead of colours.
    is_light: bool,
}

impl<'a> Tiff<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let mut reader = reader(bytes, TAGS)?;
        let pages = pages::photos(&mut reader);
        let first = pages.first().map_or(0, |page| page.number);
        reader.seek_to_image(first).map_err(refused)?;
        let (width, height) = reader.dimensions().map_err(refused)?;
        let pixel = samples::bytes_of_a_pixel(&mut reader)?;
        let is_light = samples::are_light(&mut reader);
        Ok(Self {
            bytes,
            pages,
            size: [width, height],
            pixel,
            is_light,
        })
    }

    /// The page that is the photo. A file whose directories make no sense counts as one page.
    fn first(&self) -> usize {
        self.pages.first().map_or(0, |page| page.number)
    }

    /// The value of a long tag of the photo's page.
    fn tag(&self, tag: Tag) -> Result<Option<Vec<u8>>, TiffError> {
        let mut reader = Reader::new(Cursor::new(self.bytes))?;
        reader.seek_to_image(self.first())?;
        let mut directory = reader.image_ifd();
        let Some(entry) = directory.directory().get(tag) else {
            return Ok(None);
        };
        let length = entry.count().min(LONGEST_TAG).min(self.bytes.len() as u64);
        let mut value = vec![0; usize::try_from(length).unwrap_or(0)];
        let length = directory.find_tag_bytes(tag, &mut value, 0)?;
        value.truncate(length.unwrap_or(0));
        Ok(Some(value))
    }

    fn page(&self, number: usize, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let pixels = u64::from(self.size[0]) * u64::from(self.size[1]);
        let unpacked = pixels.saturating_mul(self.pixel);
        believable(unpacked, self.bytes.len())?;
        // The second is what a strip or tile is unpacked into.
        let copies = unpacked.saturating_mul(2);
        let rgb = pixels.saturating_mul(RGB);
        let bytes = copies
            .saturating_add(rgb)
            .saturating_add(wanted.turned(pixels, RGB));
        let memory = wanted.budget.picture(bytes);
        let mut reader = reader(self.bytes, unpacked.max(TAGS))?;
        reader.seek_to_image(number).map_err(refused)?;
        let (width, height) = reader.chunk_dimensions();
        // Strips are often said to have rows without end; the last one ends with the page.
        let height = match reader.get_chunk_type() {
            ChunkType::Strip => height.min(self.size[1]),
            ChunkType::Tile => height,
        };
        if !fits(self.size, [width, height]) {
            return Err(corrupt("its tiles are far larger than the picture"));
        }
        self.check_jpegs(&mut reader)?;
        Ok(Decoded {
            image: DynamicImage::ImageRgb8(samples::rgb(&mut reader)?),
            scale: 1.0,
            profile: None,
            memory,
        })
    }

    /// Decodes the photo's page, or if that is empty the first of the others that is not.
    fn not_empty(&self, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let first = self.page(self.first(), wanted)?;
        if self.pages.len() < 2 || !is_empty(&first.image) {
            return Ok(first);
        }
        // A thread that waits for memory must not hold any.
        drop(first);
        let mut others = self.pages[1..].iter().take(TRIED);
        let shown = others.find_map(|page| {
            let decoded = self.page(page.number, wanted).ok();
            decoded.filter(|decoded| !is_empty(&decoded.image))
        });
        shown.map_or_else(|| self.page(self.first(), wanted), Ok)
    }

    /// Refuses JPEGs that are larger than the strips or tiles that they fill. The decoder takes their
    /// memory before it compares them.
    fn check_jpegs(&self, reader: &mut Reader<'_>) -> Result<(), Failure> {
        let packed = reader
            .find_tag_unsigned(Tag::Compression)
            .map_err(refused)?;
        if packed != Some(CompressionMethod::ModernJPEG.to_u16()) {
            return Ok(());
        }
        let [places, lengths] = match reader.get_chunk_type() {
            ChunkType::Strip => [Tag::StripOffsets, Tag::StripByteCounts],
            ChunkType::Tile => [Tag::TileOffsets, Tag::TileByteCounts],
        };
        let places = reader.get_tag_u64_vec(places).map_err(refused)?;
        let lengths = reader.get_tag_u64_vec(lengths).map_err(refused)?;
        let (width, height) = reader.chunk_dimensions();
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(width as usize)
            .set_max_height(height as usize);
        let most = most_pixels(self.size);
        let mut pixels = 0_u64;
        for (place, length) in places.into_iter().zip(lengths) {
            let jpeg = usize::try_from(place).ok();
            let jpeg = jpeg.and_then(|place| self.bytes.get(place..));
            let jpeg = jpeg.ok_or_else(|| corrupt("it is cut off"))?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let jpeg = ZCursor::new(&jpeg[..length.min(jpeg.len())]);
            let mut decoder = JpegDecoder::new_with_options(jpeg, options);
            let header = decoder.decode_headers();
            header.map_err(|error| corrupt(error.to_string()))?;
            let size = decoder.dimensions();
            pixels += size.map_or(0, |(width, height)| width as u64 * height as u64);
            if pixels > most {
                return Err(corrupt("the JPEGs in it are larger than the picture"));
            }
        }
        Ok(())
    }
}

impl Decoder for Tiff<'_> {
    fn size(&self) -> [u32; 2] {
        self.size
    }

    fn exif(&self) -> Option<Exif> {
        let begins_with_it = match self.pages.first() {
            Some(page) if page.number > 0 => page.put_first(self.bytes),
            _ => Cow::Borrowed(self.bytes),
        };
        exif_in(&begins_with_it)
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        let xmp = self.tag(XMP);
        let packet = xmp.as_ref().ok().and_then(Option::as_deref);
        let mut notes = Collected::collect(packet, None, exif);
        if let Err(error) = &xmp {
            notes.unread = Some(format!("its XMP cannot be read: {error}"));
        }
        notes
    }

    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let decoded = self.not_empty(wanted)?;
        // Light became sRGB already.
        let written = self.tag(Tag::IccProfile).ok().flatten();
        let profile = written.filter(|_| !self.is_light);
        Ok(Decoded {
            profile: profile.as_deref().and_then(Profile::read),
            ..decoded
        })
    }
}

/// Pixels that the strips or tiles of a page of this size may have.
fn most_pixels([width, height]: [u32; 2]) -> u64 {
    let pixels = u64::from(width) * u64::from(height);
    pixels.saturating_mul(2).saturating_add(SPARE_PIXELS)
}

/// Whether strips or tiles of this size, side by side, are not far larger than the page.
fn fits([width, height]: [u32; 2], [tile_width, tile_height]: [u32; 2]) -> bool {
    let all = |side: u32, tile: u32| {
        let tile = u64::from(tile.max(1));
        u64::from(side).div_ceil(tile).saturating_mul(tile)
    };
    all(width, tile_width).saturating_mul(all(height, tile_height)) <= most_pixels([width, height])
}

/// Opens a file whose pictures and tags take so many bytes at most.
fn reader(bytes: &[u8], memory: u64) -> Result<Reader<'_>, Failure> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(memory).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = bytes.len();
    let reader = Reader::new(Cursor::new(bytes)).map_err(refused)?;
    Ok(reader.with_limits(limits))
}

/// Turns an error of `tiff` into a failure: a sound file that it does not decode is not damaged.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(error: TiffError) -> Failure {
    let kind = match error {
        TiffError::UnsupportedError(_) => FailureKind::Unsupported,
        TiffError::LimitsExceeded => FailureKind::TooLarge,
        _ => FailureKind::Corrupt,
    };
    Failure::new(kind, error.to_string())
}
