//! Motion photos: a photo with a film of a second or two inside of the same file. The film of a Live
//! Photo lies beside it; the index knows of that.
//!
//! Google's cameras and those that follow them say so in XMP and append the film to the JPEG or HEIC;
//! in a HEIC it has a box of its own. Samsung's older cameras list it in a directory at the end.

#[cfg(test)]
mod tests;

use crate::notes::xmp::each_property;

const GOOGLE_CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";
const GOOGLE_ITEM: &str = "http://ns.google.com/photos/1.0/container/item/";

/// The type of a film in Samsung's directory.
const SAMSUNG_FILM: u16 = 0x0a30;
/// Entries of Samsung's directory to read at most; there are about ten.
const MOST_ENTRIES: usize = 256;

/// Whether a photo has a film in it, by its XMP packet and its whole file. Copies that an editor made
/// keep the XMP and lose the film, so XMP alone does not count.
pub(crate) fn has_motion(xmp: Option<&[u8]>, file: &[u8]) -> bool {
    has_film_box(file)
        || has_samsung_film(file).unwrap_or_default()
        || xmp.is_some_and(says_motion) && has_appended_film(file)
}

/// Whether an XMP packet says that a film is in the file.
fn says_motion(packet: &[u8]) -> bool {
    let mut says = false;
    each_property(packet, &mut |namespace, name, value| {
        says |= match (namespace, name) {
            (GOOGLE_CAMERA, "MotionPhoto" | "MicroVideo") => value.trim() == "1",
            (GOOGLE_ITEM, "Semantic") => value == "MotionPhoto",
            (GOOGLE_ITEM, "Mime") => value.starts_with("video/"),
            _ => false,
        };
    });
    says
}

/// Whether a film begins behind the beginning of the file, where a HEIC has the same mark.
fn has_appended_film(file: &[u8]) -> bool {
    let mark = b"ftyp";
    file.get(1..).is_some_and(|rest| {
        // The size of the box before its mark is below 256.
        let is_start = |eight: &[u8]| eight.starts_with(&[0; 3]) && eight.ends_with(mark);
        rest.windows(8).any(is_start)
    })
}

/// Whether a HEIC has the box of the motion photo format.
fn has_film_box(file: &[u8]) -> bool {
    let mut rest = file;
    let mut is_first = true;
    while let Some((size, kind)) = header(rest) {
        if is_first && kind != *b"ftyp" {
            return false;
        }
        is_first = false;
        if kind == *b"mpvd" {
            return true;
        }
        match rest.get(size..) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    false
}

/// The size and the kind of a box.
fn header(bytes: &[u8]) -> Option<(usize, [u8; 4])> {
    let (size, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let size = match u32::from_be_bytes(*size) {
        1 => usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?,
        size => usize::try_from(size).ok()?,
    };
    (size >= 8).then_some((size, *kind))
}

/// Whether Samsung's directory lists a film: it ends the file with its length and `SEFT`.
fn has_samsung_film(file: &[u8]) -> Option<bool> {
    let file = file.strip_suffix(b"SEFT")?;
    let (file, length) = file.split_last_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let directory = file.get(file.len().checked_sub(length)?..)?;
    let directory = directory.strip_prefix(b"SEFH")?;
    let (count, entries) = directory.get(4..)?.split_first_chunk::<4>()?;
    let count = (u32::from_le_bytes(*count) as usize).min(MOST_ENTRIES);
    let (entries, _) = entries.as_chunks::<12>();
    Some(entries.iter().take(count).any(|entry| {
        let kind = u16::from_le_bytes([entry[2], entry[3]]);
        kind == SAMSUNG_FILM
    }))
}
