//! Previews that only the maker's note knows: Nikon's, Olympus's and Pentax's.
//!
//! The structures are those that `ExifTool` documents. Samsung, Sony, Canon and Panasonic write their
//! previews into directories of the TIFF, too, so their notes are not read.

use super::contents::Contents;
use super::tiff::{Field, Tiff};

/// Nikon's directory of a preview, which has the tags of an old-style JPEG.
const NIKON_PREVIEW: u16 = 0x11;
const JPEG: u16 = 0x201;
const JPEG_LENGTH: u16 = 0x202;

/// Olympus's directory of camera settings, and the preview in it.
const OLYMPUS_SETTINGS: u16 = 0x2020;
const OLYMPUS_PREVIEW: u16 = 0x101;
const OLYMPUS_PREVIEW_LENGTH: u16 = 0x102;

const PENTAX_PREVIEW_LENGTH: u16 = 0x03;
const PENTAX_PREVIEW: u16 = 0x04;

/// The type of bytes without a meaning.
const UNDEFINED: u16 = 7;
/// Bytes that are enough to recognise a note.
const HEADER: usize = 18;

/// Adds the places of the previews that a maker's note knows.
pub(crate) fn add_previews(tiff: &Tiff<'_>, note: &Field, contents: &mut Contents) {
    let Some(header) = tiff.read(note.at, HEADER) else {
        return;
    };
    // Some notes are a part of the TIFF, others count offsets from their own beginning.
    let within = |at: usize| tiff.based(note.at, header.get(at) == Some(&b'I'));
    let offset = |after: u64| note.at.saturating_sub(tiff.base()).saturating_add(after);
    let found = match header.as_slice() {
        // A whole TIFF begins at the tenth byte: its order, 42, the offset of its directory.
        [b'N', b'i', b'k', b'o', b'n', 0, 2, ..] => {
            let inner = tiff.based(note.at.saturating_add(10), header[10] == b'I');
            let first = inner.read(note.at.saturating_add(14), 4);
            first.and_then(|first| nikon(&inner, super::source::number(&first, inner.is_little())))
        }
        [b'O', b'L', b'Y', b'M', b'P', 0, ..] => olympus(tiff, offset(8)),
        [b'O', b'L', b'Y', b'M', b'P', b'U', b'S', 0, ..] => olympus(&within(8), 12),
        [b'O', b'M', b' ', b'S', b'Y', b'S', b'T', b'E', b'M', 0, ..] => olympus(&within(12), 16),
        [b'A', b'O', b'C', 0, order, ..] => {
            let is_little = match order {
                b'I' => true,
                b'M' => false,
                _ => tiff.is_little(),
            };
            pentax(&tiff.based(tiff.base(), is_little), offset(6))
        }
        [b'P', b'E', b'N', b'T', b'A', b'X', b' ', 0, ..] => pentax(&within(8), 10),
        _ => None,
    };
    if let Some((at, length)) = found {
        contents.add_place(Some(at), Some(length));
    }
}

/// Returns the place and the length of Nikon's preview.
fn nikon(tiff: &Tiff<'_>, first: u64) -> Option<(u64, u64)> {
    let note = tiff.directory(first)?;
    let preview = tiff.directory(note.number(tiff, NIKON_PREVIEW)?)?;
    let at = tiff.place(preview.number(tiff, JPEG)?)?;
    Some((at, preview.number(tiff, JPEG_LENGTH)?))
}

/// Returns the same of Olympus's.
fn olympus(tiff: &Tiff<'_>, first: u64) -> Option<(u64, u64)> {
    let note = tiff.directory(first)?;
    let field = note.find(OLYMPUS_SETTINGS)?;
    // Old cameras write the directory as bytes, others its offset.
    let settings = if field.kind == UNDEFINED {
        field.at.checked_sub(tiff.base())?
    } else {
        note.number(tiff, OLYMPUS_SETTINGS)?
    };
    let settings = tiff.directory(settings)?;
    let at = tiff.place(settings.number(tiff, OLYMPUS_PREVIEW)?)?;
    Some((at, settings.number(tiff, OLYMPUS_PREVIEW_LENGTH)?))
}

/// Returns the same of Pentax's.
fn pentax(tiff: &Tiff<'_>, first: u64) -> Option<(u64, u64)> {
    let note = tiff.directory(first)?;
    let at = tiff.place(note.number(tiff, PENTAX_PREVIEW)?)?;
    Some((at, note.number(tiff, PENTAX_PREVIEW_LENGTH)?))
}
