//! The folders of catalogs, one for each epoch.

use super::{CATALOG, seal};
use crate::IndexError;
use crate::manifest::MOST_COUNTED;
use std::path::{Path, PathBuf};

/// `catalog/<epoch>`
pub(crate) fn folder(index: &Path, epoch: u64) -> PathBuf {
    index.join(CATALOG).join(epoch.to_string())
}

/// Whether the catalog of an epoch was closed and sealed.
pub(crate) fn is_sealed(index: &Path, epoch: u64) -> bool {
    seal::path(&folder(index, epoch)).exists()
}

/// Removes the catalog of an epoch.
pub(crate) fn remove(index: &Path, epoch: u64) -> Result<(), IndexError> {
    let path = folder(index, epoch);
    let removed = std::fs::remove_file(seal::path(&path));
    let removed = removed
        .or_else(ignore_missing)
        .and_then(|()| std::fs::remove_dir_all(&path).or_else(ignore_missing));
    removed.map_err(|source| IndexError::Io {
        action: "remove",
        path,
        source,
    })
}

fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound {
        Ok(())
    } else {
        Err(error)
    }
}

/// Removes the catalogs of other epochs.
pub(crate) fn remove_others(index: &Path, epoch: u64) {
    let keep = folder(index, epoch);
    let seal = seal::path(&keep);
    for entry in std::fs::read_dir(index.join(CATALOG))
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = entry.path();
        if path != keep && path != seal {
            // The next writer tries again.
            let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
        }
    }
}

/// The epochs that have a catalog, the highest first.
pub(crate) fn epochs(index: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(index.join(CATALOG)).into_iter().flatten();
    let mut epochs: Vec<u64> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|epoch| *epoch <= MOST_COUNTED)
        .collect();
    epochs.sort_unstable_by(|a, b| b.cmp(a));
    epochs
}
