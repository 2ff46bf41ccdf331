//! The hidden folder in which a model is put together, by one process at a time.

use crate::ModelsError;
use std::fs::File;
use std::path::{Path, PathBuf};

const LOCK: &str = ".lock";

/// A hidden folder beside the models; other processes keep out of it while this lives.
pub(crate) struct Staging {
    folder: PathBuf,
    _lock: File,
}

impl Staging {
    /// The folder of a pull, with what an earlier one left there: the next goes on from it.
    pub(crate) fn of_pull(models: &Path, name: &str) -> Result<Self, ModelsError> {
        Self::open(models.join(format!(".pull-{name}")), name)
    }

    /// The folder of an import, empty: what a pull or another import left there is not this model.
    pub(crate) fn of_import(models: &Path, name: &str) -> Result<Self, ModelsError> {
        let staging = Self::open(models.join(format!(".import-{name}")), name)?;
        let entries = std::fs::read_dir(&staging.folder);
        let entries = entries.map_err(ModelsError::file("read", &staging.folder))?;
        for entry in entries.flatten().filter(|entry| entry.file_name() != LOCK) {
            let path = entry.path();
            let removed = match entry.file_type() {
                Ok(kind) if kind.is_dir() => std::fs::remove_dir_all(&path),
                _ => std::fs::remove_file(&path),
            };
            removed.map_err(ModelsError::file("remove", &path))?;
        }
        Ok(staging)
    }

    /// What interrupted pulls and imports of a model left, unless they go on right now.
    pub(crate) fn left_over(models: &Path, name: &str) -> Vec<Self> {
        [".pull-", ".import-"]
            .map(|kind| models.join(format!("{kind}{name}")))
            .into_iter()
            .filter(|folder| folder.is_dir())
            .filter_map(|folder| Self::open(folder, name).ok())
            .collect()
    }

    fn open(folder: PathBuf, name: &str) -> Result<Self, ModelsError> {
        std::fs::create_dir_all(&folder).map_err(ModelsError::file("make", &folder))?;
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(ModelsError::file("write", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Err(_) => Err(ModelsError::Busy { name: name.into() }),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Moves the folder to its place.
    pub(crate) fn publish(self, place: &Path) -> std::io::Result<()> {
        let _ = std::fs::remove_file(self.folder.join(LOCK));
        std::fs::rename(&self.folder, place)
    }

    /// Removes the folder and all in it.
    pub(crate) fn remove(self) -> Result<(), ModelsError> {
        std::fs::remove_dir_all(&self.folder).map_err(ModelsError::file("remove", &self.folder))
    }
}
