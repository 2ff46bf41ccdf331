//! Making an index again beside itself: `rebuild` from what is whole, `compact` without the
//! rows that no photo has. No photo is touched.
//!
//! A new epoch of catalog, vectors and keywords is written next to the old one, and
//! `MANIFEST` changes from one to the other at once. Searches go on meanwhile; a kill leaves
//! the old epoch as it was.

use crate::catalog::{Catalog, Changes, epochs};
use crate::journal;
use crate::lock::WriterLock;
use crate::matrix::Matrix;
use crate::recover::{self, Source};
use crate::vectors::{read_header, vectors_path};
use crate::{IndexError, Manifest, ModelIdentity, RowId, RowSet, Writer, WriterOptions};
use std::path::Path;

/// Which rows a new epoch has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepRows {
    /// All that are known: a photo that comes back is not encoded again.
    Known,
    /// Those that have a photo.
    Live,
}

/// What was made again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemakeReport {
    /// Photos of the new epoch.
    pub photos: u64,
    /// Rows that it does not have any more.
    pub dropped_rows: u64,
    /// Photos whose rows were damaged: the next index run encodes them again.
    pub lost_photos: u64,
    /// Whether the catalog was made from the keywords.
    pub from_keywords: bool,
}

/// Records that are committed at a time.
const AT_A_TIME: usize = 4096;

/// Makes the index again under its lock and opens it for writing.
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
    let lock = WriterLock::take(index)?;
    let manifest = match Manifest::read(index) {
        Ok(manifest) => Some(manifest),
        Err(IndexError::Damaged { .. } | IndexError::Absent(_)) => None,
        Err(error) => return Err(error),
    };
    let (old_catalog, from_keywords) = open_truth(index, manifest.as_ref())?;
    let Some(model) = old_catalog.model()? else {
        return Err(IndexError::Absent(index.into()));
    };
    let epoch = old_catalog.epoch();
    let new_epoch = epochs(index).into_iter().fold(epoch, u64::max) + 1;
    let old = Old::open(index, &model, old_catalog)?;

    let catalog = Catalog::open(index, new_epoch)?;
    catalog.set_model(&model)?;
    let published = manifest.as_ref().map_or(0, |manifest| manifest.generation);
    let empty = Manifest {
        generation: old.catalog.generation()?.max(published),
        row_changes: manifest.as_ref().map_or(0, |manifest| manifest.row_changes),
        ..Manifest::empty(model, new_epoch)
    };
    let mut report = RemakeReport {
        from_keywords,
        ..RemakeReport::default()
    };
    let mut writer = Writer::over(index, options, empty, catalog, lock)?;
    let rows = copy_rows(&old, keep, &mut writer)?;
    report.dropped_rows = u64::from(old.rows) - u64::from(rows.count);
    copy_photos(&old.catalog, &rows, &mut writer, &mut report)?;
    copy_rest(&old.catalog, &mut writer)?;
    old.catalog.close()?;
    writer.publish()?;
    Ok((writer, report))
}

/// Finds the truth: the catalog if it opens, else what was published. Returns whether it is
/// the latter.
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
        // sled has let go of the files of a catalog that is not whole: they are removed now.
        return match opened {
            Ok(catalog) => Ok((catalog, false)),
            Err(_) => Ok((source(journal::salvage).remake_catalog()?, true)),
        };
    }
    // Without `MANIFEST`: the last epoch that came to be published.
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

/// The old epoch.
struct Old {
    catalog: Catalog,
    matrix: Option<Matrix>,
    rows: u32,
}

impl Old {
    /// Opens the vectors; with the catalog's copy of their header if their own is damaged.
    fn open(index: &Path, model: &ModelIdentity, catalog: Catalog) -> Result<Self, IndexError> {
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
            catalog,
            matrix,
            rows,
        })
    }
}

/// Old row numbers to new ones.
struct NewRows {
    /// By old row; `u32::MAX` for rows that are dropped.
    numbers: Vec<u32>,
    count: u32,
}

impl NewRows {
    fn get(&self, row: RowId) -> Option<RowId> {
        let number = self.numbers.get(row.0 as usize)?;
        (*number != u32::MAX).then_some(RowId(*number))
    }
}

/// Copies the codes of the rows that stay, bit for bit; damaged ones are dropped.
fn copy_rows(old: &Old, keep: KeepRows, writer: &mut Writer) -> Result<NewRows, IndexError> {
    let keep: RowSet = match keep {
        KeepRows::Live => old.catalog.live_rows()?,
        KeepRows::Known => {
            let rows = old
                .catalog
                .contents()
                .map(|entry| entry.map(|(_, row)| row));
            rows.collect::<Result<_, _>>()?
        }
    };
    let mut rows = NewRows {
        numbers: vec![u32::MAX; old.rows as usize],
        count: 0,
    };
    let Some(matrix) = &old.matrix else {
        return Ok(rows);
    };
    let mut codes = Vec::with_capacity(AT_A_TIME);
    for row in keep.rows() {
        let (Some(code), Some(number)) =
            (matrix.code(RowId(row)), rows.numbers.get_mut(row as usize))
        else {
            continue;
        };
        *number = rows.count;
        rows.count += 1;
        codes.push(code);
        if codes.len() == AT_A_TIME {
            writer.copy_codes(matrix.codec(), &codes)?;
            codes.clear();
        }
    }
    writer.copy_codes(matrix.codec(), &codes)?;
    Ok(rows)
}

fn copy_photos(
    old: &Catalog,
    rows: &NewRows,
    writer: &mut Writer,
    report: &mut RemakeReport,
) -> Result<(), IndexError> {
    let mut changes = Changes::default();
    let keywords = writer.new_keywords()?;
    for photo in old.photos_below(b"") {
        let (path, mut record) = photo?;
        let Some(row) = rows.get(record.row) else {
            report.lost_photos += 1;
            continue;
        };
        record.row = row;
        keywords.replace(&path, Some(&record))?;
        changes.photos.push((path, record));
        report.photos += 1;
        if changes.photos.len() == AT_A_TIME {
            writer.apply(&mut changes)?;
        }
    }
    for content in old.contents() {
        let (hash, row) = content?;
        if let Some(row) = rows.get(row) {
            changes.contents.push((hash, row));
        }
        if changes.contents.len() >= AT_A_TIME {
            writer.apply(&mut changes)?;
        }
    }
    writer.apply(&mut changes)?;
    writer.take_keywords(keywords)
}

/// Failures and folders.
fn copy_rest(old: &Catalog, writer: &mut Writer) -> Result<(), IndexError> {
    let roots = old.roots()?.into_iter();
    let mut changes = Changes {
        failures: old.failures_below(b"").collect::<Result<_, _>>()?,
        roots: roots.map(|(root, state)| (root, Some(state))).collect(),
        ..Changes::default()
    };
    writer.apply(&mut changes)
}
