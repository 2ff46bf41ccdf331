//! Encodes texts for an index: with the model's text tower, and with the adapter that was trained
//! on its owner's words.

use crate::{Calibration, EngineError};
use pixseek_clip::{Adapter, ComputeDevice, Embedding, Model, TextEncoder};
use pixseek_index::{Attachment, Manifest};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// The text tower with the adapter of the index, if it has one.
pub(crate) struct Texts {
    encoder: TextEncoder,
    adapter: Option<Adapter>,
}

impl Texts {
    pub(crate) fn new(encoder: TextEncoder, adapter: Option<Adapter>) -> Self {
        Self { encoder, adapter }
    }

    /// Encodes each text to a vector.
    ///
    /// # Errors
    ///
    /// Fails when the text tower fails.
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
pub(crate) struct StoredAdapter {
    pub adapter: Option<Adapter>,
    /// A checksum that identifies the adapter, 0 for none. A calibration stores the number of the
    /// adapter that encoded its background.
    pub number: u64,
}

impl StoredAdapter {
    /// Reads the adapter of an index.
    ///
    /// # Errors
    ///
    /// Fails when its file is damaged.
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

/// Replaces or removes the adapter of an index, and calibrates its scores again. An index run may
/// go on meanwhile: if it stores a calibration with the old adapter, that is not used.
///
/// # Errors
///
/// Fails when there is no index, a write fails, or the text tower does.
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
    Calibration::refresh(index, model, device, &AtomicBool::new(false))
}
