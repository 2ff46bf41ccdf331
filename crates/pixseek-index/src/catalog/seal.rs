//! `catalog/<epoch>.sealed`: lengths and checksums of sled's files. Closing the catalog writes the
//! seal, and opening it checks and removes the seal.

use super::trees::{UNLOCK_TRIES, UNLOCK_WAIT};
use crate::{IndexError, checked};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Sealed {
    name: String,
    bytes: u64,
    crc: u32,
}

/// The path of the seal of a catalog's folder.
pub(crate) fn path(catalog: &Path) -> PathBuf {
    catalog.with_extension("sealed")
}

/// Checks the folder against its seal, if it has one, and removes the seal.
pub(super) fn break_open(index: &Path, catalog: &Path) -> Result<(), IndexError> {
    let seal = path(catalog);
    check(index, catalog)?;
    match std::fs::remove_file(&seal) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed
            .and_then(|()| seal.parent().map_or(Ok(()), pixseek_files::sync_folder))
            .map_err(IndexError::io("remove", &seal)),
    }
}

/// Checks the folder against its seal. A folder without a seal passes.
fn check(index: &Path, catalog: &Path) -> Result<(), IndexError> {
    let seal = path(catalog);
    let Some(json) = checked::read(index, &seal)? else {
        return Ok(());
    };
    let sealed: Vec<Sealed> = serde_json::from_str(&json)
        .map_err(|error| checked::damaged(index, &seal, &error.to_string()))?;
    let found = files(catalog).map_err(|source| {
        let error = IndexError::Io {
            action: "read",
            path: catalog.into(),
            source,
        };
        error.missing_is_damage(index)
    })?;
    for file in &sealed {
        if !found.contains(file) {
            let path = catalog.join(&file.name);
            return Err(checked::damaged(
                index,
                &path,
                "it has changed since it was closed",
            ));
        }
    }
    match found.iter().find(|file| !sealed.contains(file)) {
        None => Ok(()),
        Some(file) => {
            let path = catalog.join(&file.name);
            Err(checked::damaged(
                index,
                &path,
                "it was added after the catalog was closed",
            ))
        }
    }
}

/// Waits until sled's threads have closed the files. Returns false if another `Arc` still holds the
/// catalog.
pub(super) fn is_closed(catalog: &Path) -> std::io::Result<bool> {
    let file = File::open(catalog.join("db"))?;
    let mut tries = 0;
    while file.try_lock().is_err() {
        if tries == UNLOCK_TRIES {
            return Ok(false);
        }
        tries += 1;
        std::thread::sleep(UNLOCK_WAIT);
    }
    Ok(true)
}

/// Writes the seal once sled has closed the files. If sled does not close them in time, the catalog
/// stays unsealed, and the next writer recovers it as after a kill.
pub(super) fn seal(index: &Path, catalog: &Path) -> Result<(), IndexError> {
    let io = |path: &Path| IndexError::io("seal", path);
    if !is_closed(catalog).map_err(io(catalog))? {
        return Ok(());
    }
    // This fails on file systems without modes.
    let _ = pixseek_files::close_all(catalog);
    let sealed = files(catalog).map_err(io(catalog))?;
    let json = serde_json::to_string(&sealed)
        .map_err(|error| checked::damaged(index, catalog, &error.to_string()))?;
    checked::replace(&path(catalog), &json)
}

/// All files below a folder.
fn files(catalog: &Path) -> std::io::Result<Vec<Sealed>> {
    let mut files = Vec::new();
    let mut folders = vec![catalog.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(catalog).unwrap_or(&path);
            let (bytes, crc) = sum(&path)?;
            files.push(Sealed {
                name: name.to_string_lossy().into_owned(),
                bytes,
                crc,
            });
        }
    }
    files.sort();
    Ok(files)
}

fn sum(path: &Path) -> std::io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut crc = crc32fast::Hasher::new();
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, crc.finalize()));
        }
        crc.update(&buffer[..count]);
        bytes += count as u64;
    }
}
