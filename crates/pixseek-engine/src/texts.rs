//! Texts as an index asks for them: the model's text tower, and what an adapter has learned
//! about its owner's words.

use crate::{Calibration, EngineError};
use pixseek_clip::{Adapter, ComputeDevice, Embedding, Model, TextEncoder};
use pixseek_index::{Attachment, Manifest};
use std::path::Path;

/// A text tower with an index's adapter, if it has one.
pub(crate) struct Texts {
    encoder: TextEncoder,
    adapter: Option<Adapter>,
}

impl Texts {
    pub(crate) fn new(encoder: TextEncoder, adapter: Option<Adapter>) -> Self {
        Self { encoder, adapter }
    }

    /// One vector for each text.
    ///
    /// # Errors
    ///
    /// When the text tower fails.
    pub(crate) fn encode(&self, texts: &[&str]) -> Result<Vec<Embedding>, EngineError> {
        let vectors = self.encoder.encode(texts)?;
        Ok(match &self.adapter {
            None => vectors,
            Some(adapter) => vectors.iter().map(|text| adapter.apply(text)).collect(),
        })
    }
}

/// An index's adapter, if it has one for its own model.
///
/// # Errors
///
/// When it is damaged.
pub(crate) fn adapter_of(
    index: &Path,
    manifest: &Manifest,
) -> Result<Option<Adapter>, EngineError> {
    let bytes = Attachment::Adapter.read(index)?;
    let adapter = bytes.and_then(|bytes| Adapter::decode(&bytes));
    Ok(adapter.filter(|adapter| adapter.model() == manifest.model.fingerprint))
}

/// Gives an index an adapter, or takes it away, and measures its scores again.
///
/// # Errors
///
/// When there is no index, a write fails, or the text tower does.
pub fn adapt(
    index: &Path,
    model: &Model,
    device: &ComputeDevice,
    adapter: Option<&Adapter>,
) -> Result<(), EngineError> {
    // Its background was encoded as texts were before; without it, searches have no scores.
    Attachment::Calibration.remove(index)?;
    match adapter {
        Some(adapter) => Attachment::Adapter.replace(index, &adapter.encode()?)?,
        None => Attachment::Adapter.remove(index)?,
    }
    Calibration::refresh(index, model, device)
}
