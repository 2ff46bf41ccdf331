//! The model that is used when the command line names none: the one of `pixseek model use`, or else
//! the embedded one.

use anyhow::{Context, Result};
use directories::ProjectDirs;
use pixseek_engine::ModelChoice;
use pixseek_models::Store;
use serde::{Deserialize, Serialize};
use std::path::{Component, Path, PathBuf};

/// The embedded model's name.
pub const EMBEDDED: &str = "pocket";

/// The chosen model, and the one before it. The index of the former model is searched until the new
/// model has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    pub model: String,
    pub before: String,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            model: EMBEDDED.into(),
            before: EMBEDDED.into(),
        }
    }
}

impl Chosen {
    /// Reads the stored choice.
    pub fn read() -> Result<Self> {
        let path = path()?;
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
                format!(
                    "cannot use {}; `pixseek model use NAME` writes it again",
                    path.display()
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Stores the choice with an atomic replace.
    pub fn write(&self) -> Result<()> {
        let path = path()?;
        let written = || -> Result<()> {
            pixseek_files::make_folder(path.parent().unwrap_or(Path::new(".")))?;
            Ok(pixseek_files::replace(&path, &serde_json::to_vec(self)?)?)
        };
        written().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Opens the store of installed models.
pub fn store() -> Result<Store> {
    Ok(Store::new(&data()?.join("models")))
}

/// Resolves a model's name or the path of its folder.
pub fn choice(wanted: &Path) -> Result<ModelChoice> {
    if is_path(wanted) {
        return Ok(ModelChoice::Folder(wanted.into()));
    }
    match wanted.to_str() {
        Some(EMBEDDED) => Ok(ModelChoice::Embedded),
        Some(name) => match store()?.find(name) {
            Ok(installed) => Ok(ModelChoice::Folder(installed.folder)),
            Err(error) if wanted.is_dir() => Err(error)
                .with_context(|| format!("to use the folder {name}, write it as ./{name}")),
            Err(error) => Err(error.into()),
        },
        None => Ok(ModelChoice::Folder(wanted.into())),
    }
}

/// Whether `wanted` is the path of a folder. A single word is always a name, so that a folder of
/// that name in the working directory does not hide an installed model.
pub fn is_path(wanted: &Path) -> bool {
    let mut components = wanted.components();
    !matches!(components.next(), Some(Component::Normal(_)))
        || components.next().is_some()
        || wanted
            .as_os_str()
            .to_string_lossy()
            .ends_with(std::path::is_separator)
}

fn path() -> Result<PathBuf> {
    Ok(data()?.join("model.json"))
}

fn data() -> Result<PathBuf> {
    let folders = ProjectDirs::from("", "", "pixseek");
    let folders = folders.context("this system names no data folder for models")?;
    Ok(folders.data_dir().into())
}
