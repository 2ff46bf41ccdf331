//! `vectors.f16`: a header, then blocks of 64 rows of little-endian f16, each full block
//! with a trailer that holds its CRC-32. Append-only; the CRC-32 of the last, unfilled block
//! is in `MANIFEST`.

use crate::map::Map;
use crate::{IndexError, RowId};
use half::f16;
use half::slice::HalfFloatSliceExt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(crate) const VECTORS: &str = "vectors.f16";
pub(crate) const ROWS_PER_BLOCK: usize = 64;

const MAGIC: &[u8; 8] = b"PXSKVEC\0";
const HEADER_BYTES: usize = 64;
const TRAILER_BYTES: usize = 64;

/// Vectors up to this size are checked whole when they are opened (about 10 ms); of larger
/// files, the blocks of the hits are.
const CHECKED_AT_OPEN: usize = 64 << 20;

/// A unit vector's length after f16 rounding of its source stays within this of 1.
const UNIT_TOLERANCE: f32 = 1e-3;

/// Where things are in a file of this many dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Geometry {
    dimension: usize,
}

impl Geometry {
    fn row_bytes(self) -> usize {
        self.dimension * 2
    }

    fn block_bytes(self) -> usize {
        ROWS_PER_BLOCK * self.row_bytes() + TRAILER_BYTES
    }

    /// Bytes of a file with this many rows, trailers of full blocks included.
    fn file_bytes(self, rows: usize) -> usize {
        HEADER_BYTES
            + rows / ROWS_PER_BLOCK * self.block_bytes()
            + rows % ROWS_PER_BLOCK * self.row_bytes()
    }

    fn header(self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&1_u32.to_le_bytes());
        let dimension = u32::try_from(self.dimension).unwrap_or(u32::MAX);
        header[12..16].copy_from_slice(&dimension.to_le_bytes());
        header[16..20].copy_from_slice(&64_u32.to_le_bytes());
        let crc = crc32fast::hash(&header[..20]);
        header[20..24].copy_from_slice(&crc.to_le_bytes());
        header
    }
}

/// The writer's side: appends rows.
pub(crate) struct VectorFile {
    path: PathBuf,
    file: File,
    geometry: Geometry,
    rows: usize,
    /// CRC-32 of the rows in the unfilled block.
    tail: crc32fast::Hasher,
}

impl VectorFile {
    /// Opens the file at the catalog's row count: what a killed run wrote behind it is cut
    /// off, a file that is too short is damaged.
    pub(crate) fn open(index: &Path, dimension: usize, rows: usize) -> Result<Self, IndexError> {
        let path = index.join(VECTORS);
        let geometry = Geometry { dimension };
        let io = |action| io_error(action, &path);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("open"))?;
        let length = file.metadata().map_err(io("read"))?.len();
        let expected = geometry.file_bytes(rows) as u64;
        if rows == 0 {
            // Nothing is committed: begin anew, whatever a killed run left.
            file.set_len(0).map_err(io("write"))?;
            file.write_all(&geometry.header()).map_err(io("write"))?;
            file.sync_all().map_err(io("sync"))?;
        } else {
            let mut header = [0; HEADER_BYTES];
            let whole = length >= expected && file.read_exact(&mut header).is_ok();
            if !whole || header != geometry.header() {
                return Err(damaged(
                    index,
                    "it is shorter than the catalog, or not of this index",
                ));
            }
            if length > expected {
                file.set_len(expected).map_err(io("write"))?;
            }
        }
        let in_tail = rows % ROWS_PER_BLOCK * geometry.row_bytes();
        let mut bytes = vec![0; in_tail];
        file.seek(SeekFrom::Start(expected - in_tail as u64))
            .map_err(io("read"))?;
        file.read_exact(&mut bytes).map_err(io("read"))?;
        let mut tail = crc32fast::Hasher::new();
        tail.update(&bytes);
        Ok(Self {
            path,
            file,
            geometry,
            rows,
            tail,
        })
    }

    /// Rows in the file.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// CRC-32 of the rows in the unfilled block, for `MANIFEST`.
    pub(crate) fn tail_crc(&self) -> u32 {
        self.tail.clone().finalize()
    }

    /// Appends unit vectors and syncs them; they count only once the catalog names them.
    pub(crate) fn append(&mut self, vectors: &[Vec<f32>]) -> Result<(), IndexError> {
        if vectors.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(vectors.len() * self.geometry.row_bytes());
        let mut tail = self.tail.clone();
        let mut rows = self.rows;
        for vector in vectors {
            check_unit(vector, self.geometry.dimension)?;
            let start = bytes.len();
            bytes.extend(vector.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()));
            tail.update(&bytes[start..]);
            rows += 1;
            if rows.is_multiple_of(ROWS_PER_BLOCK) {
                let mut trailer = [0; TRAILER_BYTES];
                trailer[..4].copy_from_slice(&tail.finalize().to_le_bytes());
                bytes.extend(trailer);
                tail = crc32fast::Hasher::new();
            }
        }
        // A failed write before left its bytes behind; this one begins where the rows end.
        let end = self.geometry.file_bytes(self.rows) as u64;
        self.file
            .seek(SeekFrom::Start(end))
            .and_then(|_| self.file.write_all(&bytes))
            .map_err(io_error("write", &self.path))?;
        self.file
            .sync_data()
            .map_err(io_error("sync", &self.path))?;
        self.rows = rows;
        self.tail = tail;
        Ok(())
    }
}

