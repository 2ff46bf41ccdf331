//! Read-only memory maps. Beside `simd.rs` the one place of this crate with `unsafe`.
//!
//! No type can promise that a mapped file stays as it is: another program may write to it, or
//! cut it off, and then this process reads changed bytes or ends with SIGBUS. As ripgrep does,
//! we accept that for files of our own, and for no others. What our own writer does is safe: it
//! writes only behind what is published, and a reference is made for published ranges alone,
//! never for the whole map, whose last block of rows may be filled by another process
//! meanwhile.

use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::path::Path;

/// The first `length` bytes of a file.
#[derive(Debug)]
pub(crate) struct Map {
    map: Option<MmapRaw>,
}

impl Map {
    /// Maps a file that has at least `length` bytes; a shorter one is an error.
    pub(crate) fn open(path: &Path, length: usize) -> std::io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() < length as u64 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "it is cut off"));
        }
        if length == 0 {
            return Ok(Self { map: None });
        }
        let map = MmapOptions::new().len(length).map_raw_read_only(&file)?;
        Ok(Self { map: Some(map) })
    }

    /// Mapped bytes.
    pub(crate) fn len(&self) -> usize {
        self.map.as_ref().map_or(0, MmapRaw::len)
    }

    /// Bytes that were published; `None` when some of them are not mapped.
    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> Option<&[u8]> {
        if range.end > self.len() {
            return None;
        }
        let length = range.end.checked_sub(range.start)?;
        let Some(map) = &self.map else {
            return Some(&[]);
        };
        // SAFETY: the range lies within the map, which lives as long as `self`. Published bytes
        // are not written again by this program; see the module for other programs.
        #[expect(unsafe_code, reason = "memory maps; see SAFETY")]
        Some(unsafe { std::slice::from_raw_parts(map.as_ptr().add(range.start), length) })
    }
}

#[cfg(test)]
mod tests {
    use super::Map;
    use std::io::{Seek, SeekFrom, Write};

    #[test]
    #[expect(
        clippy::reversed_empty_ranges,
        reason = "what a damaged file may ask for"
    )]
    fn only_mapped_bytes_are_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"published, and more").unwrap();
        let map = Map::open(&path, 9).unwrap();
        assert_eq!(map.bytes(0..9), Some(&b"published"[..]));
        assert_eq!(map.bytes(9..9), Some(&b""[..]));
        for range in [
            0..10,
            9..10,
            10..10,
            5..4,
            usize::MAX..usize::MAX,
            1..usize::MAX,
        ] {
            assert_eq!(map.bytes(range.clone()), None, "{range:?}");
        }
        let empty = Map::open(&path, 0).unwrap();
        assert_eq!((empty.len(), empty.bytes(0..0)), (0, Some(&b""[..])));
        assert_eq!(empty.bytes(0..1), None);
        let longer = Map::open(&path, 20).map(|map| map.len());
        assert_eq!(longer.unwrap_err().to_string(), "it is cut off");
    }

    /// What a writer does to a file that others have mapped.
    #[test]
    fn bytes_that_are_written_behind_it_leave_it_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"published").unwrap();
        let map = Map::open(&path, 9).unwrap();
        let bytes = map.bytes(0..9).unwrap();
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b" and more").unwrap();
        assert_eq!((map.len(), bytes), (9, &b"published"[..]));
    }
}
