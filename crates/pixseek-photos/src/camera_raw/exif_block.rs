//! The EXIF of a raw file, copied into a block of its own.
//!
//! The fields lie anywhere in tens of megabytes, and in a CR3 in three TIFFs. `kamadak-exif` wants one
//! TIFF in memory, so the fields that facts are made of are written into a small one.

use super::tiff::{Directory, Tiff};

/// The EXIF fields of a raw file.
#[derive(Default)]
pub(crate) struct ExifBlock {
    is_little: bool,
    main: Vec<Kept>,
    exif: Vec<Kept>,
    gps: Vec<Kept>,
    /// Bytes of all kept values.
    length: u64,
}

/// A field that is kept.
struct Kept {
    tag: u16,
    kind: u16,
    count: u32,
    bytes: Vec<u8>,
}

/// The longest value that is kept, in bytes: texts, numbers, places. Longer ones are tables of colours.
const LONGEST: u64 = 4 << 10;
/// The longest XMP packet that is kept.
const LONGEST_XMP: u64 = 256 << 10;
/// Bytes of all values that are kept at most.
const MOST: u64 = 512 << 10;

const XMP: u16 = 0x2BC;
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const MAKER_NOTE: u16 = 0x927C;
const INTEROPERABILITY: u16 = 0xA005;
/// Fields that lead to others, or to a maker's secrets.
const LEFT_OUT: [u16; 5] = [0x14A, EXIF, GPS, MAKER_NOTE, INTEROPERABILITY];

/// Types of values in TIFF, without those of `BigTIFF`.
const BYTE: u16 = 1;
const LONG: u16 = 4;
const LAST_KIND: u16 = 12;

/// Bytes of the header, of an entry, and of a directory without entries.
const HEADER: usize = 8;
const ENTRY: usize = 12;
const EMPTY_DIRECTORY: usize = 6;

impl ExifBlock {
    /// Keeps the fields of a file's first directory.
    pub(crate) fn keep_main(&mut self, tiff: &Tiff<'_>, directory: &Directory) {
        self.is_little = tiff.is_little();
        let kept = self.kept(tiff, directory);
        self.main.extend(kept);
    }

    /// Keeps the fields of its EXIF directory.
    pub(crate) fn keep_exif(&mut self, tiff: &Tiff<'_>, directory: &Directory) {
        let kept = self.kept(tiff, directory);
        self.exif.extend(kept);
    }

    /// Keeps the fields of its directory of the place.
    pub(crate) fn keep_gps(&mut self, tiff: &Tiff<'_>, directory: &Directory) {
        let kept = self.kept(tiff, directory);
        self.gps.extend(kept);
    }

    /// Keeps an XMP packet that lies outside of the directories.
    pub(crate) fn keep_xmp(&mut self, packet: Vec<u8>) {
        if let Ok(count) = u32::try_from(packet.len())
            && packet.len() as u64 <= LONGEST_XMP
        {
            self.main.push(Kept {
                tag: XMP,
                kind: BYTE,
                count,
                bytes: packet,
            });
        }
    }

    fn kept(&mut self, tiff: &Tiff<'_>, directory: &Directory) -> Vec<Kept> {
        let mut all = Vec::new();
        // Numbers of another order would be read wrongly.
        if tiff.is_little() != self.is_little {
            return all;
        }
        for field in &directory.fields {
            let longest = if field.tag == XMP {
                LONGEST_XMP
            } else {
                LONGEST
            };
            let is_left_out = LEFT_OUT.contains(&field.tag)
                || !(BYTE..=LAST_KIND).contains(&field.kind)
                || self.length + field.length.min(MOST) > MOST;
            if !is_left_out
                && let Ok(count) = u32::try_from(field.count)
                && let Some(bytes) = tiff.bytes(field, longest)
            {
                self.length += field.length;
                all.push(Kept {
                    tag: field.tag,
                    kind: field.kind,
                    count,
                    bytes,
                });
            }
        }
        all
    }

    /// Writes the fields as a TIFF of three directories; nothing if there are none.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if self.main.is_empty() && self.exif.is_empty() && self.gps.is_empty() {
            return Vec::new();
        }
        let mut block = if self.is_little {
            b"II*\0".to_vec()
        } else {
            b"MM\0*".to_vec()
        };
        block.extend(self.word(HEADER));
        // The pointers to the two other directories belong to the first.
        let exif_at = HEADER + size(&self.main) + 2 * ENTRY;
        let gps_at = exif_at + size(&self.exif);
        let pointers = [(EXIF, exif_at), (GPS, gps_at)].map(|(tag, at)| Kept {
            tag,
            kind: LONG,
            count: 1,
            bytes: self.word(at).to_vec(),
        });
        self.write(self.main.iter().chain(&pointers), &mut block);
        self.write(self.exif.iter(), &mut block);
        self.write(self.gps.iter(), &mut block);
        block
    }

    /// Appends a directory and, behind it, the values that do not fit into its entries.
    fn write<'a>(&self, fields: impl Iterator<Item = &'a Kept>, block: &mut Vec<u8>) {
        let fields: Vec<_> = fields.collect();
        let mut values_at = block.len() + EMPTY_DIRECTORY + fields.len() * ENTRY;
        let mut values: Vec<u8> = Vec::new();
        block.extend(self.half(fields.len()));
        for field in fields {
            block.extend(self.half(field.tag.into()));
            block.extend(self.half(field.kind.into()));
            block.extend(self.word(field.count as usize));
            if let Some(rest) = 4_usize.checked_sub(field.bytes.len()) {
                block.extend(&field.bytes);
                block.extend(&[0; 4][..rest]);
            } else {
                block.extend(self.word(values_at));
                values.extend(&field.bytes);
                values_at += field.bytes.len();
            }
        }
        block.extend(self.word(0));
        block.extend(values);
    }

    /// An integer of four bytes. A block is far smaller than what they can count.
    fn word(&self, number: usize) -> [u8; 4] {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if self.is_little {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        }
    }

    fn half(&self, number: usize) -> [u8; 2] {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        if self.is_little {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        }
    }
}

/// Bytes of a directory with its values.
fn size(fields: &[Kept]) -> usize {
    let values = fields.iter().map(|field| field.bytes.len());
    let values = values.filter(|length| *length > 4).sum::<usize>();
    EMPTY_DIRECTORY + fields.len() * ENTRY + values
}
