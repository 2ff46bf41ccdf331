//! HEIF: HEIC with pictures of HEVC, AVIF with pictures of AV1, both put together alike.
//!
//! The container comes from `heifer-isobmff`, and a codec decodes the coded pictures. Grids, overlays,
//! transformations, opacity and colour are done here once for all codecs: crates that decode HEIC whole
//! know no AV1, refuse high ranges, and hold four samples for each pixel.
//!
//! The rotation of the container is applied, and that of EXIF is not: it says the same again.
//! The thumbnails inside are not used, because some are cut or not rotated, and a sound one would hide a
//! damaged picture. That of a Samsung, 512 x 384, gives a vector of a cosine of 0.993 to the photo's.

mod av1;
#[cfg(not(feature = "heic"))]
mod command;
mod frame;
#[cfg(feature = "heic")]
mod hevc;
mod item;
mod overlay;
mod transform;

use crate::Failure;
use crate::colour::profile_to_srgb;
use crate::decoder::{Decoded, Decoder, RGB, Wanted, believable, corrupt, unsupported};
use crate::motion::has_motion;
use crate::notes::Collected;
use exif::Exif;
use heifer_isobmff::{BoxIter, HeifFile, ItemId};
use image::DynamicImage;
use item::{DEEPEST, Items};

/// A HEIF file whose container has been read.
pub(crate) struct Heif<'a> {
    bytes: &'a [u8],
    file: HeifFile<'a>,
    size: [u32; 2],
}

/// Bytes of a table of items at most; those of a phone's 200 megapixels have 17 kB. The container's parser
/// compares every item with every row of the other tables.
const LONGEST_TABLE: usize = 256 << 10;
/// How many times the pixels of the picture may be decoded: tiles reach over the edge, and opacity is a
/// picture, too.
const WORK: u64 = 4;
/// Pixels that may be decoded in any case.
const LEAST_WORK: u64 = 1 << 22;

impl<'a> Heif<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        if !has_short_tables(bytes) {
            return Err(unsupported("HEIF of thousands of pictures"));
        }
        let file = HeifFile::parse(without_trailer(bytes)).map_err(damaged)?;
        let size = shown_size(&file, file.primary_id, 0)?;
        Ok(Self { bytes, file, size })
    }

    /// Bytes that decoding takes at most.
    fn memory(&self) -> Result<u64, Failure> {
        let area = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
        let id = self.file.primary_id;
        let mut bytes = area(self.size).saturating_mul(RGB);
        if transform::has_any(&self.file, id)? {
            bytes = bytes.saturating_mul(2);
        }
        if item::opacity_of(&self.file, id)?.is_some() {
            bytes = bytes.saturating_add(area(self.size).saturating_mul(RGB + 2));
        }
        // Pictures are decoded one after another; the largest counts.
        let mut largest = 0;
        for item in &self.file.items {
            let Some(samples) = item::samples(&self.file, item) else {
                continue;
            };
            let size = size_of(&self.file, item.id).unwrap_or_default();
            largest = largest.max(area(size).saturating_mul(samples));
        }
        Ok(bytes.saturating_add(largest))
    }
}

/// The boxes of a file without what lies behind the last whole one: some cameras and programs append
/// bytes of their own, which the container's parser would take for a broken box. Without boxes that can
/// be stepped over, all bytes.
fn without_trailer(bytes: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut has_meta = false;
    while let Some((kind, length)) = bytes.get(end..).and_then(box_header) {
        let Some(next) = end.checked_add(length).filter(|next| *next <= bytes.len()) else {
            break;
        };
        has_meta |= kind == *b"meta";
        end = next;
    }
    if has_meta { &bytes[..end] } else { bytes }
}

/// The kind of the box that begins here, and its length with the header.
fn box_header(bytes: &[u8]) -> Option<([u8; 4], usize)> {
    let number = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let kind = *bytes.get(4..)?.first_chunk()?;
    let length = match number(0)? {
        0 => bytes.len(),
        1 => {
            let high = usize::try_from(number(8)?).ok()?.checked_mul(1 << 32)?;
            high.checked_add(usize::try_from(number(12)?).ok()?)?
        }
        short => usize::try_from(short).ok()?,
    };
    let is_name = kind
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    (length >= 8 && is_name).then_some((kind, length))
}

