//! What tells models apart: a hash of all that their vectors depend on.
//!
//! Hashing half a gigabyte takes longer than a search, so a converted model keeps its fingerprint
//! in a file beside the weights. The file also says of which weights it is, by their size and
//! time, and of which configuration and tokenizer, by their hash. Where one of these has changed,
//! the fingerprint is computed from every byte.

use super::words::write_file;
use super::{Model, pocket, read_if_there};
use crate::ClipError;
use crate::keys::Naming;
use std::path::Path;
use std::time::UNIX_EPOCH;

const FILE: &str = "fingerprint.txt";

impl Model {
    /// BLAKE3 over configuration, tokenizer and weights, in hexadecimal: vectors of two
    /// models with the same fingerprint may be compared, others never.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read.
    pub fn fingerprint(&self) -> Result<String, ClipError> {
        let Some(folder) = &self.folder else {
            return Ok(pocket::FINGERPRINT.trim().into());
        };
        if self.parameters.naming() == Naming::Pixseek
            && let Some(bytes) = read_if_there(&folder.join(FILE))?
            && let Some((fingerprint, origin)) = String::from_utf8_lossy(&bytes).split_once('\n')
            && Some(origin) == self.origin().as_deref()
        {
            return Ok(fingerprint.into());
        }
        self.computed_fingerprint()
    }

    /// Writes the file that spares the next processes the computation.
    pub(super) fn write_fingerprint(&self, folder: &Path) -> Result<(), ClipError> {
        let fingerprint = self.computed_fingerprint()?;
        let origin = self.origin().unwrap_or_default();
        let content = format!("{fingerprint}\n{origin}");
        write_file(&folder.join(FILE), content.as_bytes())
    }

    /// The fingerprint, from every byte of the weights.
    pub(super) fn computed_fingerprint(&self) -> Result<String, ClipError> {
        let mut hasher = self.small_files();
        self.parameters.file().hash(&mut hasher)?;
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// The state of the files that a fingerprint was computed from; `None` where the system does
    /// not tell it.
    fn origin(&self) -> Option<String> {
        let weights = std::fs::metadata(self.parameters.file().path()).ok()?;
        let changed = weights.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!(
            "weights of {} bytes, changed at {}.{:09}; the rest {}\n",
            weights.len(),
            changed.as_secs(),
            changed.subsec_nanos(),
            self.small_files().finalize().to_hex()
        ))
    }

    /// A hasher that has read the configuration and the tokenizer.
    fn small_files(&self) -> blake3::Hasher {
        let configs = self.config_files.iter();
        let config: Vec<u8> = configs.flat_map(|(_, bytes)| bytes).copied().collect();
        super::hasher_of([&config, &self.tokenizer_bytes])
    }
}
