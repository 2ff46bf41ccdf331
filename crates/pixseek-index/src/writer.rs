//! The one writer of an index: batches into the catalog, publications for readers.

use crate::catalog::{Catalog, Changes};
use crate::failures::publish_failures;
use crate::keywords::{KEYWORDS, KeywordWriter};
use crate::lock::WriterLock;
use crate::manifest::{FORMAT, GraphEntry};
use crate::vectors::{Matrix, VectorFile};
use crate::{
    CatalogView, FailureRecord, IndexError, Manifest, ModelIdentity, PhotoFacts, PhotoRecord,
    RowId, Stamp, graph,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How an index is kept.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    /// Rows from which on a graph is built. Below it the exact scan is as fast: 20,000 rows
    /// of 512 dimensions are 20 MB, a few milliseconds.
    pub graph_from: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { graph_from: 20_000 }
    }
}

/// A graph is built again when the rows behind it are more than this part of it.
const FRESH_PART: usize = 5;

/// A photo that a run has found at a path.
#[derive(Debug, Clone)]
pub struct FoundPhoto {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// BLAKE3 of the content.
    pub content: [u8; 32],
    /// The file's version.
    pub stamp: Stamp,
    /// Facts.
    pub facts: PhotoFacts,
    /// The content's unit vector; not needed for content that the index knows.
    pub vector: Option<Vec<f32>>,
}

/// Changes that are committed together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// New, changed, moved and copied photos.
    pub photos: Vec<FoundPhoto>,
    /// Paths that failed; they stop being photos.
    pub failures: Vec<(Vec<u8>, FailureRecord)>,
    /// Paths that are gone. Their content keeps its row, and is not encoded again if it
    /// comes back.
    pub removed: Vec<Vec<u8>>,
    /// Paths that cannot be seen now.
    pub offline: Vec<Vec<u8>>,
    /// Paths that were offline and are seen again, unchanged.
    pub online: Vec<Vec<u8>>,
}

impl Batch {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
            && self.failures.is_empty()
            && self.removed.is_empty()
            && self.offline.is_empty()
            && self.online.is_empty()
    }
}

/// Holds the lock, the catalog and the end of the vector file.
pub struct Writer {
    index: PathBuf,
    options: WriterOptions,
    manifest: Manifest,
    catalog: Catalog,
    vectors: Option<VectorFile>,
    _lock: WriterLock,
}

impl Writer {
    /// Opens the index at `index` for writing, or makes it. What a killed run left behind
    /// the last commit is dropped here.
    ///
    /// # Errors
    ///
    /// When another process writes, the index belongs to another model, or is damaged.
    pub fn open(
        index: &Path,
        model: &ModelIdentity,
        options: WriterOptions,
    ) -> Result<Self, IndexError> {
        std::fs::create_dir_all(index).map_err(|source| IndexError::Io {
            action: "create",
            path: index.into(),
            source,
        })?;
        let lock = WriterLock::take(index)?;
        let found = match Manifest::read(index) {
            Ok(manifest) => Some(manifest),
            Err(IndexError::Absent(_)) => None,
            Err(error) => return Err(error),
        };
        let catalog = Catalog::open(index)?;
        let other_model = |name: &str| IndexError::OtherModel {
            index: index.into(),
            indexed: name.into(),
            wanted: model.name.clone(),
        };
        if let Some(manifest) = &found
            && manifest.model.fingerprint != model.fingerprint
        {
            return Err(other_model(&manifest.model.name));
        }
        match catalog.fingerprint()? {
            None => catalog.set_fingerprint(&model.fingerprint)?,
            Some(fingerprint) if fingerprint == model.fingerprint => {}
            Some(fingerprint) => return Err(other_model(&fingerprint)),
        }
        let rows = catalog.rows()?;
        if let Some(manifest) = &found
            && manifest.rows > rows
        {
            return Err(IndexError::Damaged {
                path: index.join(crate::catalog::CATALOG),
                what: format!("it knows {rows} rows, {} are published", manifest.rows),
                index: index.into(),
            });
        }
        let vectors = VectorFile::open(index, model.dimension, rows as usize)?;
        let is_new = found.is_none();
        let manifest = found.unwrap_or_else(|| Manifest {
            format: FORMAT,
            model: model.clone(),
            generation: 0,
            rows: 0,
            tail_crc: 0,
            photos: 0,
            offline: 0,
            failures: 0,
            roots: Vec::new(),
            published: 0,
            graph: None,
        });
        let mut writer = Self {
            index: index.into(),
            options,
            manifest,
            catalog,
            vectors: Some(vectors),
            _lock: lock,
        };
        if is_new {
            writer.publish()?;
        }
        Ok(writer)
    }