impl Decoder for Heif<'_> {
    fn size(&self) -> [u32; 2] {
        self.size
    }

    fn turns_by_exif(&self) -> bool {
        false
    }

    fn exif(&self) -> Option<Exif> {
        let written = self.file.exif(self.file.primary_id).ok()??;
        exif::Reader::new().read_raw(written).ok()
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        let packet = self.file.xmp(self.file.primary_id).ok().flatten();
        Collected {
            has_motion: has_motion(packet.as_deref(), self.bytes),
            ..Collected::collect(packet.as_deref(), None, exif)
        }
    }

    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let pixels = u64::from(self.size[0]) * u64::from(self.size[1]);
        believable(pixels.saturating_mul(RGB), self.bytes.len())?;
        let memory = wanted.budget.picture(self.memory()?);
        let id = self.file.primary_id;
        let profile = self.file.icc_profile(id).map_err(damaged)?;
        let work = (pixels * WORK).max(LEAST_WORK);
        let items = Items::new(&self.file, profile.is_some(), work);
        #[cfg(feature = "heic")]
        let mut picture = items.decode(id, 0, None)?;
        #[cfg(not(feature = "heic"))]
        let mut picture = if item::has_hevc(&self.file, id) {
            command::decode(self.bytes, self.size)?
        } else {
            items.decode(id, 0, None)?
        };
        if let Some(profile) = profile {
            profile_to_srgb(profile, &mut picture.rgb);
        }
        let (width, height) = picture.rgb.dimensions();
        if [width, height] != self.size {
            return Err(corrupt("its size changes on the way"));
        }
        Ok(Decoded {
            image: DynamicImage::ImageRgb8(picture.over(|_, _| [255; 3])),
            scale: 1.0,
            profile: None,
            memory,
        })
    }
}

/// Whether the tables of items, of their places, references and properties are short.
fn has_short_tables(bytes: &[u8]) -> bool {
    let parts = |bytes| BoxIter::new(bytes).map_while(Result::ok);
    let metas = parts(bytes).filter(|part| &part.header.box_type.0 == b"meta");
    // Version and flags come first.
    let inner = metas.flat_map(|meta| parts(meta.content.get(4..).unwrap_or_default()));
    let mut tables = inner.flat_map(|part| match &part.header.box_type.0 {
        b"iprp" => parts(part.content).collect(),
        b"iinf" | b"iloc" | b"iref" => vec![part],
        _ => Vec::new(),
    });
    tables.all(|part| &part.header.box_type.0 == b"ipco" || part.content.len() <= LONGEST_TABLE)
}

/// The size of an item's picture before its transformations.
fn size_of(file: &HeifFile<'_>, id: ItemId) -> Result<[u32; 2], Failure> {
    let size = file.image_size(id).map_err(damaged)?;
    let (width, height) = size.ok_or_else(|| corrupt("it does not say how large it is"))?;
    if width == 0 || height == 0 {
        return Err(corrupt("it has no pixels"));
    }
    Ok([width, height])
}

/// The size of an item's picture as it is shown.
fn shown_size(file: &HeifFile<'_>, id: ItemId, depth: u32) -> Result<[u32; 2], Failure> {
    if depth > DEEPEST {
        return Err(corrupt("its pictures are made of too many others"));
    }
    let kind = file.item(id).map_err(damaged)?.item_type.0;
    let size = match &kind {
        b"grid" => {
            let grid = file.grid(id).map_err(damaged)?;
            [grid.output_width, grid.output_height]
        }
        b"iden" | b"tmap" => {
            let source = file.referenced_items(id, b"dimg").first();
            let source = source.ok_or_else(|| corrupt("a picture is made of none"))?;
            shown_size(file, *source, depth + 1)?
        }
        _ => size_of(file, id)?,
    };
    transform::size_after(file, id, size)
}

/// A container that breaks its own rules.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn damaged(error: heifer_isobmff::Error) -> Failure {
    corrupt(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{has_short_tables, without_trailer};

    #[test]
    fn tables_that_take_minutes_to_compare_are_refused() {
        let plain = include_bytes!("../tests/formats/plain.heic");
        assert!(has_short_tables(plain));
        let boxed = |kind: &[u8; 4], content: &[u8]| {
            let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
            [&length, kind.as_slice(), content].concat()
        };
        let long = vec![0; 300_000];
        let places = boxed(
            b"meta",
            &[&[0; 4], boxed(b"iloc", &long).as_slice()].concat(),
        );
        assert!(!has_short_tables(&[plain.as_slice(), &places].concat()));
        let properties = boxed(b"iprp", &boxed(b"ipma", &long));
        let properties = boxed(b"meta", &[&[0; 4], properties.as_slice()].concat());
        assert!(!has_short_tables(&properties));
    }

    #[test]
    fn bytes_behind_the_last_box_are_left_out() {
        let boxes = b"\0\0\0\x0cftypheic\0\0\0\x0ametaxx\0\0\0\x01mdat\0\0\0\0\0\0\0\x12yy";
        assert_eq!(without_trailer(boxes), boxes);
        for trailer in [&b"x"[..], b"SEFH\0\0\0\x01SEFT", &[0; 7], &[255; 4096]] {
            let whole = [boxes, trailer].concat();
            assert_eq!(without_trailer(&whole), boxes);
        }
        assert_eq!(
            without_trailer(b"\0\0\0\x0cftypheicx"),
            b"\0\0\0\x0cftypheicx"
        );
        assert_eq!(without_trailer(&boxes[..30]), &boxes[..22]);
    }
}
