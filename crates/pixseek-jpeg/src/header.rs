//! The segments in front of a JPEG's picture, and what its frame header says of the coding.

/// How a JPEG's picture is coded, as far as decoders differ in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Baseline or extended: a decoder finishes one row of blocks after another.
    Sequential,
    /// Several scans, whose coefficients a decoder collects before it makes pixels of them.
    Progressive,
    /// A coding that zune-jpeg does not decode, named for people.
    Rare(&'static str),
}

impl Coding {
    /// Reads the frame header. Returns `None` when the segments in front of it are broken.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let mut segments = Segments::of(bytes)?;
        loop {
            let (marker, segment) = segments.next()?;
            return Some(match marker {
                0xC0..=0xC2 if segment.first()? != &8 => Self::Rare("a JPEG of more than 8 bits"),
                0xC0..=0xC2 if has_factor_of_three(segment)? => {
                    Self::Rare("a JPEG with colours of a third of its size")
                }
                0xC0 | 0xC1 => Self::Sequential,
                0xC2 => Self::Progressive,
                0xC3 | 0xCB => Self::Rare("lossless JPEG"),
                0xC5..=0xC7 | 0xCD..=0xCF => Self::Rare("hierarchical JPEG"),
                0xC9 | 0xCA => Self::Rare("a JPEG with arithmetic coding"),
                // The scan or the end of the file comes before any frame header.
                0xDA | END => return None,
                _ => continue,
            });
        }
    }
}

/// Whether a component has a horizontal sampling factor of three, which zune-jpeg refuses.
fn has_factor_of_three(frame: &[u8]) -> Option<bool> {
    let components = frame.get(6..)?.as_chunks::<3>().0;
    Some(components.iter().any(|[_, factors, _]| factors >> 4 == 3))
}

/// The marker at the end of a picture (EOI), which has no segment.
pub(crate) const END: u8 = 0xD9;

/// The segments of a JPEG: markers and their bytes, without the length.
#[derive(Clone, Copy)]
pub(crate) struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
        Some(Self { rest })
    }

    /// The segments behind a scan, from the marker that ends its data.
    pub(crate) fn behind(marker: &'a [u8]) -> Self {
        Self { rest: marker }
    }

    pub(crate) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        // Any number of fill bytes may stand in front of a marker.
        while self.rest.starts_with(&[0xFF, 0xFF]) {
            self.rest = &self.rest[1..];
        }
        let marker = *self.rest.strip_prefix(&[0xFF])?.first()?;
        if marker == END {
            return Some((END, &[]));
        }
        let length = usize::from(u16_at(self.rest, 2)?);
        let segment = self.rest.get(4..2 + length)?;
        self.rest = &self.rest[2 + length..];
        Some((marker, segment))
    }

    /// The bytes behind the last segment that was read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// The big-endian number at `at`.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*two))
}
