//! Connects an index with its model and its precision.

use crate::EngineError;
use pixseek_clip::{Model, Precision};
use pixseek_index::{Manifest, ModelIdentity};
use std::path::{Path, PathBuf};

/// The model that a person chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The embedded model.
    #[default]
    Embedded,
    /// The model in a folder.
    Folder(PathBuf),
}

/// Opens a model and computes the identity that an index stores of it.
///
/// # Errors
///
/// Fails when the model's files are missing, broken or do not fit each other.
pub fn open_model(choice: &ModelChoice) -> Result<(Model, ModelIdentity), EngineError> {
    let model = match choice {
        ModelChoice::Embedded => Model::embedded()?,
        ModelChoice::Folder(folder) => Model::open(folder)?,
    };
    let identity = ModelIdentity {
        name: model.name().into(),
        fingerprint: model.fingerprint()?,
        dimension: model.dimension(),
        // Store an absolute path, so that a search from another folder finds the model.
        folder: model
            .folder()
            .map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.into())),
    };
    Ok((model, identity))
}

/// Opens the model that made an index.
///
/// # Errors
///
/// Fails when there is no index, or the model is gone or has changed.
pub fn model_of(index: &Path) -> Result<Model, EngineError> {
    model_named_in(&Manifest::read(index)?)
}

/// Does the same as [`model_of`] for an index that is open.
pub(crate) fn model_named_in(manifest: &Manifest) -> Result<Model, EngineError> {
    let choice = match &manifest.model.folder {
        None => ModelChoice::Embedded,
        Some(folder) => ModelChoice::Folder(folder.clone()),
    };
    let (model, identity) = open_model(&choice)?;
    if identity.fingerprint == manifest.model.fingerprint {
        Ok(model)
    } else {
        Err(EngineError::ModelGone {
            indexed: manifest.model.name.clone(),
            fingerprint: manifest.model.fingerprint.chars().take(12).collect(),
        })
    }
}

/// The precision in which the photos of an index are encoded. A query picture must be encoded in
/// the same one to be comparable. `None` until the first photo is encoded.
///
/// # Errors
///
/// Fails when another version of the program wrote a precision that this one does not know.
pub(crate) fn precision_of(manifest: &Manifest) -> Result<Option<Precision>, EngineError> {
    let name = manifest.precision.as_deref();
    name.map(|name| {
        Precision::named(name).ok_or_else(|| EngineError::UnknownPrecision(name.into()))
    })
    .transpose()
}
