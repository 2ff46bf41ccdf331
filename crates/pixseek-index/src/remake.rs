//! Remakes an index: `rebuild` from its undamaged parts, `compact` without the rows that have no
//! photo. The photos themselves are not read.
//!
//! Both write a new epoch of catalog, vectors, keywords and tags beside the old one, and then
//! publish it with one new `MANIFEST`. Searches go on meanwhile. A kill leaves the old epoch as it
//! was, and the next writer removes the unfinished one.
//!
//! Compacting also erases forgotten photos. Deleting them in the old epoch is not enough: sled and
//! tantivy keep deleted bytes for an unknown time, and the offset of the vector codes is a mean
//! that includes them.

mod rows;

use crate::catalog::{Catalog, Transaction, epochs};
use crate::lock::WriterLock;
use crate::matrix::Matrix;
use crate::recover::{self, Source};
use crate::vectors::{read_header, vectors_path};
use crate::writer::JournalState;
use crate::{
    GivenLabels, IndexError, Manifest, ModelIdentity, Root, RowId, Tags, Writer, WriterOptions,
};
use crate::{journal, private};
use rows::NewRows;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The rows that a new epoch gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepRows {
    /// All rows of known contents, so that a photo that comes back need not be encoded again. If
    /// the index owes an erasure, only those that have a photo.
    Known,
    /// The rows that have a photo.
    Live,
}

/// The result of remaking an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemakeReport {
    /// The number of photos in the new epoch.
    pub photos: u64,
    /// The number of rows that were dropped.
    pub dropped_rows: u64,
    /// The number of photos whose rows were damaged. The next index run encodes them again.
    pub lost_photos: u64,
    /// Whether the catalog was lost and remade from the keywords.
    pub from_keywords: bool,
}

/// Records that are committed at a time.
const AT_A_TIME: usize = 4096;

/// Remakes the index under its lock and opens it for writing.
///
/// # Errors
///
/// When another process writes, a write fails, or neither catalog nor keywords are whole. The
/// index then is as it was.
pub fn remake(
    index: &Path,
    keep: KeepRows,
    options: WriterOptions,
) -> Result<(Writer, RemakeReport), IndexError> {
    if !index.exists() {
        return Err(IndexError::Absent(index.into()));
    }
    let lock = Arc::new(WriterLock::take(index)?);
    private::close(index)?;
    let manifest = match Manifest::read(index) {
        Ok(manifest) => Some(manifest),
        Err(IndexError::Damaged { .. } | IndexError::Absent(_)) => None,
        Err(error) => return Err(error),
    };
    let (catalog, from_keywords) = open_truth(index, manifest.as_ref())?;
    let Some(model) = catalog.model()? else {
        return Err(IndexError::Absent(index.into()));
    };
    let mut known = match manifest {
        Some(manifest) => manifest,
        None => Manifest {
            precision: catalog.precision()?,
            ..Manifest::empty(model, catalog.epoch())
        },
    };
    known.generation = known.generation.max(catalog.generation()?);
    let old = OldEpoch::open(index, &known.model, catalog)?;
    let never = AtomicBool::new(false);
    let _tags = Tags::lock(index)?;
    let copied = old.copied(keep, NewEpoch::of(&known, options, lock), &never)?;
    // `never` is not set, so it is not stopped.
    let (mut writer, report) = copied.ok_or_else(|| IndexError::Uncertain(index.into()))?;
    old.catalog.close()?;
    writer.publish()?;
    let report = RemakeReport {
        from_keywords,
        ..report
    };
    Ok((writer, report))
}

impl Writer {
    /// Remakes the index without the rows that have no photo, and publishes it. Searches go on
    /// meanwhile. Returns `None` and changes nothing if `stop` is set before the end.
    ///
    /// # Errors
    ///
    /// When a write fails. The index is then unchanged, and this writer can be used on, unless the
    /// publication failed: then it refuses to write.
    pub fn compact(&mut self, stop: &AtomicBool) -> Result<Option<RemakeReport>, IndexError> {
        self.journal.check(&self.index)?;
        let _tags = Tags::lock(&self.index)?;
        let old = OldEpoch::open(&self.index, &self.manifest.model, self.catalog().clone())?;
        let new = NewEpoch::of(&self.manifest, self.options, Arc::clone(&self.lock));
        let copied = old.copied(KeepRows::Live, new, stop);
        drop(old);
        let (mut writer, report) = match copied {
            Ok(Some(copied)) => copied,
            Ok(None) => {
                self.remove_leftovers();
                return Ok(None);
            }
            Err(error) => {
                self.remove_leftovers();
                return Err(error);
            }
        };
        if let Err(error) = writer.publish_beside() {
            // `MANIFEST` may name either epoch. Both stay until the index is opened again.
            self.journal = JournalState::Uncertain;
            return Err(error);
        }
        *self = writer;
        self.remove_leftovers();
        Ok(Some(report))
    }
}

