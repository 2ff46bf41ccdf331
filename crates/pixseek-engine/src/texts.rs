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

/// The adapter of an index, if it has one for its own model.
#[derive(Debug, Default)]
pub(crate) struct KeptAdapter {
    pub adapter: Option<Adapter>,
    /// Another number for every adapter, and 0 for none: a calibration says with it how its
    /// background was encoded.
    pub number: u64,
}

impl KeptAdapter {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub(crate) fn read(index: &Path, manifest: &Manifest) -> Result<Self, EngineError> {
        let Some(bytes) = Attachment::Adapter.read(index)? else {
            return Ok(Self::default());
        };
        let adapter =
            Adapter::decode(&bytes).filter(|adapter| adapter.model() == manifest.model.fingerprint);
        let number = if adapter.is_some() {
            sum(&bytes).max(1)
        } else {
            0
        };
        Ok(Self { adapter, number })
    }
}

/// FNV-1a, 64 bits.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Gives an index an adapter, or takes it away, and measures its scores again. An index run
/// may go on meanwhile: a calibration that it keeps with the adapter of before is not used.
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
    let lock = Attachment::Adapter.lock(index)?;
    match adapter {
        Some(adapter) => Attachment::Adapter.replace(index, &adapter.encode()?)?,
        None => Attachment::Adapter.remove(index)?,
    }
    drop(lock);
    Calibration::refresh(index, model, device)
}
