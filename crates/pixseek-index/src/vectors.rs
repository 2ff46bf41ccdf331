//! `vectors/<epoch>.bin`: a header, then blocks of 64 rows as 12-bit codes. Append-only.
//!
//! A block has the coarse bytes of its rows together, then their fine half-bytes, then a
//! scale and two checksums for each row. So a scan streams through the coarse bytes, and
//! every row can be checked by itself when it is first read.

use crate::codec::{Code, Codec, stride};
use crate::{IndexError, checked};
use pixseek_files::sync_folder;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(crate) const VECTORS: &str = "vectors";
pub(crate) const ROWS_PER_BLOCK: usize = 64;

const MAGIC: &[u8; 8] = b"PXSKVEC\0";
const VERSION: u32 = 1;
/// Bytes of magic, version, dimension, rows of a block, and the CRC-32 of these and of the offset.
const FIXED_BYTES: usize = 24;
/// Bytes of a row's scale, CRC-32 of its coarse part and CRC-32 of its fine part.
pub(crate) const META_BYTES: usize = 12;
const ALIGNMENT: usize = 64;

/// `vectors/<epoch>.bin`
pub(crate) fn vectors_path(index: &Path, epoch: u64) -> PathBuf {
    index.join(VECTORS).join(format!("{epoch}.bin"))
}

/// The positions of everything in a file of this many dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    dimension: usize,
    pub stride: usize,
}

impl Geometry {
    pub(crate) fn new(dimension: usize) -> Self {
        Self {
            dimension,
            stride: stride(dimension),
        }
    }

    pub(crate) fn header_bytes(self) -> usize {
        (FIXED_BYTES + 4 * self.dimension).next_multiple_of(ALIGNMENT)
    }

    fn block_bytes(self) -> usize {
        ROWS_PER_BLOCK * (self.stride + self.stride / 2 + META_BYTES)
    }

    fn block(self, row: usize) -> usize {
        self.header_bytes() + row / ROWS_PER_BLOCK * self.block_bytes()
    }

    /// The position of the coarse bytes of a row.
    pub(crate) fn coarse(self, row: usize) -> usize {
        self.block(row) + row % ROWS_PER_BLOCK * self.stride
    }

    pub(crate) fn fine(self, row: usize) -> usize {
        let behind = ROWS_PER_BLOCK * self.stride;
        self.block(row) + behind + row % ROWS_PER_BLOCK * (self.stride / 2)
    }

    pub(crate) fn meta(self, row: usize) -> usize {
        let behind = ROWS_PER_BLOCK * (self.stride + self.stride / 2);
        self.block(row) + behind + row % ROWS_PER_BLOCK * META_BYTES
    }

    /// The length of a file with this many rows.
    pub(crate) fn file_bytes(self, rows: usize) -> usize {
        match rows.checked_sub(1) {
            Some(last) => self.meta(last) + META_BYTES,
            None => self.header_bytes(),
        }
    }
}

/// The header of a file with this codec.
pub(crate) fn header(codec: &Codec) -> Vec<u8> {
    let geometry = Geometry::new(codec.dimension());
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
    let mut header = Vec::with_capacity(geometry.header_bytes());
    header.extend(MAGIC);
    header.extend(VERSION.to_le_bytes());
    header.extend(number(codec.dimension()));
    header.extend(number(ROWS_PER_BLOCK));
    let offset: Vec<u8> = codec
        .offset()
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header);
    crc.update(&offset);
    header.extend(crc.finalize().to_le_bytes());
    header.extend(offset);
    header.resize(geometry.header_bytes(), 0);
    header
}

/// The codec in a header; `None` if the header is damaged or has another dimension.
pub(crate) fn read_header(bytes: &[u8], dimension: usize) -> Option<Codec> {
    let offset = bytes.get(FIXED_BYTES..FIXED_BYTES + 4 * dimension)?;
    let (numbers, _) = offset.as_chunks::<4>();
    let codec = Codec::with_offset(numbers.iter().map(|x| f32::from_le_bytes(*x)).collect());
    let whole = bytes.get(..Geometry::new(dimension).header_bytes())? == header(&codec);
    whole.then_some(codec)
}

/// The checksum of a row's coarse or fine part. It includes the row's number, so that a block at
/// the wrong position is noticed.
pub(crate) fn part_crc(row: usize, scale: [u8; 4], part: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&(row as u64).to_le_bytes());
    crc.update(&scale);
    crc.update(part);
    crc.finalize()
}

/// A vector file that is open for appending rows.
pub(crate) struct VectorFile {
    path: PathBuf,
    file: File,
    geometry: Geometry,
    /// The codec; `None` until it is fitted to the first vectors.
    codec: Option<Codec>,
    rows: usize,
}

