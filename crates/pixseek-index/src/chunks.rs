//! Mapped files with a checksum for every chunk. A chunk is checked when it is first read, so that
//! opening takes the same time at any size and no byte is used unchecked.

use crate::map::Map;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// A mapped file that checks each chunk at its first use.
#[derive(Debug)]
pub(crate) struct CheckedMap {
    map: Map,
    chunk_bytes: usize,
    sums: Vec<u32>,
    /// One bit a chunk: it was checked and is undamaged.
    whole: Box<[AtomicU64]>,
}

impl CheckedMap {
    /// Maps the first `length` bytes of a file. `sums` are the CRC-32s of its chunks.
    ///
    /// # Errors
    ///
    /// When the file is shorter, or there are more or fewer sums than chunks.
    pub(crate) fn open(
        path: &Path,
        length: usize,
        chunk_bytes: usize,
        sums: Vec<u32>,
    ) -> std::io::Result<Self> {
        let map = Map::open(path, length)?;
        if sums.len() != length.div_ceil(chunk_bytes) {
            return Err(Error::new(ErrorKind::InvalidData, "it has other checksums"));
        }
        let whole = (0..sums.len().div_ceil(64))
            .map(|_| AtomicU64::new(0))
            .collect();
        Ok(Self {
            map,
            chunk_bytes,
            sums,
            whole,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns a range of bytes after checking the chunks that it touches.
    ///
    /// # Errors
    ///
    /// When a chunk differs from its checksum, or the range ends behind the file.
    #[inline]
    pub(crate) fn bytes(&self, range: Range<usize>) -> std::io::Result<&[u8]> {
        let first = range.start / self.chunk_bytes;
        let end = range.end.div_ceil(self.chunk_bytes);
        for chunk in first..end {
            self.check(chunk)?;
        }
        self.map
            .bytes(range)
            .ok_or_else(|| Error::new(ErrorKind::UnexpectedEof, "outside the file"))
    }

    /// Checks every chunk.
    pub(crate) fn check_all(&self) -> std::io::Result<()> {
        (0..self.sums.len()).try_for_each(|chunk| self.check(chunk))
    }

    #[inline]
    fn check(&self, chunk: usize) -> std::io::Result<()> {
        let Some(word) = self.whole.get(chunk / 64) else {
            return Err(Error::new(ErrorKind::UnexpectedEof, "outside the file"));
        };
        if word.load(Ordering::Relaxed) >> (chunk % 64) & 1 == 1 {
            return Ok(());
        }
        self.compare(chunk)?;
        word.fetch_or(1 << (chunk % 64), Ordering::Relaxed);
        Ok(())
    }

    #[cold]
    fn compare(&self, chunk: usize) -> std::io::Result<()> {
        let from = chunk * self.chunk_bytes;
        let end = self.map.len().min(from + self.chunk_bytes);
        let found = self.map.bytes(from..end).map(crc32fast::hash);
        if found.is_some() && found.as_ref() == self.sums.get(chunk) {
            Ok(())
        } else {
            let what = format!("its bytes from {from} on have changed");
            Err(Error::new(ErrorKind::InvalidData, what))
        }
    }
}

/// The CRC-32 of each chunk.
pub(crate) fn sums(bytes: &[u8], chunk_bytes: usize) -> Vec<u32> {
    bytes.chunks(chunk_bytes).map(crc32fast::hash).collect()
}
