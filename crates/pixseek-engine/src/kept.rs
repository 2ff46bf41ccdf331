//! What a person keeps beside an index, as JSON.

use crate::EngineError;
use pixseek_index::Attachment;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

pub(crate) fn read<T>(index: &Path, attachment: Attachment) -> Result<T, EngineError>
where
    T: DeserializeOwned + Default,
{
    let lost = |reason: String| EngineError::Kept {
        path: attachment.path(index),
        reason,
    };
    match attachment.read(index) {
        Ok(None) => Ok(T::default()),
        Ok(Some(bytes)) => serde_json::from_slice(&bytes).map_err(|error| lost(error.to_string())),
        Err(error) => Err(lost(error.to_string())),
    }
}

/// Reads, changes and replaces it while nobody else does. Returns what `change` returns.
pub(crate) fn update<T, R>(
    index: &Path,
    attachment: Attachment,
    change: impl FnOnce(&mut T) -> R,
) -> Result<R, EngineError>
where
    T: DeserializeOwned + Serialize + Default,
{
    let _lock = attachment.lock(index)?;
    let mut kept: T = read(index, attachment)?;
    let result = change(&mut kept);
    let json = serde_json::to_vec(&kept).map_err(|error| EngineError::Kept {
        path: attachment.path(index),
        reason: error.to_string(),
    })?;
    attachment.replace(index, &json)?;
    Ok(result)
}
