//! Finds the index, the model and the folders that a command works on.

use crate::arguments::Common;
use crate::chosen::{Chosen, choice};
use anyhow::{Context, Result, bail};
use directories::ProjectDirs;
use pixseek_engine::{ModelChoice, ModelIdentity, Status};
use std::path::{Component, Path, PathBuf};

/// The model that the command line names, or else the chosen one.
pub fn model_choice(common: &Common) -> Result<ModelChoice> {
    match &common.model {
        Some(wanted) => choice(wanted),
        None => choice(Path::new(&Chosen::read()?.model)),
    }
}

/// The index to write with a model. Each model has an index of its own.
pub fn index_to_write(common: &Common, model: &ModelIdentity) -> Result<PathBuf> {
    match &common.index_dir {
        Some(index) => Ok(index.clone()),
        None => Ok(all_indexes()?.join(folder_name(model))),
    }
}

/// The index to read: the one that the command line names, or else that of the named or chosen
/// model. If that has none, the index of the model that was chosen before, or else the only index
/// there is.
pub fn index_to_read(common: &Common) -> Result<PathBuf> {
    if let Some(index) = &common.index_dir {
        return Ok(index.clone());
    }
    let indexes = all_indexes()?;
    let index_of = |choice: &ModelChoice| -> Result<PathBuf> {
        let (_, model) = pixseek_engine::open_model(choice)?;
        Ok(indexes.join(folder_name(&model)))
    };
    let preferred = index_of(&model_choice(common)?)?;
    if preferred.exists() || common.model.is_some() {
        return Ok(preferred);
    }
    let before = choice(Path::new(&Chosen::read()?.before));
    if let Some(index) = before.and_then(|before| index_of(&before)).ok()
        && index.exists()
    {
        return Ok(index);
    }
    let mut others = std::fs::read_dir(&indexes)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|folder| folder.join("MANIFEST").is_file());
    match (others.next(), others.next()) {
        (Some(only), None) => Ok(only),
        _ => Ok(preferred),
    }
}

/// The index to read, as far as that can be told without opening a model, for completion: models
/// have an index each, which names its model.
pub fn index_without_model(common: &Common, chosen: &Chosen) -> Option<PathBuf> {
    if let Some(index) = &common.index_dir {
        return Some(index.clone());
    }
    let indexes = || std::fs::read_dir(all_indexes().ok()?).ok();
    let paths = indexes()?.flatten().map(|entry| entry.path());
    let read = paths.filter_map(|path| Some((Status::read(&path).ok()?, path)));
    let known: Vec<(Status, PathBuf)> = read.collect();
    let named = common.model.as_deref();
    let wanted = [
        named.unwrap_or(Path::new(&chosen.model)),
        Path::new(&chosen.before),
    ];
    let is_of = |status: &Status, wanted: &Path| match choice(wanted) {
        Ok(ModelChoice::Embedded) => status.model.folder.is_none(),
        Ok(ModelChoice::Folder(folder)) => {
            status.model.folder.as_deref() == folder.canonicalize().ok().as_deref()
        }
        Err(_) => false,
    };
    let of_model = wanted.iter().find_map(|wanted| {
        let mut known = known.iter();
        known.find(|(status, _)| is_of(status, wanted))
    });
    let only = known.first().filter(|_| known.len() == 1);
    of_model.or(only).map(|(_, path)| path.clone())
}

/// The index whose model's name contains `name`.
pub fn index_of_model(name: &str) -> Result<PathBuf> {
    let indexes = all_indexes()?;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&indexes).into_iter().flatten().flatten() {
        let Ok(status) = Status::read(&entry.path()) else {
            continue;
        };
        if status.model.name.to_lowercase().contains(name) {
            return Ok(entry.path());
        }
        names.push(status.model.name);
    }
    let known = if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    };
    bail!("no index was made with a model called {name}; there are: {known}")
}

/// An index in the folder of all indexes.
pub struct OtherIndex {
    pub path: PathBuf,
    pub status: Status,
}

/// The readable indexes of this user, except `index`.
pub fn other_indexes(index: &Path) -> Vec<OtherIndex> {
    let entries = all_indexes().and_then(|folder| Ok(std::fs::read_dir(folder)?));
    let paths = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let others = paths.filter(|path| absolute(path).ok() != absolute(index).ok());
    let read = others.filter_map(|path| {
        let status = Status::read(&path).ok()?;
        Some(OtherIndex { path, status })
    });
    read.collect()
}

/// A path as the index stores it: absolute, with links resolved if it exists.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Ok(path);
    }
    let path =
        std::path::absolute(path).with_context(|| format!("cannot use {}", path.display()))?;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Ok(plain)
}

/// The folder of thumbnails; they can be made again.
pub fn thumbnails() -> Option<PathBuf> {
    ProjectDirs::from("", "", "pixseek").map(|folders| folders.cache_dir().join("thumbnails"))
}

/// The file of earlier queries.
pub fn history() -> Option<PathBuf> {
    let folders = ProjectDirs::from("", "", "pixseek")?;
    let folder = folders.state_dir().unwrap_or(folders.data_local_dir());
    Some(folder.join("history"))
}

fn all_indexes() -> Result<PathBuf> {
    let folders = ProjectDirs::from("", "", "pixseek")
        .context("this system names no data folder; choose one with --index-dir DIR")?;
    Ok(folders.data_dir().join("indexes"))
}

fn folder_name(model: &ModelIdentity) -> String {
    let name: String = model
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    let fingerprint: String = model.fingerprint.chars().take(8).collect();
    format!("{name}-{fingerprint}")
}
