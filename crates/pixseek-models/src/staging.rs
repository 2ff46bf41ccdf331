//! The hidden folder in which a model is put together, by one process at a time.

use crate::ModelsError;
use pixseek_files::Lock;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const LOCK: &str = ".lock";

/// A hidden folder beside the models; other processes keep out of it while this lives.
pub(crate) struct Staging {
    folder: PathBuf,
    _lock: Lock,
}

impl Staging {
    /// The folder of a pull, with what an earlier one left there: the next goes on from it.
    pub(crate) fn of_pull(models: &Path, name: &str) -> Result<Self, ModelsError> {
        Self::open(models.join(pull_name(name)), name)
    }

    /// A folder of its own for an import: nothing that a pull, another import or a conversion that
    /// was left behind writes is in it. What killed imports left is removed.
    pub(crate) fn of_import(models: &Path, name: &str) -> Result<Self, ModelsError> {
        static IMPORTS: AtomicU32 = AtomicU32::new(0);
        for left in Self::left_over(models, name) {
            if left.folder.file_name() != Some(pull_name(name).as_ref()) {
                // One that cannot be removed is in nobody's way.
                let _ = left.remove();
            }
        }
        let number = IMPORTS.fetch_add(1, Ordering::Relaxed);
        let folder = format!("{}{}-{number}", import_prefix(name), std::process::id());
        Self::open(models.join(folder), name)
    }

    /// What interrupted pulls and imports of a model left, unless they go on right now.
    pub(crate) fn left_over(models: &Path, name: &str) -> Vec<Self> {
        let (pull, import) = (pull_name(name), import_prefix(name));
        let entries = std::fs::read_dir(models).into_iter().flatten().flatten();
        entries
            .filter(|entry| {
                let found = entry.file_name();
                let found = found.to_string_lossy();
                found == *pull || found.starts_with(&import)
            })
            .filter_map(|entry| Self::open(entry.path(), name).ok())
            .collect()
    }

    fn open(folder: PathBuf, name: &str) -> Result<Self, ModelsError> {
        pixseek_files::make_folder(&folder).map_err(ModelsError::file("make", &folder))?;
        let path = folder.join(LOCK);
        match Lock::take(&path).map_err(ModelsError::file("lock", &path))? {
            Some(lock) => Ok(Self {
                folder,
                _lock: lock,
            }),
            None => Err(ModelsError::Busy { name: name.into() }),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Moves the folder to its place.
    pub(crate) fn publish(self, place: &Path) -> std::io::Result<()> {
        let _ = std::fs::remove_file(self.folder.join(LOCK));
        pixseek_files::rename(&self.folder, place)
    }

    /// Removes the folder and all in it.
    pub(crate) fn remove(self) -> Result<(), ModelsError> {
        std::fs::remove_dir_all(&self.folder).map_err(ModelsError::file("remove", &self.folder))
    }
}

fn pull_name(name: &str) -> String {
    format!(".pull-{name}")
}

/// What the folders of all imports of a model begin with.
fn import_prefix(name: &str) -> String {
    format!(".import-{name}-")
}
