//! What was learned, as a model folder.

use crate::keys::{Entry, Naming, table};
use crate::weights::write::{WeightsToWrite, write_error};
use crate::{ClipError, Model, WeightPrecision};
use std::path::Path;

impl Model {
    /// Writes configuration, tokenizer and weights to a new `folder`, which appears when it is
    /// whole and synced. `values` gives a parameter's values in the layout of use.
    ///
    /// # Errors
    ///
    /// When `folder` is there already or cannot be written, and what `values` fails with.
    pub(super) fn write_copy(
        &self,
        folder: &Path,
        precision: WeightPrecision,
        values: impl FnMut(&Entry) -> Result<Vec<f32>, ClipError>,
    ) -> Result<(), ClipError> {
        if folder.exists() {
            return Err(ClipError::FolderExists {
                folder: folder.into(),
            });
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let partial = folder.with_file_name(format!(".{name}.partial"));
        if partial.exists() {
            std::fs::remove_dir_all(&partial).map_err(|source| write_error(&partial, source))?;
        }
        pixseek_files::make_folder(&partial).map_err(|source| write_error(&partial, source))?;
        self.write_words(&partial)?;
        // OpenAI's and our own keys have no configuration of theirs beside them.
        let naming = match self.parameters().naming() {
            Naming::OpenAi => Naming::OpenClip,
            naming => naming,
        };
        let weights = WeightsToWrite {
            entries: &table(naming, self.config()),
            precision,
            notes: &[],
        };
        let name = match naming {
            Naming::HuggingFace => "model.safetensors",
            Naming::Pixseek => Self::CONVERTED,
            _ => "open_clip_model.safetensors",
        };
        weights.write(&partial.join(name), values)?;
        pixseek_files::rename(&partial, folder).map_err(|source| write_error(folder, source))
    }
}
