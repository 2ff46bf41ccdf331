//! Camera raw: the preview that the camera embeds stands for the photo.
//!
//! A search looks at a few hundred pixels, and every camera writes a JPEG of more beside the sensor's
//! data. Only the header, the directories and that JPEG are read: one to five megabytes of thirty to
//! sixty, which on a network drive is the whole speed. Developing the sensor's data was rejected: it takes
//! seconds a photo, and the maintained libraries for it are young or under the LGPL.
//!
//! | container | files | previews |
//! |---|---|---|
//! | TIFF | DNG, CR2, NEF, NRW, ARW, SR2, PEF, SRW, 3FR, IIQ, ERF, KDC, DCR, MEF, GPR | the JPEGs of all directories, and those of Nikon's and Pentax's notes |
//! | TIFF with another magic number | ORF, RW2, RWL | the same, Olympus's note, Panasonic's own tag |
//! | RAF | RAF | the JPEG behind the header |
//! | ISO 14496-12 | CR3 | Canon's boxes and the track that is a JPEG |
//!
//! Canon's CRW, Minolta's MRW and Sigma's X3F are recognised and not read. A TIFF is raw if one of its
//! directories has a sensor's mosaic or a DNG version. Otherwise the extension decides, because some
//! makers hide the mosaic in private directories, and nobody names an ordinary TIFF `.nef`.
//!
//! **Orientation.** The raw file's own counts, also where the preview has another: programs that turn a
//! photo write the raw file's, and most previews have none. There are two exceptions. A raw file without
//! an orientation (RAF) has that of its preview. A preview whose pixels
//! were turned upright already is not turned again: one is wide where the other is high.
//!
//! **Facts** are those of the raw file's EXIF, else of the preview's. Width and height are those of the
//! developed picture if the file says them (a DNG's crop, EXIF, the sensor's mosaic), else the preview's.
//!
//! **Identity.** The content's hash covers the file's size, the EXIF that facts are made of, and the
//! preview ([`CameraRaw::hash`]). All that a search sees is in it. What it misses is a change of the
//! sensor's data or of the maker's note alone, which keeps the size: such files count as copies.

mod contents;
mod cr3;
mod exif_block;
mod makers;
mod preview;
mod raf;
mod source;
#[cfg(test)]
mod tests;
mod tiff;

use crate::decode::{Written, turned};
use crate::decoder::Decoder;
use crate::facts::{facts_of, orientation, own_orientation};
use crate::notes::Collected;
use crate::{Failure, FailureKind, FileFacts};
use contents::Contents;
use exif::Exif;
use pixseek_record::PhotoFacts;
use preview::Place;
use serde::{Deserialize, Serialize};
use source::{ReadSeek, Source};
use std::io::SeekFrom;
use std::path::Path;
use tiff::Tiff;

/// Extensions of all makers' raw files.
const EXTENSIONS: [&str; 24] = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "gpr", "iiq", "kdc", "mef", "mos",
    "mrw", "nef", "nrw", "orf", "pef", "raf", "rw2", "rwl", "sr2", "srw", "x3f",
];

/// How a kind of raw file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Tiff,
    Raf,
    Cr3,
    /// Recognised and not read.
    Unknown,
}

/// Magic bytes of raw files, with their offsets.
const MAGICS: [(usize, &[u8], Container); 10] = [
    // Canon: CR2, which is a TIFF, and the older CRW.
    (0, b"II*\0\x10\0\0\0CR", Container::Tiff),
    (6, b"HEAPCCDR", Container::Unknown),
    (4, b"ftypcrx ", Container::Cr3),
    (0, b"FUJIFILMCCD-RAW", Container::Raf),
    // Olympus: TIFF with other third and fourth bytes.
    (0, b"IIRO", Container::Tiff),
    (0, b"IIRS", Container::Tiff),
    (0, b"MMOR", Container::Tiff),
    // Panasonic and Leica.
    (0, b"IIU\0", Container::Tiff),
    // Minolta, Sigma.
    (0, b"\0MRM", Container::Unknown),
    (0, b"FOVb", Container::Unknown),
];

/// Bytes of a file that are enough to recognise every kind.
const MAGIC_LENGTH: usize = 16;

/// What is known of a raw file beside its preview's bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CameraRaw {
    preview: Place,
    /// The fields that facts are made of, as a TIFF; empty if the file has none.
    exif: Vec<u8>,
    /// The developed picture's size, not yet turned upright.
    size: Option<[u32; 2]>,
}

/// Whether a file has the magic bytes of a raw file that is read, or of one that is not.
pub(crate) fn has_magic(bytes: &[u8]) -> Option<bool> {
    container(bytes).map(|container| container != Container::Unknown)
}

fn container(bytes: &[u8]) -> Option<Container> {
    let mut magics = MAGICS.iter();
    let has = |at: usize, magic| bytes.get(at..).is_some_and(|rest| rest.starts_with(magic));
    magics.find_map(|(at, magic, container)| has(*at, *magic).then_some(*container))
}

/// Whether a file has the extension of a raw file.
#[must_use]
pub fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|it| EXTENSIONS.contains(&it.to_ascii_lowercase().as_str()))
}

