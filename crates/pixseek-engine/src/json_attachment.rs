//! Stores a person's settings of an index (names, saved queries) as JSON attachments.

use crate::EngineError;
use pixseek_index::Attachment;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads the attachment; a missing one has the default value.
pub(crate) fn read<T>(index: &Path, attachment: Attachment) -> Result<T, EngineError>
where
    T: DeserializeOwned + Default,
{
    let Some(bytes) = attachment.read(index)? else {
        return Ok(T::default());
    };
    serde_json::from_slice(&bytes).map_err(|source| EngineError::NotJson {
        path: attachment.path(index),
        source: source.into(),
    })
}

/// Reads the attachment, changes it and replaces it, all under its lock. Returns the result of
/// `change`.
pub(crate) fn update<T, R>(
    index: &Path,
    attachment: Attachment,
    change: impl FnOnce(&mut T) -> R,
) -> Result<R, EngineError>
where
    T: DeserializeOwned + Serialize + Default,
{
    let _lock = attachment.lock(index)?;
    let mut value: T = read(index, attachment)?;
    let result = change(&mut value);
    let json = serde_json::to_vec(&value).map_err(|source| EngineError::NotJson {
        path: attachment.path(index),
        source: source.into(),
    })?;
    attachment.replace(index, &json)?;
    Ok(result)
}
