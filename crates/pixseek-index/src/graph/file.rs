//! `graph/<generation>.bin`: a header of 64 bytes, then the lowest layer, then each layer above it.
//! The lowest layer has the offsets of all rows' neighbours, then the neighbours. An upper layer
//! begins with the list of its rows. All numbers are little-endian `u32`; rows are counted from the
//! graph's first.
//!
//! The CRC-32s of the file's chunks follow, and `MANIFEST` has the CRC-32 of these.

use crate::checked::damaged;
use crate::chunks::CheckedMap;
use crate::codec::CodedQuery;
use crate::manifest::GraphEntry;
use crate::{IndexError, RowId};
use std::collections::HashSet;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub(crate) const FOLDER: &str = "graph";
pub(super) const MAGIC: &[u8; 8] = b"PXSKGRF\0";
pub(super) const VERSION: u32 = 1;
/// Header words: magic (2), version, first row, rows, layers, entry; the rest is 0.
pub(super) const HEADER_WORDS: usize = 16;
/// Bytes of a chunk. A search reads a thousand places and checks one chunk for each, so chunks are
/// small.
pub(super) const CHUNK_BYTES: usize = 4096;

/// A published graph, mapped.
pub(crate) struct Graph {
    map: CheckedMap,
    pub(super) first: u32,
    rows: u32,
    entry: u32,
    inside: f32,
    layers: Vec<Place>,
}

/// Where a layer's arrays begin, in words of the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The list of rows, in an upper layer.
    points: usize,
    offsets: usize,
    count: usize,
}

