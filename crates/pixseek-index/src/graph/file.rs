//! `graph/<generation>/graph.bin`: a header of 64 bytes, then for each layer from the lowest
//! the number of its points, their rows, the offsets of their neighbours, and the neighbours.
//! All numbers are little-endian `u32`. `MANIFEST` holds the file's CRC-32.

use crate::IndexError;
use crate::checked::sync_folder;
use crate::manifest::GraphEntry;
use crate::map::Map;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

const FOLDER: &str = "graph";
const FILE: &str = "graph.bin";
const MAGIC: &[u8; 8] = b"PXSKGRF\0";
const VERSION: u32 = 1;
/// Header words: magic (2), version, rows, layers, entry; the rest is 0.
const HEADER_WORDS: usize = 16;

/// A graph in memory, as it was built.
pub(crate) struct Layers {
    pub rows: u32,
    pub entry: u32,
    /// Points of each layer with their neighbours, sorted by row.
    pub adjacency: Vec<Vec<(u32, Vec<u32>)>>,
}

/// A published graph, mapped.
pub(crate) struct Graph {
    map: Map,
    pub(super) rows: u32,
    pub(super) entry: u32,
    layers: Vec<Layer>,
}

/// Where a layer's arrays begin, in words.
#[derive(Debug, Clone, Copy)]
struct Layer {
    points: usize,
    count: usize,
}

impl Layers {
    /// Writes and syncs the file of a generation; it counts once `MANIFEST` names it.
    pub(crate) fn write(&self, index: &Path, generation: u64) -> Result<GraphEntry, IndexError> {
        let folder = folder(index, generation);
        let io = |action| {
            let path = folder.join(FILE);
            move |source| IndexError::Io {
                action,
                path,
                source,
            }
        };
        // A killed run may have left the folder of this generation half-written.
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io("replace")(error));
            }
            _ => {}
        }
        std::fs::create_dir_all(&folder).map_err(io("create"))?;
        let file = File::create(folder.join(FILE)).map_err(io("create"))?;
        let mut output = Checksummed {
            output: BufWriter::new(file),
            crc: crc32fast::Hasher::new(),
            bytes: 0,
        };
        self.write_to(&mut output).map_err(io("write"))?;
        let file = output
            .output
            .into_inner()
            .map_err(|error| io("write")(error.into_error()))?;
        file.sync_all().map_err(io("sync"))?;
        sync_folder(&folder)
            .and_then(|()| sync_folder(&index.join(FOLDER)))
            .and_then(|()| sync_folder(index))
            .map_err(io("sync the folder of"))?;
        Ok(GraphEntry {
            generation,
            rows: self.rows,
            bytes: output.bytes,
            crc: output.crc.finalize(),
        })
    }

    fn write_to(&self, output: &mut Checksummed) -> std::io::Result<()> {
        output.bytes(MAGIC)?;
        let layers = word(self.adjacency.len());
        output.words(&[VERSION, self.rows, layers, self.entry])?;
        output.words(&[0; HEADER_WORDS - 6])?;
        for layer in &self.adjacency {
            output.words(&[word(layer.len())])?;
            for (row, _) in layer {
                output.words(&[*row])?;
            }
            let mut offset = 0;
            output.words(&[offset])?;
            for (_, neighbours) in layer {
                offset += word(neighbours.len());
                output.words(&[offset])?;
            }
            for (_, neighbours) in layer {
                output.words(neighbours)?;
            }
        }
        Ok(())
    }
}

