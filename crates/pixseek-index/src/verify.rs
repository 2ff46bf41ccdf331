//! Holding every byte of an index against its checksum, and its parts against each other.
//! The invariants are those of `index/FORMAT.md`.

use crate::catalog::Catalog;
use crate::failures::read_failures;
use crate::graph::Graph;
use crate::keywords::Keywords;
use crate::lock::WriterLock;
use crate::matrix::Matrix;
use crate::recover::{self, open_catalog};
use crate::vectors::VectorFile;
use crate::{Attachment, IndexError, Manifest, PhotoRecord, checked};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What a check found.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// Parts that are whole, in words.
    pub whole: Vec<String>,
    /// Parts that are damaged.
    pub damaged: Vec<IndexError>,
    /// Why the catalog was not looked at, if it was not.
    pub unchecked: Option<IndexError>,
}

/// Checks all of an index. Of what another process is writing, only what is published.
///
/// # Errors
///
/// When there is no index.
pub fn verify(index: &Path) -> Result<VerifyReport, IndexError> {
    if !index.exists() {
        return Err(IndexError::Absent(index.into()));
    }
    let mut report = VerifyReport::default();
    // Under the lock nothing is published meanwhile.
    let lock = WriterLock::take(index);
    let manifest = match Manifest::read(index) {
        Ok(manifest) => manifest,
        Err(error @ IndexError::Damaged { .. }) => {
            report.damaged.push(error);
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    report.take("manifest", Ok(()));
    report.take("vectors", check_vectors(index, &manifest));
    report.take("graphs", check_graphs(index, &manifest));
    report.take("failures", check_failures(index, &manifest));
    for attachment in Attachment::ALL {
        if let Err(error) = attachment.read(index) {
            report.damaged.push(error);
        }
    }
    let published = check_keywords(index, &manifest);
    match (lock, published) {
        (Ok(_lock), Ok(published)) => {
            report.take("keywords", Ok(()));
            report.take("catalog", check_catalog(index, &manifest, Some(published)));
        }
        (Ok(_lock), Err(error)) => {
            report.take("keywords", Err(error));
            report.take("catalog", check_catalog(index, &manifest, None));
        }
        (Err(error), published) => {
            report.take("keywords", published.map(drop));
            report.unchecked = Some(error);
        }
    }
    Ok(report)
}

impl VerifyReport {
    fn take(&mut self, part: &str, result: Result<(), IndexError>) {
        match result {
            Ok(()) => self.whole.push(part.into()),
            Err(error) => self.damaged.push(error),
        }
    }
}

fn check_vectors(index: &Path, manifest: &Manifest) -> Result<(), IndexError> {
    let dimension = manifest.model.dimension;
    Matrix::open(index, manifest.epoch, dimension, manifest.rows)
        .map_err(|error| error.missing_is_damage(index))?
        .check_all()
}

fn check_graphs(index: &Path, manifest: &Manifest) -> Result<(), IndexError> {
    let mut end = 0;
    for entry in &manifest.graphs {
        let graph = Graph::open(index, entry).map_err(|error| error.missing_is_damage(index))?;
        graph.check_all().map_err(|error| {
            let path = crate::graph::path(index, entry.generation);
            checked::damaged(index, &path, &error.to_string())
        })?;
        let range = graph.range();
        if range.start < end || range.end > manifest.rows {
            let path = crate::graph::path(index, entry.generation);
            return Err(checked::damaged(index, &path, "it covers other rows"));
        }
        end = range.end;
    }
    Ok(())
}

fn check_failures(index: &Path, manifest: &Manifest) -> Result<(), IndexError> {
    let count = read_failures(index)?.len() as u64;
    if count == manifest.failures {
        return Ok(());
    }
    let what = format!("{count} failures, {} published", manifest.failures);
    Err(checked::damaged(
        index,
        &index.join("failures.jsonl"),
        &what,
    ))
}

type Photos = HashMap<Vec<u8>, PhotoRecord>;

/// Every published photo.
fn check_keywords(index: &Path, manifest: &Manifest) -> Result<Photos, IndexError> {
    Keywords::check(index, manifest).map_err(|error| error.missing_is_damage(index))?;
    let keywords = Keywords::open(index, manifest)?;
    let photos: Photos = keywords.photos().collect::<Result<_, _>>()?;
    let folder = index.join(crate::keywords::KEYWORDS);
    if photos.len() as u64 != manifest.photos {
        let what = format!("{} photos, {} published", photos.len(), manifest.photos);
        return Err(checked::damaged(index, &folder, &what));
    }
    if photos.values().any(|photo| photo.row.0 >= manifest.rows) {
        return Err(checked::damaged(index, &folder, "a row is not published"));
    }
    Ok(photos)
}

/// The catalog by itself, against the vectors, and against what was published. One that a
/// kill left behind is mended as by the next run.
fn check_catalog(
    index: &Path,
    manifest: &Manifest,
    published: Option<Photos>,
) -> Result<(), IndexError> {
    let catalog = open_catalog(index, manifest)?;
    recover::check(&catalog)?;
    let (rows, dimension) = (catalog.rows()?, manifest.model.dimension);
    VectorFile::open(index, manifest.epoch, dimension, rows as usize)?;
    Matrix::open(index, manifest.epoch, dimension, rows)?.check_all()?;
    if let Some(published) = published {
        compare(&catalog, published)?;
    }
    catalog.close()
}

/// A photo that is not as it was published is pending.
fn compare(catalog: &Catalog, mut published: Photos) -> Result<(), IndexError> {
    let pending: HashSet<Vec<u8>> = catalog.pending().collect::<Result<_, _>>()?;
    for entry in catalog.photos_below(b"") {
        let (path, record) = entry?;
        if published.remove(&path).as_ref() != Some(&record) && !pending.contains(&path) {
            return Err(catalog.damaged("a photo is neither published nor pending"));
        }
    }
    if published.keys().any(|path| !pending.contains(path)) {
        return Err(catalog.damaged("a published photo is not known"));
    }
    Ok(())
}
