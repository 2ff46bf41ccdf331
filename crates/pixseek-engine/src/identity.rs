//! Which model and precision an index belongs to.

use crate::EngineError;
use pixseek_clip::{ComputeDevice, Model, Precision};
use pixseek_index::{Manifest, ModelIdentity, Writer};
use std::path::PathBuf;

/// The model that a person chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The embedded one.
    #[default]
    Embedded,
    /// A folder.
    Folder(PathBuf),
}

/// Opens a model and names it for an index.
///
/// # Errors
///
/// When the model's files are missing, broken or do not fit each other.
pub fn open_model(choice: &ModelChoice) -> Result<(Model, ModelIdentity), EngineError> {
    let model = match choice {
        ModelChoice::Embedded => Model::embedded()?,
        ModelChoice::Folder(folder) => Model::open(folder)?,
    };
    let identity = ModelIdentity {
        name: model.name().into(),
        fingerprint: model.fingerprint()?,
        dimension: model.dimension(),
        // Absolute, so that a search from another folder finds it.
        folder: model
            .folder()
            .map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.into())),
    };
    Ok((model, identity))
}

/// Opens the model that an index was made with.
///
/// # Errors
///
/// When it is gone or has changed.
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

/// The precision in which the photos of an index are encoded, and in which a picture has to be
/// that is compared with them; `None` until the first photo is encoded.
///
/// # Errors
///
/// When another version of the program has a precision that this one does not know.
pub fn precision_of(manifest: &Manifest) -> Result<Option<Precision>, EngineError> {
    let name = manifest.precision.as_deref();
    name.map(|name| {
        Precision::named(name).ok_or_else(|| EngineError::UnknownPrecision(name.into()))
    })
    .transpose()
}

/// Gives an index the precision that a person asked for. A refusal changes nothing.
///
/// # Errors
///
/// When the index has another one, or has none yet and this machine does not compute in it.
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