    /// The last published state.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A second hand on the catalog, for the threads that read while this one commits.
    #[must_use]
    pub fn view(&self) -> CatalogView {
        CatalogView {
            catalog: self.catalog.clone(),
        }
    }

    /// The folders that were indexed.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn roots(&self) -> Result<Vec<Vec<u8>>, IndexError> {
        self.catalog.roots()
    }

    /// Remembers a folder.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn add_root(&self, root: &[u8]) -> Result<(), IndexError> {
        self.catalog.add_root(root)
    }

    /// Commits a batch: vectors first, synced, then one transaction of the catalog. After an
    /// error nothing of it counts.
    ///
    /// # Errors
    ///
    /// When a write fails, or a photo of unknown content comes without a vector.
    pub fn commit(&mut self, batch: Batch) -> Result<(), IndexError> {
        let mut vectors = match self.vectors.take() {
            Some(vectors) => vectors,
            None => self.open_vectors()?,
        };
        let (changes, fresh) = self.prepare(batch, vectors.rows())?;
        // On an error the file stays closed, and the next commit opens it at what counts.
        vectors.append(&fresh)?;
        self.catalog.apply(&changes)?;
        self.vectors = Some(vectors);
        Ok(())
    }

    /// Gives rows to new content and turns a batch into records.
    fn prepare(&self, batch: Batch, rows: usize) -> Result<(Changes, Vec<Vec<f32>>), IndexError> {
        let mut changes = Changes::default();
        let mut fresh = Vec::new();
        let mut fresh_rows: HashMap<[u8; 32], RowId> = HashMap::new();
        for photo in batch.photos {
            let known = match fresh_rows.get(&photo.content) {
                Some(row) => Some(*row),
                None => self.catalog.row_of(&photo.content)?,
            };
            let row = match (known, photo.vector) {
                (Some(row), _) => row,
                (None, Some(vector)) => {
                    let row = u32::try_from(rows + fresh.len()).map_err(|_| IndexError::Full)?;
                    fresh.push(vector);
                    fresh_rows.insert(photo.content, RowId(row));
                    changes.contents.push((photo.content, RowId(row)));
                    RowId(row)
                }
                (None, None) => {
                    return Err(IndexError::Vector {
                        expected: self.manifest.model.dimension,
                        found: 0,
                        length: 0.0,
                    });
                }
            };
            let record = PhotoRecord {
                row,
                content: photo.content,
                stamp: photo.stamp,
                facts: photo.facts,
                offline: false,
            };
            changes.photos.push((photo.path, record));
        }
        let seen = batch.offline.into_iter().map(|path| (path, true));
        for (path, offline) in seen.chain(batch.online.into_iter().map(|path| (path, false))) {
            if let Some(mut record) = self.catalog.photo(&path)? {
                record.offline = offline;
                changes.photos.push((path, record));
            }
        }
        changes.failures = batch.failures;
        changes.removed = batch.removed;
        changes.rows = u32::try_from(rows + fresh.len()).map_err(|_| IndexError::Full)?;
        Ok((changes, fresh))
    }

    /// Makes everything committed visible to readers; the graph stays as it is, and rows
    /// behind it are scanned.
    ///
    /// # Errors
    ///
    /// When a write fails; readers then keep the state before.
    pub fn publish(&mut self) -> Result<(), IndexError> {
        let graph = self.manifest.graph.clone();
        self.publish_over(graph)
    }

    /// As [`Writer::publish`], and builds the graph again when enough rows lie behind it.
    ///
    /// # Errors
    ///
    /// When a write fails or the vectors are damaged; readers then keep the state before.
    pub fn publish_with_graph(&mut self) -> Result<(), IndexError> {
        let rows = self.catalog.rows()?;
        let covered = self.manifest.graph.as_ref().map_or(0, |graph| graph.rows);
        let fresh = (rows - covered.min(rows)) as usize;
        if (rows as usize) < self.options.graph_from || fresh * FRESH_PART <= covered as usize {
            return self.publish();
        }
        let matrix = self.matrix(rows)?;
        let layers = graph::build(matrix)?;
        let entry = layers.write(&self.index, self.manifest.generation + 1)?;
        self.publish_over(Some(entry))
    }

    fn matrix(&mut self, rows: u32) -> Result<Matrix, IndexError> {
        let tail_crc = self.tail_crc()?;
        Matrix::open(&self.index, self.manifest.model.dimension, rows, tail_crc)
    }

    fn tail_crc(&mut self) -> Result<u32, IndexError> {
        if self.vectors.is_none() {
            self.vectors = Some(self.open_vectors()?);
        }
        Ok(self.vectors.as_ref().map_or(0, VectorFile::tail_crc))
    }

    fn open_vectors(&self) -> Result<VectorFile, IndexError> {
        let rows = self.catalog.rows()? as usize;
        VectorFile::open(&self.index, self.manifest.model.dimension, rows)
    }

    fn publish_over(&mut self, graph: Option<GraphEntry>) -> Result<(), IndexError> {
        self.publish_keywords()?;
        publish_failures(&self.index, &self.catalog)?;
        let counts = self.catalog.counts()?;
        let manifest = Manifest {
            generation: self.manifest.generation + 1,
            rows: self.catalog.rows()?,
            tail_crc: self.tail_crc()?,
            photos: counts.photos,
            offline: counts.offline,
            failures: counts.failures,
            roots: self.root_paths()?,
            published: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_secs()),
            graph,
            ..self.manifest.clone()
        };
        manifest.write(&self.index)?;
        self.manifest = manifest;
        self.catalog.clear_pending()?;
        graph::remove_others(
            &self.index,
            self.manifest.graph.as_ref().map(|graph| graph.generation),
        );
        Ok(())
    }

    /// Brings the keywords of all pending paths up to date. A run that is killed between
    /// this and the manifest does it once more: it is the same both times.
    fn publish_keywords(&self) -> Result<(), IndexError> {
        let mut pending = self.catalog.pending().peekable();
        if pending.peek().is_none() && self.index.join(KEYWORDS).join("meta.json").exists() {
            return Ok(());
        }
        let keywords = KeywordWriter::open(&self.index)?;
        for path in pending {
            let path = path?;
            keywords.replace(&path, self.catalog.photo(&path)?.as_ref())?;
        }
        keywords.commit()
    }

    fn root_paths(&self) -> Result<Vec<PathBuf>, IndexError> {
        let roots = self.catalog.roots()?;
        Ok(roots
            .iter()
            .map(|root| PathBuf::from(String::from_utf8_lossy(root).into_owned()))
            .collect())
    }

    /// Takes `root` and all below it out of the index. Returns how many photos left.
    ///
    /// # Errors
    ///
    /// When a write fails; what was taken out until then stays out.
    pub fn forget(&mut self, root: &[u8]) -> Result<u64, IndexError> {
        const AT_A_TIME: usize = 1000;
        let mut forgotten = 0;
        loop {
            let photos = self
                .catalog
                .photos_below(root)
                .map(|e| e.map(|(path, _)| path));
            let failures = self
                .catalog
                .failures_below(root)
                .map(|e| e.map(|(path, _)| path));
            let removed: Vec<Vec<u8>> = photos
                .map(|path| (path, true))
                .chain(failures.map(|path| (path, false)))
                .take(AT_A_TIME)
                .map(|(path, is_photo)| {
                    forgotten += u64::from(is_photo);
                    path
                })
                .collect::<Result<_, _>>()?;
            if removed.is_empty() {
                break;
            }
            self.commit(Batch {
                removed,
                ..Batch::default()
            })?;
        }
        for known in self.catalog.roots()? {
            let is_below = known == root
                || known
                    .strip_prefix(root)
                    .is_some_and(|rest| rest.first() == Some(&b'/') || root.ends_with(b"/"));
            if is_below {
                self.catalog.remove_root(&known)?;
            }
        }
        Ok(forgotten)
    }
}
