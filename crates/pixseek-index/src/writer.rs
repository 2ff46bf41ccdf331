//! The only writer of an index. It commits batches to the catalog, and `publish` makes them
//! visible.

mod batch;
mod publish;
mod roots;

use crate::catalog::{Catalog, KeywordState, Transaction};
use crate::codec::{Code, Codec};
use crate::journal::{self, Journal};
use crate::lock::WriterLock;
use crate::recover::open_catalog;
use crate::vectors::{VECTORS, VectorFile, header};
use crate::{
    CatalogView, GraphBuilder, IndexError, Manifest, ModelIdentity, catalog, checked, private,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use batch::{Batch, NewPhoto};
pub use publish::GraphProgress;
pub use roots::Forgotten;

/// Options of a writer.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    /// The number of rows without a graph from which on a graph is built over them. Below, a scan
    /// is better: it is exact, and compares 250,000 rows of 512 dimensions in 8 ms (two cores,
    /// AVX-512), while a graph over 100,000 needs 3 ms for a recall of 99 % on texts.
    pub graph_from: u32,
    /// The program that builds graphs.
    pub graph_builder: GraphBuilder,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            graph_from: 250_000,
            graph_builder: GraphBuilder::default(),
        }
    }
}

/// The epoch of a new index.
const FIRST_EPOCH: u64 = 1;

/// An index that is open for writing. It holds the lock.
pub struct Writer {
    pub(crate) index: PathBuf,
    pub(crate) options: WriterOptions,
    pub(crate) manifest: Manifest,
    /// `None` only during the drop.
    catalog: Option<Catalog>,
    /// `None` after a failed commit, until the next one.
    vectors: Option<VectorFile>,
    pub(crate) journal: JournalState,
    pub(crate) lock: Arc<WriterLock>,
}

/// The place where commits are written before the catalog applies them.
pub(crate) enum JournalState {
    /// None: nothing of this epoch counts before it is published.
    Unpublished,
    /// The journal of the published generation.
    Open(Journal),
    /// A write failed. Whether it took effect is known only after opening the index again.
    Uncertain,
}

impl JournalState {
    /// Refuses to write after a failed write: the next commit would use the number and the rows of
    /// the failed one again.
    pub(crate) fn check(&self, index: &Path) -> Result<(), IndexError> {
        match self {
            Self::Unpublished | Self::Open(_) => Ok(()),
            Self::Uncertain => Err(IndexError::Uncertain(index.into())),
        }
    }
}

impl Writer {
    /// Opens the index at `index` for writing, or makes an empty one. Drops unfinished writes of a
    /// run that was killed.
    ///
    /// # Errors
    ///
    /// When another process is writing, the index is of another model or damaged, or has a symbolic
    /// link among its parts.
    pub fn open(
        index: &Path,
        model: &ModelIdentity,
        options: WriterOptions,
    ) -> Result<Self, IndexError> {
        let lock = Arc::new(WriterLock::take(index)?);
        private::close(index)?;
        let found = match Manifest::read(index) {
            Ok(manifest) => Some(manifest),
            Err(IndexError::Absent(_)) => None,
            Err(error) => return Err(error),
        };
        let catalog = match &found {
            Some(found) => open_catalog(index, found)?,
            None => begin_catalog(index)?,
        };
        let known = match &found {
            Some(found) => Some(found.model.clone()),
            None => catalog.model()?,
        };
        match known {
            Some(known) if known.fingerprint != model.fingerprint => {
                return Err(IndexError::OtherModel {
                    index: index.into(),
                    indexed: known.name,
                    wanted: model.name.clone(),
                });
            }
            Some(_) => {}
            None => catalog.set_model(model)?,
        }
        let is_new = found.is_none();
        let manifest = found.unwrap_or_else(|| Manifest::empty(model.clone(), FIRST_EPOCH));
        let mut writer = Self::over(index, options, manifest, catalog, lock)?;
        if is_new {
            writer.publish()?;
        } else {
            let generation = writer.manifest.generation;
            let end = journal::read(index, generation)?.end;
            writer.journal = JournalState::Open(Journal::open(index, generation, end)?);
        }
        writer.remove_leftovers();
        Ok(writer)
    }

    /// A writer over an opened catalog.
    pub(crate) fn over(
        index: &Path,
        options: WriterOptions,
        manifest: Manifest,
        catalog: Catalog,
        lock: Arc<WriterLock>,
    ) -> Result<Self, IndexError> {
        let mut writer = Self {
            index: index.into(),
            options,
            manifest,
            catalog: Some(catalog),
            vectors: None,
            journal: JournalState::Unpublished,
            lock,
        };
        writer.vectors = Some(writer.open_vectors()?);
        Ok(writer)
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.catalog
            .as_ref()
            .expect("the catalog is there until the writer is dropped")
    }

    /// The index's folder.
    #[must_use]
    pub fn index(&self) -> &Path {
        &self.index
    }

    /// The last published state.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Sets the precision of the vectors, before the first is committed. It is written to
    /// `MANIFEST`, and to the catalog for the case that `MANIFEST` is lost.
    ///
    /// # Errors
    ///
    /// When the index has another precision already, or a write fails.
    pub fn set_precision(&mut self, precision: &str) -> Result<(), IndexError> {
        match &self.manifest.precision {
            Some(known) if known == precision => return Ok(()),
            Some(known) => {
                return Err(IndexError::OtherPrecision {
                    index: self.index.clone(),
                    indexed: known.clone(),
                    wanted: precision.into(),
                });
            }
            None => {}
        }
        self.journal.check(&self.index)?;
        self.catalog().set_precision(precision)?;
        let manifest = Manifest {
            precision: Some(precision.into()),
            ..self.manifest.clone()
        };
        if let Err(error) = manifest.write(&self.index) {
            // `MANIFEST` may be the old or the new one.
            self.journal = JournalState::Uncertain;
            return Err(error);
        }
        self.manifest = manifest;
        Ok(())
    }

