//! The files of a model folder beside its weights.

use super::{Model, OPEN_CLIP_CONFIG, TOKENIZER};
use crate::ClipError;
use crate::keys::Naming;
use crate::weights::write::write_error;
use std::path::Path;

impl Model {
    /// Writes configuration and tokenizer to a folder.
    pub(crate) fn write_words(&self, folder: &Path) -> Result<(), ClipError> {
        let files = match self.parameters.naming() {
            // Its shapes are its configuration, and no file says it.
            Naming::OpenAi => vec![(OPEN_CLIP_CONFIG, self.config.to_open_clip())],
            _ => self.config_files.clone(),
        };
        let files = files.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
        for (name, bytes) in files.chain([(TOKENIZER, self.tokenizer_bytes.as_ref())]) {
            write_file(&folder.join(name), bytes)?;
        }
        Ok(())
    }
}

pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ClipError> {
    pixseek_files::replace(path, bytes).map_err(|source| write_error(path, source))
}
