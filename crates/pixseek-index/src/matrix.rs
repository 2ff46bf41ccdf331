//! The published rows in a memory map. Every search reads them here.
//!
//! A row is checked against its checksums when it is first read. A damaged row is left out and
//! counted, and the others stay searchable.

use crate::codec::{Code, Codec, CodedQuery};
use crate::map::Map;
use crate::vectors::{Geometry, META_BYTES, part_crc, read_header, vectors_path};
use crate::{IndexError, RowId, checked, simd};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub(crate) struct Matrix {
    index: PathBuf,
    path: PathBuf,
    map: Map,
    geometry: Geometry,
    codec: Codec,
    rows: usize,
    whole_coarse: RowFlags,
    whole_fine: RowFlags,
    damaged: RowFlags,
}

/// The coarse part and the scale of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coarse<'a> {
    pub scale: f32,
    pub codes: &'a [u8],
}

impl Matrix {
    /// Maps the published rows.
    pub(crate) fn open(
        index: &Path,
        epoch: u64,
        dimension: usize,
        rows: u32,
    ) -> Result<Self, IndexError> {
        let mut matrix =
            Self::open_as(index, epoch, Codec::with_offset(vec![0.0; dimension]), rows)?;
        if rows > 0 {
            let header = matrix.map.bytes(0..matrix.geometry.header_bytes());
            matrix.codec = header
                .and_then(|header| read_header(header, dimension))
                .ok_or_else(|| checked::damaged(index, &matrix.path, "its header is wrong"))?;
        }
        Ok(matrix)
    }