impl Graph {
    /// Maps a published graph. Its chunks are checked when they are first read.
    pub(crate) fn open(index: &Path, entry: &GraphEntry) -> Result<Self, IndexError> {
        let path = path(index, entry.generation);
        Self::map(&path, entry).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => damaged(index, &path, "it is cut off"),
            ErrorKind::InvalidData => damaged(index, &path, &error.to_string()),
            _ => IndexError::Io {
                action: "open",
                path,
                source: error,
            },
        })
    }

    fn map(path: &Path, entry: &GraphEntry) -> std::io::Result<Self> {
        let wrong = |what: &'static str| Error::new(ErrorKind::InvalidData, what);
        let length = usize::try_from(entry.bytes).map_err(|_| wrong("it is too large"))?;
        let mut file = pixseek_files::open_regular(path)?;
        let count = length.div_ceil(CHUNK_BYTES);
        let whole = entry.bytes.checked_add(4 * count as u64);
        let found = file.metadata()?.len();
        if whole.is_none_or(|whole| found < whole) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        file.seek(SeekFrom::Start(entry.bytes))?;
        let mut sums = vec![0; 4 * count];
        file.read_exact(&mut sums)?;
        if crc32fast::hash(&sums) != entry.crc {
            return Err(wrong("its checksums are wrong"));
        }
        let (words, _) = sums.as_chunks::<4>();
        let sums = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let map = CheckedMap::open(path, length, CHUNK_BYTES, sums)?;
        Self::lay_out(map, entry)?.ok_or_else(|| wrong("its arrays do not fit"))
    }

    /// Computes where the arrays begin; `None` if they do not end where the file does.
    fn lay_out(map: CheckedMap, entry: &GraphEntry) -> std::io::Result<Option<Self>> {
        let header = words(&map, 0, HEADER_WORDS)?.to_vec();
        let is_known = map.bytes(0..MAGIC.len())? == MAGIC && header[2] == VERSION;
        if !is_known || header[3] != entry.first || header[4] != entry.rows {
            return Ok(None);
        }
        let (layer_count, start) = (header[5] as usize, header[6]);
        let mut layers: Vec<Place> = Vec::new();
        let mut at = HEADER_WORDS;
        for level in 0..layer_count {
            let mut layer = Place {
                points: at,
                offsets: at,
                count: entry.rows as usize,
            };
            if level > 0 {
                layer.count = words(&map, at, 1)?[0] as usize;
                layer.points = at + 1;
                layer.offsets = layer.points + layer.count;
            }
            let neighbours = words(&map, layer.offsets + layer.count, 1)?[0] as usize;
            at = layer.neighbours() + neighbours;
            layers.push(layer);
        }
        let fits = at * 4 == map.len() && !layers.is_empty() && start < entry.rows;
        Ok(fits.then_some(Self {
            map,
            first: entry.first,
            rows: entry.rows,
            entry: start,
            inside: entry.inside,
            layers,
        }))
    }

    /// The number of rows that the graph covers.
    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    /// The point of the highest layer at which searches begin.
    pub(super) fn entry(&self) -> u32 {
        self.entry
    }

    /// The rows that the graph covers.
    pub(crate) fn range(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.rows
    }

    /// Whether a query lies in the cone of the rows, where a narrow beam finds its neighbours.
    pub(crate) fn is_inside(&self, query: &CodedQuery) -> bool {
        query.base() >= self.inside
    }

    /// Checks every chunk and every link.
    pub(crate) fn check_all(&self) -> std::io::Result<()> {
        self.map.check_all()?;
        let rows = 0..self.rows;
        for layer in 0..self.layers.len() {
            for row in rows.clone() {
                for neighbour in self.neighbours(layer, row)? {
                    self.row(*neighbour)?;
                }
            }
        }
        Ok(())
    }

    /// The row at the end of a link.
    ///
    /// # Errors
    ///
    /// When the graph does not cover it.
    #[inline]
    pub(super) fn row(&self, local: u32) -> std::io::Result<RowId> {
        if local < self.rows {
            Ok(RowId(self.first + local))
        } else {
            Err(Error::new(ErrorKind::InvalidData, "a link leads outside"))
        }
    }

    pub(super) fn top(&self) -> usize {
        self.layers.len() - 1
    }

    /// The points of a layer above the lowest.
    pub(super) fn points(&self, layer: usize) -> std::io::Result<&[u32]> {
        let at = &self.layers[layer];
        words(&self.map, at.points, at.count)
    }

    /// The neighbours of a row in a layer; none if the layer does not have the row.
    #[inline]
    pub(super) fn neighbours(&self, layer: usize, row: u32) -> std::io::Result<&[u32]> {
        let at = &self.layers[layer];
        let position = if layer == 0 {
            row as usize
        } else {
            match self.points(layer)?.binary_search(&row) {
                Ok(position) => position,
                Err(_) => return Ok(&[]),
            }
        };
        let ends = words(&self.map, at.offsets + position, 2)?;
        let (start, end) = (ends[0] as usize, ends[1] as usize);
        words(
            &self.map,
            at.neighbours() + start,
            end.saturating_sub(start),
        )
    }
}

impl Place {
    fn neighbours(self) -> usize {
        self.offsets + self.count + 1
    }
}

/// Reads words of the file and checks their chunks.
#[inline]
fn words(map: &CheckedMap, start: usize, count: usize) -> std::io::Result<&[u32]> {
    let bytes = map.bytes(start * 4..(start + count) * 4)?;
    bytemuck::try_cast_slice(bytes).map_err(|_| ErrorKind::InvalidData.into())
}

/// Removes the graphs that `MANIFEST` does not name. Readers that have mapped one can go on using
/// it.
pub(crate) fn remove_others(index: &Path, keep: &[GraphEntry]) {
    let Ok(entries) = std::fs::read_dir(index.join(FOLDER)) else {
        return;
    };
    let keep: HashSet<PathBuf> = keep
        .iter()
        .map(|entry| path(index, entry.generation))
        .collect();
    for entry in entries.flatten() {
        if !keep.contains(&entry.path()) {
            // The next publication tries again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

pub(crate) fn path(index: &Path, generation: u64) -> PathBuf {
    index.join(FOLDER).join(format!("{generation}.bin"))
}
