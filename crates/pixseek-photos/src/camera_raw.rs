//! Recognises files with a camera's raw data.
//!
//! Most makers store raw data in a TIFF whose first picture is a thumbnail, so a program that looks only
//! at the magic bytes takes the thumbnail for the photo. A TIFF is raw if one of its directories has a
//! sensor's mosaic or a DNG version. Otherwise the extension decides, because some makers hide the
//! mosaic in private directories, and nobody names an ordinary TIFF `.nef`.

use std::path::Path;

/// Extensions of all makers' raw files.
const EXTENSIONS: [&str; 23] = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "gpr", "iiq", "kdc", "mef", "mos",
    "mrw", "nef", "nrw", "orf", "pef", "raf", "rw2", "sr2", "srw", "x3f",
];

/// Magic bytes of raw files, with their offsets.
const MAGICS: [(usize, &[u8]); 9] = [
    // Canon: CR2, which is a TIFF, and the older CRW.
    (0, b"II*\0\x10\0\0\0CR"),
    (6, b"HEAPCCDR"),
    (0, b"FUJIFILMCCD-RAW"),
    // Olympus: TIFF with other third and fourth bytes.
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    // Panasonic and Leica.
    (0, b"IIU\0"),
    // Minolta, Sigma.
    (0, b"\0MRM"),
    (0, b"FOVb"),
];

/// Whether a file has the magic bytes of a raw file.
pub(crate) fn has_magic(bytes: &[u8]) -> bool {
    let mut magics = MAGICS.iter();
    magics.any(|(at, magic)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
}

/// Whether a file has the extension of a raw file.
pub(crate) fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|it| EXTENSIONS.contains(&it.to_ascii_lowercase().as_str()))
}

/// Tags of TIFF 6.0, TIFF/EP (ISO 12234-2) and DNG 1.7.
const PHOTOMETRIC: u16 = 262;
const SUB_DIRECTORIES: u16 = 330;
const DNG_VERSION: u16 = 50_706;

/// Photometric interpretations of sensor data: a mosaic of colours, and an interpolated mosaic.
const MOSAIC: u64 = 32_803;
const LINEAR_RAW: u64 = 34_892;

/// Directories to read at most; raw files have fewer than ten.
const MOST_DIRECTORIES: usize = 32;
/// Entries of a directory to read at most.
const MOST_ENTRIES: usize = 1024;

/// Whether a directory of the TIFF has sensor data.
pub(crate) fn is_raw_tiff(bytes: &[u8]) -> bool {
    let Some(tiff) = Tiff::open(bytes) else {
        return false;
    };
    let mut waiting = vec![tiff.first];
    for _ in 0..MOST_DIRECTORIES {
        let Some(at) = waiting.pop() else {
            return false;
        };
        let Some((entries, next)) = tiff.directory(at) else {
            continue;
        };
        waiting.extend(next);
        for entry in entries {
            match entry.tag {
                DNG_VERSION => return true,
                PHOTOMETRIC if matches!(tiff.first_value(&entry), Some(MOSAIC | LINEAR_RAW)) => {
                    return true;
                }
                SUB_DIRECTORIES => {
                    waiting.extend(tiff.offsets(&entry).take(MOST_DIRECTORIES));
                }
                _ => {}
            }
        }
    }
    false
}

/// A reader of the directories of a TIFF or `BigTIFF`.
struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
    /// Bytes of an offset: 4, or 8 in a `BigTIFF`.
    wide: usize,
    first: u64,
}

/// A field of a directory.
struct Entry {
    tag: u16,
    /// The type of the values, as TIFF numbers them.
    kind: u16,
    count: u64,
    /// The offset of the values if they fit here, else of their offset.
    at: usize,
}

