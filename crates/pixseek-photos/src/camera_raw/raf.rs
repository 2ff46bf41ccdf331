//! Fujifilm's RAF: a header with the places of a whole JPEG, which has the EXIF, and of the raw data.

use super::contents::{Contents, Picture};
use super::source::Source;

/// Places of numbers in the header: where the JPEG begins and how long it is, where the directory of the
/// raw data begins.
const JPEG: u64 = 84;
const JPEG_LENGTH: u64 = 88;
const DIRECTORY: u64 = 92;

/// The height and width of the cropped picture in that directory.
const CROPPED_SIZE: u64 = 0x111;
/// Fields of the directory to read at most.
const MOST_FIELDS: u64 = 256;

/// Reads the header of a RAF.
pub(crate) fn contents(source: &Source<'_>) -> Contents {
    let mut contents = Contents::default();
    let number = |at| source.number(at, 4, false);
    contents.add_place(number(JPEG), number(JPEG_LENGTH));
    contents.picture = Picture::cropped(cropped_size(source));
    contents
}

/// Reads width and height of the picture. Each field has a tag, a length and that many bytes.
fn cropped_size(source: &Source<'_>) -> Option<[u64; 2]> {
    let number = |at, width| source.number(at, width, false);
    let mut at = number(DIRECTORY, 4)?;
    let count = number(at, 4)?.min(MOST_FIELDS);
    at = at.checked_add(4)?;
    for _ in 0..count {
        let (tag, length) = (number(at, 2)?, number(at + 2, 2)?);
        if tag == CROPPED_SIZE && length == 4 {
            return Some([number(at + 6, 2)?, number(at + 4, 2)?]);
        }
        at = at.checked_add(4 + length)?;
    }
    None
}