/// Opens the catalog, or remakes it from the publication. Returns whether it was remade.
fn open_truth(index: &Path, manifest: Option<&Manifest>) -> Result<(Catalog, bool), IndexError> {
    if let Some(manifest) = manifest {
        let source = |read_journal| Source {
            index,
            home: index,
            manifest,
            read_journal,
        };
        let whole = |source: Source<'_>| {
            let catalog = source.open_catalog()?;
            recover::check(&catalog)?;
            Ok::<_, IndexError>(catalog)
        };
        let mut opened = whole(source(journal::read));
        if opened.is_err() && journal::read(index, manifest.generation).is_err() {
            opened = whole(source(journal::salvage));
        }
        // The damaged catalog was dropped above, so sled has closed its files and they can be
        // removed.
        return match opened {
            Ok(catalog) => Ok((catalog, false)),
            Err(_) => Ok((source(journal::salvage).remake_catalog()?, true)),
        };
    }
    // Without `MANIFEST`, the last epoch that was published counts.
    for epoch in epochs(index) {
        if let Ok(catalog) = Catalog::open(index, epoch)
            && catalog.generation()? > 0
            && recover::check(&catalog).is_ok()
        {
            return Ok((catalog, false));
        }
    }
    Err(IndexError::Lost {
        index: index.into(),
        source: Box::new(IndexError::Absent(index.into())),
    })
}

/// The parameters of the epoch that is written beside the old one.
struct NewEpoch {
    /// Its manifest before its publication.
    manifest: Manifest,
    options: WriterOptions,
    lock: Arc<WriterLock>,
}

impl NewEpoch {
    fn of(old: &Manifest, options: WriterOptions, lock: Arc<WriterLock>) -> Self {
        let manifest = Manifest {
            generation: old.generation,
            row_changes: old.row_changes,
            precision: old.precision.clone(),
            ..Manifest::empty(old.model.clone(), old.epoch)
        };
        Self {
            manifest,
            options,
            lock,
        }
    }
}

/// The old epoch.
struct OldEpoch<'a> {
    index: &'a Path,
    catalog: Catalog,
    matrix: Option<Matrix>,
    rows: u32,
}

impl<'a> OldEpoch<'a> {
    /// Opens the vectors, with the catalog's copy of their header if there is one: their own may be
    /// damaged.
    fn open(index: &'a Path, model: &ModelIdentity, catalog: Catalog) -> Result<Self, IndexError> {
        let (rows, header, epoch) = (catalog.rows()?, catalog.header()?, catalog.epoch());
        let dimension = model.dimension;
        let codec = header.and_then(|header| read_header(&header, dimension));
        let length = std::fs::metadata(vectors_path(index, epoch)).map_or(0, |file| file.len());
        let readable = Matrix::rows_in(dimension, length).min(rows);
        let matrix = match codec {
            Some(codec) => Matrix::open_as(index, epoch, codec, readable).ok(),
            None => Matrix::open(index, epoch, dimension, readable).ok(),
        };
        Ok(Self {
            index,
            catalog,
            matrix,
            rows,
        })
    }