/// The reader's side: the published rows, mapped.
#[derive(Debug)]
pub(crate) struct Matrix {
    index: PathBuf,
    map: Map,
    geometry: Geometry,
    rows: usize,
    tail_crc: u32,
}

impl Matrix {
    /// Maps the rows that `MANIFEST` names and checks what is cheap to check.
    pub(crate) fn open(
        index: &Path,
        dimension: usize,
        rows: u32,
        tail_crc: u32,
    ) -> Result<Self, IndexError> {
        let geometry = Geometry { dimension };
        let rows = rows as usize;
        let length = geometry.file_bytes(rows);
        let path = index.join(VECTORS);
        let map = Map::open(&path, length).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => damaged(index, "it is cut off"),
            _ => io_error("open", &path)(error),
        })?;
        if map.bytes().get(..HEADER_BYTES) != Some(&geometry.header()[..]) {
            return Err(damaged(index, "its header is wrong"));
        }
        let matrix = Self {
            index: index.into(),
            map,
            geometry,
            rows,
            tail_crc,
        };
        if length <= CHECKED_AT_OPEN {
            (0..matrix.blocks()).try_for_each(|block| matrix.check_block(block))?;
        }
        Ok(matrix)
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn dimension(&self) -> usize {
        self.geometry.dimension
    }

    pub(crate) fn blocks(&self) -> usize {
        self.rows.div_ceil(ROWS_PER_BLOCK)
    }

    /// The rows of a block, one behind the other: 64 of them, or what is left.
    pub(crate) fn block(&self, block: usize) -> &[f16] {
        let rows = (self.rows - block * ROWS_PER_BLOCK).min(ROWS_PER_BLOCK);
        let start = HEADER_BYTES + block * self.geometry.block_bytes();
        let bytes = &self.map.bytes()[start..start + rows * self.geometry.row_bytes()];
        bytemuck::cast_slice(bytes)
    }

    /// One row.
    pub(crate) fn row(&self, row: RowId) -> &[f16] {
        let row = row.0 as usize;
        let start = row % ROWS_PER_BLOCK * self.geometry.dimension;
        &self.block(row / ROWS_PER_BLOCK)[start..start + self.geometry.dimension]
    }

    /// One row as f32.
    pub(crate) fn vector(&self, row: RowId) -> Vec<f32> {
        self.row(row).to_f32_vec()
    }

    /// Holds a block against its checksum.
    pub(crate) fn check_block(&self, block: usize) -> Result<(), IndexError> {
        let bytes: &[u8] = bytemuck::cast_slice(self.block(block));
        let found = crc32fast::hash(bytes);
        let is_full = (block + 1) * ROWS_PER_BLOCK <= self.rows;
        let expected = if is_full {
            let trailer = HEADER_BYTES + (block + 1) * self.geometry.block_bytes() - TRAILER_BYTES;
            self.map.bytes()[trailer..]
                .first_chunk()
                .map(|crc| u32::from_le_bytes(*crc))
        } else {
            Some(self.tail_crc)
        };
        if expected == Some(found) {
            Ok(())
        } else {
            let first = block * ROWS_PER_BLOCK;
            Err(damaged(
                &self.index,
                &format!("the rows from {first} on have changed"),
            ))
        }
    }
}

/// Refuses what is not a unit vector of the right length: NaN would stop `hnsw_rs`.
fn check_unit(vector: &[f32], dimension: usize) -> Result<(), IndexError> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if vector.len() == dimension && (length - 1.0).abs() <= UNIT_TOLERANCE {
        Ok(())
    } else {
        Err(IndexError::Vector {
            expected: dimension,
            found: vector.len(),
            length,
        })
    }
}

fn damaged(index: &Path, what: &str) -> IndexError {
    IndexError::Damaged {
        path: index.join(VECTORS),
        what: what.into(),
        index: index.into(),
    }
}

fn io_error(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> IndexError {
    let path = path.to_path_buf();
    move |source| IndexError::Io {
        action,
        path: path.clone(),
        source,
    }
}
