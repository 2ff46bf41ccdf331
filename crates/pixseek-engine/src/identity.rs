//! Connects an index with its model and its precision.

use crate::EngineError;
use pixseek_clip::{ComputeDevice, Model, Precision};
use pixseek_index::{Manifest, ModelIdentity, Writer};
use std::path::PathBuf;

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
/// Fails when the model is gone or has changed.
pub fn model_of(manifest: &Manifest) -> Result<Model, EngineError> {
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
pub fn precision_of(manifest: &Manifest) -> Result<Option<Precision>, EngineError> {
    let name = manifest.precision.as_deref();
    name.map(|name| {
        Precision::named(name).ok_or_else(|| EngineError::UnknownPrecision(name.into()))
    })
    .transpose()
}

/// Sets the precision that a person requested for an index. On an error the index stays unchanged.
///
/// # Errors
///
/// Fails when the index has another precision, or has none yet and this machine cannot compute in
/// the requested one.
pub fn set_precision(
    writer: &mut Writer,
    model: &Model,
    precision: Precision,
) -> Result<(), EngineError> {
    let is_new = writer.manifest().precision.is_none();
    if is_new && !model.computes_in(precision, &ComputeDevice::cpu()) {
        return Err(EngineError::NoPrecision {
            model: model.name().into(),
            precision,
        });
    }
    Ok(writer.set_precision(precision.name())?)
}