    /// Maps rows without reading their header: the caller knows the codec.
    pub(crate) fn open_as(
        index: &Path,
        epoch: u64,
        codec: Codec,
        rows: u32,
    ) -> Result<Self, IndexError> {
        let geometry = Geometry::new(codec.dimension());
        let path = vectors_path(index, epoch);
        let rows = rows as usize;
        let length = if rows == 0 {
            0
        } else {
            geometry.file_bytes(rows)
        };
        let map = Map::open(&path, length).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => checked::damaged(index, &path, "it is cut off"),
            _ => IndexError::Io {
                action: "open",
                path: path.clone(),
                source: error,
            },
        })?;
        Ok(Self {
            index: index.into(),
            path,
            map,
            geometry,
            codec,
            rows,
            whole_coarse: RowFlags::new(rows),
            whole_fine: RowFlags::new(rows),
            damaged: RowFlags::new(rows),
        })
    }

    /// The number of rows that a file of this length can hold.
    pub(crate) fn rows_in(dimension: usize, length: u64) -> u32 {
        let geometry = Geometry::new(dimension);
        let fits = |rows: u32| geometry.file_bytes(rows as usize) as u64 <= length;
        let (mut low, mut high) = (0, u32::MAX);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if fits(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    pub(crate) fn codec(&self) -> &Codec {
        &self.codec
    }

    pub(crate) fn query(&self, vector: &[f32]) -> CodedQuery {
        self.codec.query(vector)
    }

    /// A buffer for one unpacked row.
    pub(crate) fn buffer(&self) -> Vec<f32> {
        vec![0.0; self.geometry.stride]
    }

    /// The coarse part of a row; `None` if the row is damaged or not published.
    #[inline]
    pub(crate) fn coarse(&self, row: RowId) -> Option<Coarse<'_>> {
        let row = self.published(row)?;
        let codes = self.part(self.geometry.coarse(row), self.geometry.stride)?;
        let meta = self.meta(row)?;
        if !self.whole_coarse.has(row) {
            self.check(row, meta, 4, codes, &self.whole_coarse)?;
        }
        Some(Coarse {
            scale: scale(meta),
            codes,
        })
    }

    /// The fine part of a row. The caller has checked the coarse part.
    fn fine(&self, row: RowId) -> Option<&[u8]> {
        let row = self.published(row)?;
        let codes = self.part(self.geometry.fine(row), self.geometry.stride / 2)?;
        if !self.whole_fine.has(row) {
            self.check(row, self.meta(row)?, 8, codes, &self.whole_fine)?;
        }
        Some(codes)
    }

    /// An approximate cosine of a row with a query, from the coarse part.
    #[inline]
    pub(crate) fn coarse_score(&self, row: RowId, query: &CodedQuery) -> Option<f32> {
        let coarse = self.coarse(row)?;
        Some(query.coarse_score(coarse.scale, coarse.codes))
    }

    /// The cosine of a row with a query, from both parts.
    pub(crate) fn score(&self, row: RowId, query: &CodedQuery, buffer: &mut [f32]) -> Option<f32> {
        let coarse = self.coarse(row)?;
        let fine = self.fine(row)?;
        Some(query.score(coarse.scale, coarse.codes, fine, buffer))
    }

    /// The vector of a row, up to the rounding of the codes.
    pub(crate) fn vector(&self, row: RowId) -> Option<Vec<f32>> {
        let coarse = self.coarse(row)?;
        let fine = self.fine(row)?;
        Some(self.codec.decode(coarse.scale, coarse.codes, fine))
    }

    /// A copy of a row's codes.
    pub(crate) fn code(&self, row: RowId) -> Option<Code> {
        let coarse = self.coarse(row)?;
        Some(Code {
            scale: coarse.scale,
            coarse: coarse.codes.to_vec(),
            fine: self.fine(row)?.to_vec(),
        })
    }

    /// Checks every row.
    pub(crate) fn check_all(&self) -> Result<(), IndexError> {
        let rows = u32::try_from(self.rows).unwrap_or(u32::MAX);
        (0..rows).into_par_iter().for_each(|row| {
            if self.coarse(RowId(row)).is_some() {
                self.fine(RowId(row));
            }
        });
        self.damage().map_or(Ok(()), Err)
    }

    /// Hints the processor to load a row's coarse part into its cache.
    #[inline]
    pub(crate) fn prefetch(&self, row: RowId) {
        if let Some(row) = self.published(row) {
            let start = self.geometry.coarse(row);
            if let Some(bytes) = self.part(start, self.geometry.stride) {
                simd::prefetch(bytes);
            }
            if let Some(meta) = self.meta(row) {
                simd::prefetch(meta);
            }
        }
    }

    /// The coarse codes of a published row that the caller has checked.
    #[inline]
    pub(crate) fn checked_codes(&self, row: RowId) -> &[u8] {
        let start = self.geometry.coarse(row.0 as usize);
        self.part(start, self.geometry.stride).unwrap_or_default()
    }

    /// The error for a row that cannot be read.
    pub(crate) fn lack(&self) -> IndexError {
        self.damage()
            .unwrap_or_else(|| checked::damaged(&self.index, &self.path, "cut off"))
    }

    /// An error if rows that were read so far are damaged.
    pub(crate) fn damage(&self) -> Option<IndexError> {
        let (count, first) = (self.damaged.count(), self.damaged.first()?);
        let what = format!("{count} of its rows have changed, the first is {first}");
        Some(checked::damaged(&self.index, &self.path, &what))
    }

    /// The index of a published row. The last block also has bytes of rows that are not published:
    /// another process may be writing them, so no reference may be made to them.
    #[inline]
    fn published(&self, row: RowId) -> Option<usize> {
        Some(row.0 as usize).filter(|row| *row < self.rows)
    }

    fn part(&self, start: usize, length: usize) -> Option<&[u8]> {
        self.map.bytes(start..start + length)
    }

    fn meta(&self, row: usize) -> Option<&[u8; META_BYTES]> {
        self.part(self.geometry.meta(row), META_BYTES)?
            .first_chunk()
    }

    #[cold]
    fn check(
        &self,
        row: usize,
        meta: &[u8; META_BYTES],
        at: usize,
        part: &[u8],
        whole: &RowFlags,
    ) -> Option<()> {
        let crc = part_crc(row, word(meta, 0), part);
        if word(meta, at) == crc.to_le_bytes() && scale(meta).is_finite() {
            whole.set(row);
            Some(())
        } else {
            self.damaged.set(row);
            None
        }
    }
}

/// One bit for each row, which any thread may set.
#[derive(Debug)]
struct RowFlags(Box<[AtomicU64]>);

impl RowFlags {
    fn new(count: usize) -> Self {
        Self((0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    #[inline]
    fn has(&self, at: usize) -> bool {
        self.0[at / 64].load(Ordering::Relaxed) >> (at % 64) & 1 == 1
    }

    fn set(&self, at: usize) {
        self.0[at / 64].fetch_or(1 << (at % 64), Ordering::Relaxed);
    }

    fn count(&self) -> u32 {
        let words = self.0.iter().map(|word| word.load(Ordering::Relaxed));
        words.map(u64::count_ones).sum()
    }

    fn first(&self) -> Option<usize> {
        let mut words = self.0.iter().map(|word| word.load(Ordering::Relaxed));
        let at = words.position(|word| word != 0)?;
        Some(at * 64 + self.0[at].load(Ordering::Relaxed).trailing_zeros() as usize)
    }
}

fn scale(meta: &[u8; META_BYTES]) -> f32 {
    f32::from_le_bytes(word(meta, 0))
}

fn word(meta: &[u8; META_BYTES], at: usize) -> [u8; 4] {
    [meta[at], meta[at + 1], meta[at + 2], meta[at + 3]]
}