impl VectorFile {
    /// Opens the file of an epoch and truncates it to the rows that the catalog has: the others are
    /// of a run that was killed. A file with fewer rows is damaged.
    pub(crate) fn open(
        index: &Path,
        epoch: u64,
        dimension: usize,
        rows: usize,
    ) -> Result<Self, IndexError> {
        let path = vectors_path(index, epoch);
        let geometry = Geometry::new(dimension);
        let io = |action| IndexError::io(action, &path);
        pixseek_files::make_folder(&index.join(VECTORS)).map_err(io("create the folder of"))?;
        let mut file = pixseek_files::open_or_create(&path).map_err(io("open"))?;
        let mut codec = None;
        if rows == 0 {
            // Nothing is committed, so anything in the file is of a run that was killed.
            file.set_len(0).map_err(io("write"))?;
            file.sync_all().map_err(io("sync"))?;
            sync_folder(&index.join(VECTORS))
                .and_then(|()| sync_folder(index))
                .map_err(io("sync the folder of"))?;
        } else {
            let length = file.metadata().map_err(io("read"))?.len();
            let expected = geometry.file_bytes(rows) as u64;
            let mut bytes = vec![0; geometry.header_bytes()];
            if length >= expected && file.read_exact(&mut bytes).is_ok() {
                codec = read_header(&bytes, dimension);
            }
            if codec.is_none() {
                let what = "it is shorter than the catalog, or its header is wrong";
                return Err(checked::damaged(index, &path, what));
            }
            if length > expected {
                file.set_len(expected).map_err(io("write"))?;
            }
        }
        Ok(Self {
            path,
            file,
            geometry,
            codec,
            rows,
        })
    }

    /// The number of rows in the file.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends unit vectors and syncs them. They count once the catalog has their rows.
    pub(crate) fn append(&mut self, vectors: &[Vec<f32>]) -> Result<(), IndexError> {
        if vectors.is_empty() {
            return Ok(());
        }
        let is_first = self.codec.is_none();
        let codec = match self.codec.take() {
            Some(codec) => codec,
            None => Codec::fit(vectors, self.geometry.dimension),
        };
        let result: Result<Vec<Code>, IndexError> =
            vectors.iter().map(|vector| codec.encode(vector)).collect();
        let rows = match result {
            Ok(rows) => rows,
            Err(error) => {
                self.codec = (!is_first).then_some(codec);
                return Err(error);
            }
        };
        if is_first {
            self.write_at(0, &header(&codec))?;
        }
        self.codec = Some(codec);
        self.add(&rows)
    }

    fn add(&mut self, codes: &[Code]) -> Result<(), IndexError> {
        self.write_codes(codes)?;
        self.file
            .sync_data()
            .map_err(IndexError::io("sync", &self.path))?;
        self.rows += codes.len();
        Ok(())
    }

    /// Writes codes behind the last row, each part of a row to its place in the block.
    fn write_codes(&mut self, codes: &[Code]) -> Result<(), IndexError> {
        let mut row = self.rows;
        let mut rest = codes;
        while !rest.is_empty() {
            let room = ROWS_PER_BLOCK - row % ROWS_PER_BLOCK;
            let (block, behind) = rest.split_at(room.min(rest.len()));
            let coarse: Vec<u8> = block
                .iter()
                .flat_map(|code| &code.coarse)
                .copied()
                .collect();
            let fine: Vec<u8> = block.iter().flat_map(|code| &code.fine).copied().collect();
            let meta: Vec<u8> = block
                .iter()
                .zip(row..)
                .flat_map(|(code, row)| meta(row, code))
                .collect();
            self.write_at(self.geometry.coarse(row), &coarse)?;
            self.write_at(self.geometry.fine(row), &fine)?;
            self.write_at(self.geometry.meta(row), &meta)?;
            row += block.len();
            rest = behind;
        }
        Ok(())
    }

    fn write_at(&mut self, position: usize, bytes: &[u8]) -> Result<(), IndexError> {
        self.file
            .seek(SeekFrom::Start(position as u64))
            .and_then(|_| self.file.write_all(bytes))
            .map_err(IndexError::io("write", &self.path))
    }

    /// The codec of the rows; `None` while there are no rows.
    pub(crate) fn codec(&self) -> Option<&Codec> {
        self.codec.as_ref()
    }

    /// Appends codes that `codec` has made, and syncs them. It must be the codec of the rows, if
    /// there are any.
    pub(crate) fn copy(&mut self, codec: &Codec, rows: &[Code]) -> Result<(), IndexError> {
        if self.codec.is_none() {
            self.write_at(0, &header(codec))?;
            self.codec = Some(codec.clone());
        }
        self.add(rows)
    }
}

/// The scale and both checksums of a row, as bytes.
fn meta(row: usize, code: &Code) -> [u8; META_BYTES] {
    let scale = code.scale.to_le_bytes();
    let mut meta = [0; META_BYTES];
    meta[..4].copy_from_slice(&scale);
    meta[4..8].copy_from_slice(&part_crc(row, scale, &code.coarse).to_le_bytes());
    meta[8..].copy_from_slice(&part_crc(row, scale, &code.fine).to_le_bytes());
    meta
}
