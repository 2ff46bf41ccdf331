//! Checks every byte of an index against its checksum, and its parts against each other.
//! `index/FORMAT.md` lists the invariants. The only file that is written is `LOCK`, which gets the
//! number of this process.

use crate::catalog::{self, Catalog};
use crate::failures::read_failures;
use crate::graph::Graph;
use crate::journal;
use crate::keywords::Keywords;
use crate::lock::WriterLock;
use crate::matrix::Matrix;
use crate::recover::{self, Source};
use crate::{Attachment, IndexError, Manifest, PhotoRecord, RowSet, Tags, checked};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use tempfile::TempDir;

/// The result of a check.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// Names of undamaged parts.
    pub whole: Vec<String>,
    /// Errors of damaged parts.
    pub damaged: Vec<IndexError>,
    /// Why the catalog was not checked, if it was not.
    pub unchecked: Option<IndexError>,
}

/// Checks an index. While another process is writing, only the published state is checked.
///
/// # Errors
///
/// When there is no index.
pub fn verify(index: &Path) -> Result<VerifyReport, IndexError> {
    if !index.exists() {
        return Err(IndexError::Absent(index.into()));
    }
    let mut report = VerifyReport::default();
    // While this process holds the lock, nothing is published.
    let lock = WriterLock::take(index);
    let manifest = match Manifest::read(index) {
        Ok(manifest) => manifest,
        Err(error @ IndexError::Damaged { .. }) => {
            report.damaged.push(error);
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    report.add("manifest", Ok(()));
    report.add("vectors", check_vectors(index, &manifest));
    report.add("graphs", check_graphs(index, &manifest));
    report.add("failures", check_failures(index, &manifest));
    for attachment in Attachment::ALL {
        if let Err(error) = attachment.read(index) {
            report.damaged.push(error);
        }
    }
    if let Err(error) = Tags::read(index, manifest.epoch) {
        report.damaged.push(error);
    }
    let published = match check_keywords(index, &manifest) {
        Ok(published) => {
            report.add("keywords", Ok(()));
            Some(published)
        }
        Err(error) => {
            report.add("keywords", Err(error));
            None
        }
    };
    let copied = lock.and_then(|lock| Ok((lock, copy_catalog(index, &manifest)?)));
    match copied {
        Ok((_lock, copy)) => {
            let journal = journal::read(index, manifest.generation);
            report.add("journal", journal.map(drop));
            let checked = check_catalog(index, copy.path(), &manifest, published);
            let checked = checked.map_err(|error| error.moved(copy.path(), index));
            report.add("catalog", checked);
        }
        Err(error) => report.unchecked = Some(error),
    }
    Ok(report)
}

impl VerifyReport {
    fn add(&mut self, part: &str, result: Result<(), IndexError>) {
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

/// Checks the keywords and returns every published photo.
fn check_keywords(index: &Path, manifest: &Manifest) -> Result<Photos, IndexError> {
    Keywords::check(index, manifest).map_err(|error| error.missing_is_damage(index))?;
    let keywords = Keywords::open(index, manifest)?;
    let photos: Photos = keywords.photos().collect::<Result<_, _>>()?;
    let folder = index.join(crate::keywords::KEYWORDS);
    if photos.len() as u64 != manifest.photos {
        let what = format!("{} photos, {} published", photos.len(), manifest.photos);
        return Err(checked::damaged(index, &folder, &what));
    }
    let live: RowSet = photos
        .values()
        .flat_map(|photo| photo.rows.iter())
        .collect();
    if live != manifest.live {
        let what = "they are photos of other rows than MANIFEST says";
        return Err(checked::damaged(index, &folder, what));
    }
    Ok(photos)
}

/// Copies the catalog's files to a temporary folder, because sled writes to the files that it
/// opens, and a check must not change the index.
fn copy_catalog(index: &Path, manifest: &Manifest) -> Result<TempDir, IndexError> {
    let folder = catalog::folder(index, manifest.epoch);
    let copied = || {
        let home = tempfile::Builder::new().prefix("pixseek-").tempdir()?;
        let target = catalog::folder(home.path(), manifest.epoch);
        let mut folders = vec![folder.clone()];
        while let Some(folder_of_files) = folders.pop() {
            let below = folder_of_files
                .strip_prefix(&folder)
                .unwrap_or(Path::new(""));
            std::fs::create_dir_all(target.join(below))?;
            // A missing catalog is remade from the publication, as a writer would do.
            if !folder_of_files.exists() {
                continue;
            }
            for entry in std::fs::read_dir(&folder_of_files)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    let target = target.join(below).join(entry.file_name());
                    std::fs::copy(entry.path(), target)?;
                }
            }
        }
        let (seal, target) = (catalog::seal_path(&folder), catalog::seal_path(&target));
        match std::fs::copy(seal, target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(home),
        }
    };
    copied().map_err(IndexError::io("copy", &folder))
}

/// Checks the catalog by itself, against the vectors, and against the publication. If a kill has
/// left it behind, the copy is recovered, as the next run will do with the original.
fn check_catalog(
    index: &Path,
    home: &Path,
    manifest: &Manifest,
    published: Option<Photos>,
) -> Result<(), IndexError> {
    let source = Source {
        index,
        home,
        manifest,
        read_journal: journal::read,
    };
    let catalog = source.open_catalog()?;
    recover::check(&catalog)?;
    let (rows, dimension) = (catalog.rows()?, manifest.model.dimension);
    if rows > 0 && manifest.precision.is_none() {
        return Err(catalog.damaged("it has vectors of an unknown precision"));
    }
    if manifest.precision.is_some() && catalog.precision()? != manifest.precision {
        return Err(catalog.damaged("it has another precision than MANIFEST"));
    }
    Matrix::open(index, manifest.epoch, dimension, rows)?.check_all()?;
    match published {
        Some(published) => compare(&catalog, published),
        None => Ok(()),
    }
}

/// Checks that every photo that differs from its published record is pending.
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