    /// Read access to the catalog for other threads, while this one commits.
    #[must_use]
    pub fn view(&self) -> CatalogView {
        CatalogView {
            catalog: self.catalog().clone(),
        }
    }

    /// Commits a batch: writes and syncs the vectors, then the journal, then applies one
    /// transaction to the catalog. A batch that is refused changes nothing. After a failed write,
    /// the index must be opened again.
    ///
    /// # Errors
    ///
    /// When a write fails now or has failed before, or a photo of unknown content comes
    /// without a vector.
    pub fn commit(&mut self, batch: Batch) -> Result<(), IndexError> {
        self.journal.check(&self.index)?;
        let mut vectors = match self.vectors.take() {
            Some(vectors) => vectors,
            None => self.open_vectors()?,
        };
        let (transaction, fresh) = self.prepare(batch, vectors.rows())?;
        // On an error the file stays closed. The next commit opens it at the committed rows.
        let is_first = vectors.codec().is_none();
        vectors.append(&fresh)?;
        if is_first && let Some(codec) = vectors.codec() {
            self.catalog().set_header(&header(codec))?;
        }
        self.vectors = Some(vectors);
        self.write(transaction)
    }

    /// Commits a transaction. It counts once the journal is synced.
    fn write(&mut self, mut transaction: Transaction) -> Result<(), IndexError> {
        self.journal.check(&self.index)?;
        // A refused batch has closed the file.
        if self.vectors.is_none() {
            self.vectors = Some(self.open_vectors()?);
        }
        transaction.commit = self.catalog().commit()? + 1;
        transaction.rows = self.rows();
        let (journaled, keywords) = match &mut self.journal {
            JournalState::Open(journal) => (journal.append(&transaction), KeywordState::Pending),
            // The keywords of a new epoch are written by the caller.
            JournalState::Unpublished | JournalState::Uncertain => (Ok(()), KeywordState::Written),
        };
        let written = journaled.and_then(|()| self.catalog().apply(&transaction, keywords));
        if written.is_err() {
            self.journal = JournalState::Uncertain;
        }
        written
    }

    /// The number of rows of the vector file.
    pub(crate) fn rows(&self) -> u32 {
        let rows = self.vectors.as_ref().map_or(0, VectorFile::rows);
        u32::try_from(rows).unwrap_or(u32::MAX)
    }

    /// Appends rows of another epoch. They count once a commit has them.
    pub(crate) fn copy_codes(&mut self, codec: &Codec, rows: &[Code]) -> Result<(), IndexError> {
        let is_first = self.rows() == 0;
        if let Some(vectors) = &mut self.vectors {
            vectors.copy(codec, rows)?;
        }
        if is_first {
            self.catalog().set_header(&header(codec))?;
        }
        Ok(())
    }

    /// Commits a transaction and leaves an empty one in its place.
    pub(crate) fn apply(&mut self, transaction: &mut Transaction) -> Result<(), IndexError> {
        self.write(std::mem::take(transaction))
    }

    fn open_vectors(&self) -> Result<VectorFile, IndexError> {
        let rows = self.catalog().rows()? as usize;
        let dimension = self.manifest.model.dimension;
        VectorFile::open(&self.index, self.manifest.epoch, dimension, rows)
    }

    /// Forgets the contents that no photo has, and returns their number. Their vectors are not used
    /// again, and the index owes their erasure: see [`Manifest::owes_erasure`].
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn forget_contents(&mut self) -> Result<u64, IndexError> {
        let live = self.catalog().live_rows()?;
        if live.len() < self.catalog().rows()? as usize {
            self.catalog().set_erasure()?;
        }
        let dead: Vec<[u8; 32]> = self
            .catalog()
            .contents()
            .filter(|entry| !matches!(entry, Ok((_, rows)) if live.has(rows.first)))
            .map(|entry| entry.map(|(hash, _)| hash))
            .collect::<Result<_, _>>()?;
        self.catalog().remove_contents(&dead)?;
        Ok(dead.len() as u64)
    }

    /// Clears the arrivals, after a complete run over all roots.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn clear_arrivals(&self) -> Result<(), IndexError> {
        if self.catalog().has_arrivals() {
            self.catalog().clear_arrivals()?;
        }
        Ok(())
    }
}

impl Drop for Writer {
    /// Seals the catalog. If that fails, the next writer recovers it as after a kill.
    fn drop(&mut self) {
        if let Some(catalog) = self.catalog.take() {
            let _ = catalog.close();
        }
    }
}

/// Opens the catalog of an index without `MANIFEST`. If it has commits, `MANIFEST` is lost; else
/// the index is new.
fn begin_catalog(index: &Path) -> Result<Catalog, IndexError> {
    let is_missing = || {
        let path = index.join(crate::manifest::MANIFEST);
        Err(checked::damaged(index, &path, "it is missing"))
    };
    match Catalog::open(index, FIRST_EPOCH) {
        Ok(catalog) if catalog.generation()? > 1 || catalog.commit()? > 0 => is_missing(),
        Ok(catalog) => Ok(catalog),
        // A run was killed while it made the index.
        Err(_) if !index.join(VECTORS).exists() => {
            catalog::remove(index, FIRST_EPOCH)?;
            Catalog::open(index, FIRST_EPOCH)
        }
        Err(_) => is_missing(),
    }
}