impl Graph {
    /// Maps a published graph and holds it against its checksum.
    pub(crate) fn open(index: &Path, entry: &GraphEntry) -> Result<Self, IndexError> {
        let path = folder(index, entry.generation).join(FILE);
        let damaged = |what: &str| IndexError::Damaged {
            path: path.clone(),
            what: what.into(),
            index: index.into(),
        };
        let length = usize::try_from(entry.bytes).map_err(|_| damaged("it is too large"))?;
        let map = Map::open(&path, length).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => damaged("it is cut off"),
            _ => IndexError::Io {
                action: "open",
                path: path.clone(),
                source: error,
            },
        })?;
        if crc32fast::hash(map.bytes()) != entry.crc {
            return Err(damaged("its checksum is wrong"));
        }
        Self::lay_out(map, entry.rows).ok_or_else(|| damaged("its arrays do not fit"))
    }

    /// Finds the arrays; `None` when they do not end where the file does.
    fn lay_out(map: Map, rows: u32) -> Option<Self> {
        let words: &[u32] = bytemuck::try_cast_slice(map.bytes()).ok()?;
        let header: &[u32; HEADER_WORDS] = words.first_chunk()?;
        let is_known = map.bytes().starts_with(MAGIC) && header[2] == VERSION;
        if !is_known || header[3] != rows {
            return None;
        }
        let (layer_count, entry) = (header[4] as usize, header[5]);
        let mut layers = Vec::new();
        let mut at = HEADER_WORDS;
        for _ in 0..layer_count {
            let count = *words.get(at)? as usize;
            let layer = Layer {
                points: at + 1,
                count,
            };
            let neighbours = *words.get(layer.offsets() + count)? as usize;
            at = layer.neighbours().checked_add(neighbours)?;
            layers.push(layer);
        }
        (at == words.len() && !layers.is_empty()).then_some(Self {
            map,
            rows,
            entry,
            layers,
        })
    }

    /// Rows that the graph covers, from 0.
    pub(crate) fn rows(&self) -> usize {
        self.rows as usize
    }

    pub(super) fn top(&self) -> usize {
        self.layers.len() - 1
    }

    /// The neighbours of a row in a layer; none when it is not in it.
    pub(super) fn neighbours(&self, layer: usize, row: u32) -> &[u32] {
        self.find(layer, row).unwrap_or_default()
    }

    fn find(&self, layer: usize, row: u32) -> Option<&[u32]> {
        let words: &[u32] = bytemuck::try_cast_slice(self.map.bytes()).ok()?;
        let layer = self.layers.get(layer)?;
        let points = words.get(layer.points..layer.points + layer.count)?;
        // The lowest layer holds every row, at its own number.
        let position = match points.get(row as usize) {
            Some(point) if *point == row => row as usize,
            _ => points.binary_search(&row).ok()?,
        };
        let offsets = words.get(layer.offsets() + position..)?;
        let (start, end) = (*offsets.first()? as usize, *offsets.get(1)? as usize);
        words.get(layer.neighbours()..)?.get(start..end)
    }
}

impl Layer {
    fn offsets(self) -> usize {
        self.points + self.count
    }

    fn neighbours(self) -> usize {
        self.offsets() + self.count + 1
    }
}

/// Removes the graphs of other generations; readers that have one mapped keep it.
pub(crate) fn remove_others(index: &Path, keep: Option<u64>) {
    let Ok(entries) = std::fs::read_dir(index.join(FOLDER)) else {
        return;
    };
    let keep = keep.map(|generation| generation.to_string());
    for entry in entries.flatten() {
        if entry.file_name().to_str() != keep.as_deref() {
            // What cannot be removed now is removed after the next publication.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

struct Checksummed {
    output: BufWriter<File>,
    crc: crc32fast::Hasher,
    bytes: u64,
}

impl Checksummed {
    fn bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.crc.update(bytes);
        self.bytes += bytes.len() as u64;
        self.output.write_all(bytes)
    }

    fn words(&mut self, words: &[u32]) -> std::io::Result<()> {
        words
            .iter()
            .try_for_each(|word| self.bytes(&word.to_le_bytes()))
    }
}

fn folder(index: &Path, generation: u64) -> PathBuf {
    index.join(FOLDER).join(generation.to_string())
}

/// Counts fit in 32 bits: at most 32 links for each of 2^27 rows.
fn word(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
