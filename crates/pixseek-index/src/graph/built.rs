//! A graph in memory, and writing it.

use super::file::{CHUNK_BYTES, FOLDER, HEADER_WORDS, MAGIC, VERSION, path};
use crate::IndexError;
use crate::chunks::sums;
use crate::manifest::GraphEntry;
use pixseek_files::sync_folder;
use std::io::Write;
use std::path::Path;

/// A graph as it was built.
pub(crate) struct BuiltGraph {
    /// The row from which all others are counted.
    pub first: u32,
    pub rows: u32,
    pub entry: u32,
    /// See [`GraphEntry::inside`].
    pub inside: f32,
    /// From the lowest layer, which has all rows, to the highest.
    pub layers: Vec<Layer>,
}

/// The points of a layer and their neighbours.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Ascending.
    pub rows: Vec<u32>,
    /// Where the neighbours of each point end in `neighbours`.
    pub ends: Vec<u32>,
    pub neighbours: Vec<u32>,
}

impl Layer {
    /// Adds a point behind the others.
    pub(super) fn push(&mut self, row: u32, neighbours: impl IntoIterator<Item = u32>) {
        self.rows.push(row);
        self.neighbours.extend(neighbours);
        self.ends.push(word(self.neighbours.len()));
    }
}

impl BuiltGraph {
    /// Writes and syncs the file of a generation. Readers open it once `MANIFEST` names it.
    pub(crate) fn write(&self, index: &Path, generation: u64) -> Result<GraphEntry, IndexError> {
        let path = path(index, generation);
        let io = |action| IndexError::io(action, &path);
        let body = self.bytes();
        let sums: Vec<u8> = sums(&body, CHUNK_BYTES)
            .iter()
            .flat_map(|sum| sum.to_le_bytes())
            .collect();
        let folder = index.join(FOLDER);
        pixseek_files::make_folder(&folder).map_err(io("create the folder of"))?;
        let mut file = pixseek_files::create(&path).map_err(io("create"))?;
        file.write_all(&body)
            .and_then(|()| file.write_all(&sums))
            .map_err(io("write"))?;
        file.sync_all().map_err(io("sync"))?;
        sync_folder(&folder)
            .and_then(|()| sync_folder(index))
            .map_err(io("sync the folder of"))?;
        Ok(GraphEntry {
            generation,
            first: self.first,
            rows: self.rows,
            bytes: body.len() as u64,
            crc: crc32fast::hash(&sums),
            inside: self.inside,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let words =
            |layer: &Layer| layer.rows.len() + layer.ends.len() + layer.neighbours.len() + 2;
        let words = HEADER_WORDS + self.layers.iter().map(words).sum::<usize>();
        let mut bytes = Vec::with_capacity(4 * words);
        bytes.extend(MAGIC);
        let mut words = |words: &[u32]| {
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        };
        let layers = word(self.layers.len());
        words(&[VERSION, self.first, self.rows, layers, self.entry]);
        words(&[0; HEADER_WORDS - 7]);
        for (level, layer) in self.layers.iter().enumerate() {
            if level > 0 {
                words(&[word(layer.rows.len())]);
                words(&layer.rows);
            }
            words(&[0]);
            words(&layer.ends);
            words(&layer.neighbours);
        }
        bytes
    }
}

/// Counts fit in 32 bits: at most 32 links for each of 2^27 rows.
fn word(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