impl CameraRaw {
    /// Reads the header and the directories of a file if it is a raw file. Leaves the reader at the
    /// beginning of the preview, or of a file that is to be read whole.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or has no preview.
    pub(crate) fn find(
        path: &Path,
        reader: &mut dyn ReadSeek,
        size: u64,
    ) -> Result<Option<Self>, Failure> {
        let raw = Self::look(path, reader, size);
        let start = match &raw {
            Ok(Some(raw)) => raw.preview.at,
            _ => 0,
        };
        reader.seek(SeekFrom::Start(start)).map_err(unreadable)?;
        raw
    }

    fn look(path: &Path, reader: &mut dyn ReadSeek, size: u64) -> Result<Option<Self>, Failure> {
        let mut magic = Vec::new();
        let first = &mut std::io::Read::take(&mut *reader, MAGIC_LENGTH as u64);
        std::io::Read::read_to_end(first, &mut magic).map_err(unreadable)?;
        let known = container(&magic);
        let is_tiff = known.is_none() && (magic.starts_with(b"II") || magic.starts_with(b"MM"));
        if known == Some(Container::Unknown) || known.is_none() && !is_tiff {
            return Ok(None);
        }
        let source = Source::new(reader, size);
        let contents = match known {
            Some(Container::Raf) => Some(raf::contents(&source)),
            Some(Container::Cr3) => Some(cr3::contents(&source)),
            _ => Tiff::open(&source, 0).map(|(tiff, first)| Contents::of_tiff(&tiff, first)),
        };
        let is_raw = |it: &Contents| known.is_some() || it.has_sensor_data || has_extension(path);
        let raw = contents.filter(is_raw).map(|contents| {
            Ok(Self {
                exif: contents.exif.to_bytes(),
                size: contents.picture.size(),
                preview: preview::choose(&source, contents.places)?,
            })
        });
        // What a failed read left out would make another photo of the file.
        if let Some(error) = source.take_error() {
            return Err(unreadable(error));
        }
        raw.transpose()
    }

    /// Bytes of the preview.
    pub(crate) fn length(&self) -> u64 {
        self.preview.length
    }

    /// The identity of a raw file: BLAKE3 over a name for this kind of hash, the file's size, and then the
    /// EXIF and the preview, each behind its length.
    pub(crate) fn hash(&self, size: u64, preview: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"pixseek camera raw 1\n");
        hasher.update(&size.to_le_bytes());
        for part in [self.exif.as_slice(), preview] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        *hasher.finalize().as_bytes()
    }

    /// What the raw file says, and what its preview adds to it.
    pub(crate) fn written(&self, preview: Written, decoder: &dyn Decoder) -> Written {
        let exif = exif::Reader::new().read_raw(self.exif.clone()).ok();
        let orientation = self.orientation(exif.as_ref(), decoder);
        let [width, height] = self.upright_size(turned(decoder.size(), orientation));
        let own = exif.as_ref().map(facts_of).unwrap_or_default();
        let notes = Collected::collect(None, None, exif.as_ref());
        let other = preview.file.facts;
        let (notes, unread) = if notes == Collected::default() {
            (other.notes, preview.file.unread)
        } else {
            (notes.notes, notes.unread)
        };
        let (taken, taken_seconds) = match own.taken {
            Some(taken) => (Some(taken), own.taken_seconds),
            None => (other.taken, other.taken_seconds),
        };
        let (place, place_words) = match own.place {
            Some(place) => (Some(place), own.place_words),
            None => (other.place, other.place_words),
        };
        let facts = PhotoFacts {
            width,
            height,
            taken,
            taken_seconds,
            camera: own.camera.or(other.camera),
            lens: own.lens.or(other.lens),
            iso: own.iso.or(other.iso),
            exposure: own.exposure.or(other.exposure),
            place,
            place_words,
            notes,
            ..PhotoFacts::default()
        };
        let file = FileFacts { facts, unread };
        Written { file, orientation }
    }

    /// The orientation by which the preview becomes upright.
    fn orientation(&self, own: Option<&Exif>, preview: &dyn Decoder) -> u8 {
        let Some(own) = own.and_then(own_orientation) else {
            return preview.exif().as_ref().map_or(1, orientation);
        };
        let is_other_way = |sensor| is_high(sensor) != is_high(preview.size());
        let is_upright_already = own > 4 && self.size.is_some_and(is_other_way);
        if is_upright_already { 1 } else { own }
    }

    /// The upright size of the developed picture, or of the upright preview if that is not known.
    fn upright_size(&self, preview: [u32; 2]) -> [u32; 2] {
        let Some(size) = self.size else {
            return preview;
        };
        let [width, height] = size;
        let size = if is_high(size) == is_high(preview) {
            size
        } else {
            [height, width]
        };
        // A preview shows the developed picture, so it cannot have more pixels along a side.
        let is_smaller = size[0] < preview[0] || size[1] < preview[1];
        if is_smaller { preview } else { size }
    }
}

fn is_high([width, height]: [u32; 2]) -> bool {
    height > width
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` passes it by value"
)]
fn unreadable(error: std::io::Error) -> Failure {
    Failure::new(FailureKind::Unreadable, error.to_string())
}
