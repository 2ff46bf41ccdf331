//! Finds the boxes that describe a film in its file, by seeking from box to box. The pictures and the
//! sound between them are not read.

use crate::boxes::{Header, Kind, child};
use pixseek_record::{Failure, FailureKind};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Where bytes lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub offset: u64,
    pub length: u64,
}

/// A fragment's description, and where it began in the file: offsets in it may count from there.
pub(crate) struct Fragment {
    pub at: u64,
    pub moof: Vec<u8>,
}

/// What describes a film.
pub(crate) struct Container {
    /// Bytes of the whole file.
    pub length: u64,
    /// The content of the movie box.
    pub moov: Vec<u8>,
    /// The fragments; none for films in one piece.
    pub fragments: Vec<Fragment>,
}

/// Boxes at the top of a file to step over at most. A fragmented film of a day in fragments of two
/// seconds has 86,400.
const MOST_BOXES: usize = 100_000;

/// The first boxes of a `QuickTime` file without the box for its brand.
const QUICKTIME: [&Kind; 6] = [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

/// Extensions of films in these containers.
const EXTENSIONS: [&str; 7] = ["mp4", "m4v", "mov", "qt", "3gp", "3gpp", "3g2"];

/// Brands of still pictures, and of camera raw files.
const NOT_FILMS: [&Kind; 14] = [
    b"avif", b"avis", b"crx ", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1",
    b"msf1", b"mif2", b"jxl ", b"jp2 ",
];

/// How the brands of films begin.
const BRANDS: [&[u8]; 14] = [
    b"iso", b"mp4", b"qt", b"3gp", b"3g2", b"M4V", b"avc1", b"hvc1", b"hev1", b"av01", b"dash",
    b"MSNV", b"XAVC", b"f4v",
];

/// Whether a file is a film, by its first 12 bytes.
#[must_use]
pub fn is_film(magic: &[u8]) -> bool {
    let kind = magic.get(4..).and_then(|rest| rest.first_chunk::<4>());
    match kind {
        Some(b"ftyp") => {
            let brand = magic.get(8..).and_then(|rest| rest.first_chunk::<4>());
            brand.is_some_and(|brand| !NOT_FILMS.contains(&brand))
        }
        Some(kind) => QUICKTIME.contains(&kind),
        None => false,
    }
}

/// Whether a file is a film although its name is that of a photo, by its first 12 bytes: it has a brand
/// of films, where [`is_film`] takes every brand that is not one of still pictures.
#[must_use]
pub fn is_surely_film(magic: &[u8]) -> bool {
    let is_brand = |brand: &[u8]| BRANDS.iter().any(|known| brand.starts_with(known));
    is_film(magic) && (magic.get(4..8) != Some(b"ftyp") || magic.get(8..12).is_some_and(is_brand))
}

/// Whether a file may be a film, by its extension.
#[must_use]
pub fn may_be_film(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|it| EXTENSIONS.contains(&it.to_ascii_lowercase().as_str()))
}

impl Container {
    /// Reads the boxes that describe a film, `most` bytes of them at most.
    pub(crate) fn read(file: &mut (impl Read + Seek), most: u64) -> Result<Self, Failure> {
        let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        let magic = bytes_at(
            file,
            Extent {
                offset: 0,
                length: 12.min(length),
            },
        )?;
        if !is_film(&magic) {
            return Err(Failure::new(
                FailureKind::NotAPhoto,
                "not an MP4 or MOV film",
            ));
        }
        let mut moov = None;
        let mut fragments = Vec::new();
        let mut left = most;
        let mut offset = 0;
        for _ in 0..MOST_BOXES {
            let Some(header) = header_at(file, offset, length)? else {
                break;
            };
            let inside = offset.saturating_add(header.length);
            let until_end = length.saturating_sub(inside);
            let content = Extent {
                offset: inside,
                length: header.content.unwrap_or(until_end),
            };
            let describes = match &header.kind {
                b"moov" => moov.is_none(),
                b"moof" => moov.is_some(),
                _ => false,
            };
            if describes {
                if content.length > until_end {
                    return Err(cut_off());
                }
                left = left
                    .checked_sub(content.length)
                    .ok_or_else(|| too_long(most))?;
                let bytes = bytes_at(file, content)?;
                if header.kind == *b"moof" {
                    fragments.push(Fragment {
                        at: offset,
                        moof: bytes,
                    });
                } else {
                    let is_whole = child(&bytes, *b"mvex").is_none();
                    moov = Some(bytes);
                    if is_whole {
                        break;
                    }
                }
            }
            offset = inside.saturating_add(content.length);
            if offset >= length {
                break;
            }
        }
        let moov = moov.ok_or_else(cut_off)?;
        if child(&moov, *b"cmov").is_some() {
            let reason = "a film with a compressed table of contents";
            return Err(Failure::new(FailureKind::Unsupported, reason));
        }
        Ok(Self {
            length,
            moov,
            fragments,
        })
    }
}

fn header_at(
    file: &mut (impl Read + Seek),
    offset: u64,
    length: u64,
) -> Result<Option<Header>, Failure> {
    let longest = Header::LONGEST as u64;
    let length = length.saturating_sub(offset).min(longest);
    Ok(Header::read(&bytes_at(file, Extent { offset, length })?))
}

/// Reads bytes of a file, whose length the caller has held against a limit.
pub(crate) fn bytes_at(file: &mut (impl Read + Seek), extent: Extent) -> Result<Vec<u8>, Failure> {
    // No file is so long, and the system would call it an invalid argument.
    if i64::try_from(extent.offset).is_err() {
        return Err(cut_off());
    }
    file.seek(SeekFrom::Start(extent.offset))
        .map_err(unreadable)?;
    // Without a reservation, what the file claims takes no memory before it has been read.
    let mut bytes = Vec::new();
    let read = file.take(extent.length).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    if bytes.len() as u64 == extent.length {
        Ok(bytes)
    } else {
        Err(cut_off())
    }
}

fn cut_off() -> Failure {
    let reason = "the film is cut off: its table of contents or a picture is missing";
    Failure::new(FailureKind::Corrupt, reason)
}

fn too_long(most: u64) -> Failure {
    let reason = format!("its tables have more than {} MB", most >> 20);
    Failure::new(FailureKind::TooLarge, reason)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: std::io::Error) -> Failure {
    Failure::new(FailureKind::Unreadable, error.to_string())
}
