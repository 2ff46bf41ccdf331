//! The folder of installed models. A model is installed if its folder exists. Names that begin
//! with a dot are those of models that are not complete yet.

use crate::ModelsError;
use crate::convert::convert;
use crate::staging::Staging;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The file beside those of a model that says where it came from.
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
    /// Where it came from, unless that is unknown or damaged.
    pub record: Option<Record>,
}

/// Where a model came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The repository on Hugging Face, or the folder that was imported.
    pub from: String,
    /// The commit of the repository.
    #[serde(default)]
    pub revision: Option<String>,
    /// The licence of the weights.
    #[serde(default)]
    pub licence: Option<String>,
    /// The files that were pulled; empty for an import.
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
    /// The models in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder that a model of this name has, or would have.
    ///
    /// # Errors
    ///
    /// When the name has other characters than letters, digits and `-_.`, or begins with a dot:
    /// it might lead out of the folder.
    pub fn path(&self, name: &str) -> Result<PathBuf, ModelsError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(ModelsError::Name { name: name.into() });
        }
        Ok(self.folder.join(name))
    }

    /// The installed models, sorted by name. One whose record is damaged is listed without it.
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

    /// The installed model of this name.
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
                Some(record.map_err(|source| ModelsError::Record {
                    path,
                    source: source.into(),
                })?)
            }
        };
        Ok(Installed {
            name: name.into(),
            folder,
            record,
        })
    }

    /// Installs a copy of a model folder, converted to the form that opens fastest.
    ///
    /// # Errors
    ///
    /// When the folder is not a model, the name is taken, a write fails, or `stop` became true.
    /// Then nothing is left of the import.
    pub fn import(
        &self,
        from: &Path,
        name: &str,
        stop: &AtomicBool,
    ) -> Result<Installed, ModelsError> {
        self.check_free(name)?;
        let staging = Staging::of_import(&self.folder, name)?;
        if let Err(error) = convert(from, staging.folder(), stop) {
            // An error of the removal would hide the first one.
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

    /// Removes a model, even a damaged one, and the files that interrupted pulls and imports of
    /// it left.
    ///
    /// # Errors
    ///
    /// When there is nothing to remove, or a file cannot be removed.
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
        // Renamed first, so that a model that is half removed is never opened.
        let hidden = self.folder.join(format!(".removed-{name}"));
        let _ = std::fs::remove_dir_all(&hidden);
        std::fs::rename(&folder, &hidden).map_err(ModelsError::file("remove", &folder))?;
        std::fs::remove_dir_all(&hidden).map_err(ModelsError::file("remove", &hidden))
    }

    /// Fails if a model of this name is installed.
    pub(crate) fn check_free(&self, name: &str) -> Result<(), ModelsError> {
        let folder = self.path(name)?;
        if folder.exists() {
            return Err(ModelsError::Installed {
                name: name.into(),
                folder,
            });
        }
        Ok(())
    }

    /// The folder in which a pulled model is assembled.
    pub(crate) fn staging_of_pull(&self, name: &str) -> Result<Staging, ModelsError> {
        Staging::of_pull(&self.folder, name)
    }

    /// Writes the record and moves the complete folder to the installed models.
    pub(crate) fn put_in_place(
        &self,
        staging: Staging,
        name: &str,
        record: &Record,
    ) -> Result<Installed, ModelsError> {
        let path = staging.folder().join(RECORD);
        let bytes = serde_json::to_vec_pretty(record).map_err(|source| ModelsError::Record {
            path: path.clone(),
            source: source.into(),
        })?;
        pixseek_files::replace(&path, &bytes).map_err(ModelsError::file("write", &path))?;
        let place = self.path(name)?;
        staging
            .publish(&place)
            .map_err(ModelsError::file("move a model to", &place))?;
        self.find(name)
    }
}
