//! Reads the directories of a TIFF or `BigTIFF`, and of the makers' notes, which are built alike.

use super::source::{Source, number};

/// Entries of a directory to read at most.
const MOST_ENTRIES: usize = 1024;

/// Where a TIFF or a maker's note begins, and how it writes numbers.
#[derive(Clone, Copy)]
pub(crate) struct Tiff<'a> {
    source: &'a Source<'a>,
    /// The place in the file from which offsets count.
    base: u64,
    is_little: bool,
    /// Bytes of an offset: 4, or 8 in a `BigTIFF`.
    wide: usize,
}

/// The fields of a directory, and the offset of the next one.
pub(crate) struct Directory {
    pub fields: Vec<Field>,
    pub next: Option<u64>,
}

/// A field of a directory.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub tag: u16,
    /// The type of the values, as TIFF numbers them.
    pub kind: u16,
    pub count: u64,
    /// The place of the values in the file.
    pub at: u64,
    /// Bytes of all values.
    pub length: u64,
}

impl<'a> Tiff<'a> {
    /// Reads the header of a TIFF at a place of the file. Also returns the offset of the first directory.
    /// Olympus and Panasonic write other numbers in the place of TIFF's 42, so they do not matter here.
    pub(crate) fn open(source: &'a Source<'a>, base: u64) -> Option<(Self, u64)> {
        let is_little = match source.read(base, 2)?.as_slice() {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let is_big = source.number(base.checked_add(2)?, 2, is_little)? == 43;
        let wide = if is_big { 8 } else { 4 };
        let tiff = Self {
            source,
            base,
            is_little,
            wide,
        };
        let first = source.number(base.checked_add(wide as u64)?, wide, is_little)?;
        Some((tiff, first))
    }

    /// Directories of the same file whose offsets count from another place.
    pub(crate) fn based(self, base: u64, is_little: bool) -> Self {
        Self {
            base,
            is_little,
            wide: 4,
            ..self
        }
    }

    pub(crate) fn is_little(&self) -> bool {
        self.is_little
    }

    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// The place in the file of an offset.
    pub(crate) fn place(&self, offset: u64) -> Option<u64> {
        self.base.checked_add(offset)
    }

    /// Reads the directory at an offset.
    pub(crate) fn directory(&self, offset: u64) -> Option<Directory> {
        let at = self.place(offset)?;
        let width_of_count = if self.wide == 8 { 8 } else { 2 };
        let count = self.source.number(at, width_of_count, self.is_little)?;
        let count = usize::try_from(count).ok()?.min(MOST_ENTRIES);
        let size = 4 + 2 * self.wide;
        let first = at.checked_add(width_of_count as u64)?;
        // A directory that is cut off has the fields that are there.
        let there = usize::try_from(self.source.size().checked_sub(first)?).ok()?;
        let count = count.min(there / size);
        let bytes = self.source.read(first, count * size)?;
        let fields = bytes.chunks_exact(size).zip(0..).map(|(entry, number)| {
            let at = first + (number * size + 4 + self.wide) as u64;
            self.field(entry, at)
        });
        let fields = fields.collect();
        let end = first.checked_add((count * size) as u64)?;
        let next = self.source.number(end, self.wide, self.is_little);
        let next = next.filter(|next| *next != 0);
        Some(Directory { fields, next })
    }

    /// Reads an entry of a directory whose last part, the value or its offset, lies at `at`.
    fn field(&self, entry: &[u8], at: u64) -> Field {
        let word = |from: usize, width: usize| number(&entry[from..from + width], self.is_little);
        let short = |from: usize| u16::try_from(word(from, 2)).unwrap_or_default();
        let (kind, count) = (short(2), word(4, self.wide));
        let length = count.saturating_mul(width_of(kind));
        let offset = word(4 + self.wide, self.wide);
        let fits = length <= self.wide as u64;
        Field {
            tag: short(0),
            kind,
            count,
            // An offset beyond all files stays beyond this one.
            at: if fits {
                at
            } else {
                self.base.saturating_add(offset)
            },
            length,
        }
    }

    /// Returns the first values of a field as integers, `most` at most. Fractions are rounded down.
    pub(crate) fn values(&self, field: &Field, most: usize) -> Vec<u64> {
        let width = width_of(field.kind);
        let is_number = matches!(field.kind, 1 | 3..=5 | 13 | 16 | 18);
        let count = if is_number {
            field.count.min(most as u64)
        } else {
            0
        };
        let bytes = usize::try_from(count * width)
            .ok()
            .and_then(|length| self.source.read(field.at, length));
        let bytes = bytes.unwrap_or_default();
        let values = bytes.chunks_exact(usize::try_from(width).unwrap_or(1).max(1));
        let values = values.map(|value| match field.kind {
            5 => {
                let (above, below) = value.split_at(4);
                number(above, self.is_little) / number(below, self.is_little).max(1)
            }
            _ => number(value, self.is_little),
        });
        values.collect()
    }

    /// Returns the bytes of a field's values if there are `most` at most.
    pub(crate) fn bytes(&self, field: &Field, most: u64) -> Option<Vec<u8>> {
        let length = usize::try_from(field.length).ok()?;
        (field.length <= most).then(|| self.source.read(field.at, length))?
    }

    /// Returns the bytes at a place of the file.
    pub(crate) fn read(&self, at: u64, length: usize) -> Option<Vec<u8>> {
        self.source.read(at, length)
    }
}

impl Directory {
    pub(crate) fn find(&self, tag: u16) -> Option<&Field> {
        self.fields.iter().find(|field| field.tag == tag)
    }

    /// Returns the first value of a field of integers.
    pub(crate) fn number(&self, tiff: &Tiff<'_>, tag: u16) -> Option<u64> {
        tiff.values(self.find(tag)?, 1).first().copied()
    }
}

/// Bytes of a value of a type; 0 for types that nobody defined.
fn width_of(kind: u16) -> u64 {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 0,
    }
}
