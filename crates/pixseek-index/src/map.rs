//! Read-only memory maps. Beside `simd.rs` the only module of this crate with `unsafe`.
//!
//! No type can guarantee that a mapped file does not change: another program may write to it or
//! truncate it, and then this process reads other bytes or ends with SIGBUS. As ripgrep does, we
//! accept this, but only for our own files. Our own writer is harmless: it writes only behind the
//! published bytes. References are made only to published ranges, never to the whole map, because
//! another process may be filling the last block of rows.

use memmap2::{MmapOptions, MmapRaw};
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::path::Path;

/// The first `length` bytes of a file.
#[derive(Debug)]
pub(crate) struct Map {
    map: Option<MmapRaw>,
}

impl Map {
    /// Maps the first `length` bytes of a file. A shorter file is an error.
    pub(crate) fn open(path: &Path, length: usize) -> std::io::Result<Self> {
        let file = pixseek_files::open_regular(path)?;
        if file.metadata()?.len() < length as u64 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "it is cut off"));
        }
        if length == 0 {
            return Ok(Self { map: None });
        }
        let map = MmapOptions::new().len(length).map_raw_read_only(&file)?;
        Ok(Self { map: Some(map) })
    }

    /// The number of mapped bytes.
    pub(crate) fn len(&self) -> usize {
        self.map.as_ref().map_or(0, MmapRaw::len)
    }

    /// A range of published bytes; `None` if it is not mapped.
    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> Option<&[u8]> {
        if range.end > self.len() {
            return None;
        }
        let length = range.end.checked_sub(range.start)?;
        let Some(map) = &self.map else {
            return Some(&[]);
        };
        // SAFETY: the range lies within the map, which lives as long as `self`. This program does
        // not write to published bytes; the module describes what other programs could do.
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
        reason = "a damaged file may lead to such ranges"
    )]
    fn only_mapped_bytes_are_returned() {
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

    /// A writer appends to files that readers have mapped.
    #[test]
    fn bytes_that_are_appended_do_not_change_a_map() {
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
