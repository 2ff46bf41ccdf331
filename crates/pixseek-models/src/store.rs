//! The folder of installed models. A model is there when its folder is; what is on its way
//! there has a name that begins with a dot.

use crate::ModelsError;
use crate::convert::convert;
use crate::staging::Staging;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Where a model came from, beside its files.
const RECORD: &str = "pixseek-model.json";

/// A folder of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
}

/// A model that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Where it came from, if that is known.
    pub record: Option<Record>,
}

/// Where a model came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The Hugging Face id, or the folder that was imported.
    pub from: String,
    /// The commit.
    #[serde(default)]
    pub revision: Option<String>,
    /// The weights' licence.
    #[serde(default)]
    pub licence: Option<String>,
    /// What was pulled.
    #[serde(default)]
    pub files: Vec<RecordedFile>,
}

/// A file as it was pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Store {
    /// The models in `folder`, which need not be there yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where a model of this name lies, or would.
    ///
    /// # Errors
    ///
    /// When the name would lead out of the folder.
    pub fn path(&self, name: &str) -> Result<PathBuf, ModelsError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(ModelsError::Name { name: name.into() });
        }
        Ok(self.folder.join(name))
    }

    /// What is installed, by name; of a model whose record is damaged, without it.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn installed(&self) -> Result<Vec<Installed>, ModelsError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ModelsError::file("read", &self.folder)(error)),
        };
        let mut installed = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            match self.find(&name) {
                Ok(found) => installed.push(found),
                Err(ModelsError::Record { .. }) => installed.push(Installed {
                    folder: entry.path(),
                    name,
                    record: None,
                }),
                Err(_) => {}
            }
        }
        installed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(installed)
    }

    /// An installed model.
    ///
    /// # Errors
    ///
    /// When it is not installed, or its record is damaged.
    pub fn find(&self, name: &str) -> Result<Installed, ModelsError> {
        let folder = self.path(name)?;
        if !folder.is_dir() {
            return Err(ModelsError::NotInstalled { name: name.into() });
        }
        let path = folder.join(RECORD);
        let record = match std::fs::read(&path) {
            Err(_) => None,
            Ok(bytes) => {
                let record = serde_json::from_slice(&bytes);
                Some(record.map_err(|source| ModelsError::Record { path, source })?)
            }
        };
        Ok(Installed {
            name: name.into(),
            folder,
            record,
        })
    }

    /// Takes a model folder in, converted to the form that opens fastest.
    ///
    /// # Errors
    ///
    /// When it is no model, the name is taken, a write fails, or `stop` became true; then nothing
    /// is left.
    pub fn import(
        &self,
        from: &Path,
        name: &str,
        stop: &AtomicBool,
    ) -> Result<Installed, ModelsError> {
        self.free(name)?;
        let staging = Staging::of_import(&self.folder, name)?;
        if let Err(error) = convert(from, staging.folder(), stop) {
            // The first error is the one to tell.
            let _ = staging.remove();
            return Err(match error {
                ModelsError::Stopped => ModelsError::NotImported,
                error => error,
            });
        }
        let record = Record {
            from: from
                .canonicalize()
                .unwrap_or_else(|_| from.into())
                .display()
                .to_string(),
            revision: None,
            licence: None,
            files: Vec::new(),
        };
        self.put_in_place(staging, name, &record)
    }

    /// Removes a model, whatever is damaged in it, and what interrupted pulls and imports of it
    /// left.
    ///
    /// # Errors
    ///
    /// When there is nothing of it, or it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), ModelsError> {
        let folder = self.path(name)?;
        let left_over = Staging::left_over(&self.folder, name);
        if !folder.is_dir() && left_over.is_empty() {
            return Err(ModelsError::NotInstalled { name: name.into() });
        }
        for staging in left_over {
            staging.remove()?;
        }
        if !folder.is_dir() {
            return Ok(());
        }
        // First out of sight, so that half of it is never a model.
        let hidden = self.folder.join(format!(".removed-{name}"));
        let _ = std::fs::remove_dir_all(&hidden);
        std::fs::rename(&folder, &hidden).map_err(ModelsError::file("remove", &folder))?;
        std::fs::remove_dir_all(&hidden).map_err(ModelsError::file("remove", &hidden))
    }

    /// Refuses a name that is taken.
    pub(crate) fn free(&self, name: &str) -> Result<(), ModelsError> {
        let folder = self.path(name)?;
        if folder.exists() {
            return Err(ModelsError::Installed {
                name: name.into(),
                folder,
            });
        }
        Ok(())
    }

    /// The folder in which a pulled model is put together.
    pub(crate) fn staging_of_pull(&self, name: &str) -> Result<Staging, ModelsError> {
        Staging::of_pull(&self.folder, name)
    }

    /// Moves what is whole to where models are.
    pub(crate) fn put_in_place(
        &self,
        staging: Staging,
        name: &str,
        record: &Record,
    ) -> Result<Installed, ModelsError> {
        let path = staging.folder().join(RECORD);
        let bytes = serde_json::to_vec_pretty(record).map_err(|source| ModelsError::Record {
            path: path.clone(),
            source,
        })?;
        pixseek_files::replace(&path, &bytes).map_err(ModelsError::file("write", &path))?;
        let place = self.path(name)?;
        staging
            .publish(&place)
            .map_err(ModelsError::file("move a model to", &place))?;
        self.find(name)
    }
}