    /// Writes a new epoch without publishing it. Returns `None` if `stop` is set before the end.
    fn copied(
        &self,
        keep: KeepRows,
        new: NewEpoch,
        stop: &AtomicBool,
    ) -> Result<Option<(Writer, RemakeReport)>, IndexError> {
        let last = epochs(self.index).into_iter();
        let epoch = last.fold(self.catalog.epoch(), u64::max) + 1;
        let manifest = Manifest {
            epoch,
            ..new.manifest
        };
        let catalog = Catalog::open(self.index, epoch)?;
        catalog.set_model(&manifest.model)?;
        if let Some(precision) = &manifest.precision {
            catalog.set_precision(precision)?;
        }
        let mut writer = Writer::over(self.index, new.options, manifest, catalog, new.lock)?;
        let Some(rows) = self.copy_rows(keep, &mut writer, stop)? else {
            return Ok(None);
        };
        let mut report = RemakeReport {
            dropped_rows: u64::from(self.rows) - u64::from(rows.count),
            ..RemakeReport::default()
        };
        if !self.copy_photos(&rows, &mut writer, &mut report, stop)? {
            return Ok(None);
        }
        self.copy_rest(&mut writer)?;
        self.copy_tags(&rows, epoch)?;
        if self.catalog.owes_erasure()? {
            self.erase_given(&writer)?;
        }
        Ok(Some((writer, report)))
    }

    /// Copies photos, their keywords and the contents. Returns false if `stop` is set before the
    /// end.
    fn copy_photos(
        &self,
        rows: &NewRows,
        writer: &mut Writer,
        report: &mut RemakeReport,
        stop: &AtomicBool,
    ) -> Result<bool, IndexError> {
        let mut transaction = Transaction::default();
        let keywords = writer.new_keywords()?;
        for photo in self.catalog.photos_below(b"") {
            let (path, mut record) = photo?;
            let Some(kept) = rows.of(record.rows) else {
                report.lost_photos += 1;
                continue;
            };
            if let Some(film) = &mut record.facts.film {
                let mut all = record.rows.iter();
                film.frames
                    .retain(|_| all.next().is_some_and(|row| rows.get(row).is_some()));
            }
            record.rows = kept;
            keywords.replace(&path, &record, self.catalog.has_motion(&path, &record)?)?;
            transaction.photos.push((path, record));
            report.photos += 1;
            if transaction.photos.len() == AT_A_TIME {
                writer.apply(&mut transaction)?;
                if stop.load(Ordering::Relaxed) {
                    return Ok(false);
                }
            }
        }
        for content in self.catalog.contents() {
            let (hash, of_content) = content?;
            if let Some(kept) = rows.of(of_content) {
                transaction.contents.push((hash, kept));
            }
            if transaction.contents.len() >= AT_A_TIME {
                writer.apply(&mut transaction)?;
            }
        }
        writer.apply(&mut transaction)?;
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        writer.set_keywords(keywords)?;
        Ok(true)
    }

    /// Copies failures, roots and forgotten paths.
    fn copy_rest(&self, writer: &mut Writer) -> Result<(), IndexError> {
        let (roots, forgotten) = (self.catalog.roots()?, self.catalog.forgotten()?);
        let roots = roots.iter().map(Root::entry);
        let mut transaction = Transaction {
            failures: self.catalog.failures_below(b"").collect::<Result<_, _>>()?,
            roots: roots.map(|(path, record)| (path, Some(record))).collect(),
            forgotten: forgotten.into_iter().map(|path| (path, true)).collect(),
            ..Transaction::default()
        };
        writer.apply(&mut transaction)
    }

    /// Copies the labels of the rows that stay. Damaged labels are dropped, because they can be
    /// computed again.
    fn copy_tags(&self, rows: &NewRows, epoch: u64) -> Result<(), IndexError> {
        let Ok(Some(tags)) = Tags::read(self.index, self.catalog.epoch()) else {
            return Ok(());
        };
        let kept = (0..self.rows)
            .map(RowId)
            .filter(|row| rows.get(*row).is_some());
        tags.of_rows(epoch, kept).replace(self.index)
    }

    /// Takes the labels that a person gave from contents that the new epoch does not have. Damaged
    /// labels stay: nobody can tell what they belong to.
    fn erase_given(&self, writer: &Writer) -> Result<(), IndexError> {
        let given = match GivenLabels::read(self.index) {
            Err(IndexError::DamagedAttachment { .. }) => return Ok(()),
            given => given?,
        };
        let mut gone = HashSet::new();
        for content in given.all_contents() {
            if writer.catalog().rows_of(content)?.is_none() {
                gone.insert(*content);
            }
        }
        GivenLabels::update(self.index, |labels| labels.remove_contents(&gone))
    }
}