impl<'a> Tiff<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let is_little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let mut tiff = Self {
            bytes,
            is_little,
            wide: 4,
            first: 0,
        };
        tiff.wide = if tiff.number(2, 2)? == 43 { 8 } else { 4 };
        tiff.first = tiff.number(tiff.wide, tiff.wide)?;
        Some(tiff)
    }

    /// Returns the fields of a directory, and the offset of the next directory.
    fn directory(&self, at: u64) -> Option<(Vec<Entry>, Option<u64>)> {
        let at = usize::try_from(at).ok()?;
        let width_of_count = if self.wide == 8 { 8 } else { 2 };
        let count = usize::try_from(self.number(at, width_of_count)?).ok()?;
        let size = 4 + 2 * self.wide;
        let first = at.checked_add(width_of_count)?;
        let entries = (0..count.min(MOST_ENTRIES))
            .map_while(|number| {
                let at = first + number * size;
                Some(Entry {
                    tag: u16::try_from(self.number(at, 2)?).ok()?,
                    kind: u16::try_from(self.number(at + 2, 2)?).ok()?,
                    count: self.number(at + 4, self.wide)?,
                    at: at + 4 + self.wide,
                })
            })
            .collect();
        let next = count
            .checked_mul(size)
            .and_then(|all| first.checked_add(all));
        let next = next.and_then(|at| self.number(at, self.wide));
        Some((entries, next.filter(|next| *next != 0)))
    }

    /// Returns the first value of a field of short or long integers.
    fn first_value(&self, entry: &Entry) -> Option<u64> {
        match entry.kind {
            3 => self.number(entry.at, 2),
            4 => self.number(entry.at, 4),
            _ => None,
        }
    }

    /// Returns the values of a field of offsets.
    fn offsets(&self, entry: &Entry) -> impl Iterator<Item = u64> {
        // LONG and IFD have four bytes, LONG8 and IFD8 eight.
        let width = match entry.kind {
            4 | 13 => 4,
            16 | 18 => 8,
            _ => 0,
        };
        let fits = entry.count.saturating_mul(width as u64) <= self.wide as u64;
        let at = if fits {
            Some(entry.at)
        } else {
            let offset = self.number(entry.at, self.wide);
            offset.and_then(|offset| usize::try_from(offset).ok())
        };
        let count = if width == 0 { 0 } else { entry.count };
        (0..count).map_while(move |number| {
            let before = usize::try_from(number).ok()?.checked_mul(width)?;
            self.number(at?.checked_add(before)?, width)
        })
    }

    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(width)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.is_little {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Tiff, is_raw_tiff};

    /// A field of a test's TIFF: tag and one long value.
    type Field = (u16, u32);

    /// A TIFF of directories that lie one behind another; `links` makes each lead to the next.
    fn tiff(is_little: bool, directories: &[&[Field]], links: bool) -> Vec<u8> {
        let word = |value: u32| {
            if is_little {
                value.to_le_bytes()
            } else {
                value.to_be_bytes()
            }
        };
        let half = |value: u16| {
            if is_little {
                value.to_le_bytes()
            } else {
                value.to_be_bytes()
            }
        };
        let mut bytes = if is_little {
            b"II*\0".to_vec()
        } else {
            b"MM\0*".to_vec()
        };
        bytes.extend(word(8));
        for fields in directories {
            bytes.extend(half(u16::try_from(fields.len()).unwrap()));
            for (tag, value) in *fields {
                bytes.extend([half(*tag), half(4)].concat());
                bytes.extend([word(1), word(*value)].concat());
            }
            let end = u32::try_from(bytes.len()).unwrap() + 4;
            bytes.extend(word(if links { end } else { 0 }));
        }
        bytes
    }

    #[test]
    fn sensor_data_is_found_in_every_directory() {
        // A directory of one field has 18 bytes, so the second begins at 26.
        let behind = [&[(254, 1)][..], &[(262, 32_803)]];
        let check = |directories: &[&[(u16, u32)]], links, expected| {
            for is_little in [true, false] {
                let bytes = tiff(is_little, directories, links);
                assert!(Tiff::open(&bytes).is_some());
                assert_eq!(is_raw_tiff(&bytes), expected, "{directories:?}");
            }
        };
        check(&[&[(262, 32_803)]], false, true);
        check(&[&[(262, 34_892)]], false, true);
        check(&[&[(50_706, 0x0104_0000)]], false, true);
        check(&behind, true, true);
        check(&behind, false, false);
        check(&[&[(330, 26)], &[(262, 32_803)]], false, true);
        check(&[&[(262, 2)], &[(262, 6)]], true, false);
        // Directories that lead to themselves.
        check(&[&[(330, 8)]], false, false);
    }

    #[test]
    fn damaged_tiffs_do_not_panic() {
        let whole = tiff(true, &[&[(330, 26)], &[(262, 32_803)]], true);
        for cut in 0..whole.len() {
            is_raw_tiff(&whole[..cut]);
        }
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] = 0xff;
            is_raw_tiff(&bytes);
        }
    }
}
