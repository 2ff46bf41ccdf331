//! The vectors of a text's tokens, read from the weight file when a text needs them.
//!
//! A query needs seven rows of a table of 49,408, which is two fifths of a text tower's weights
//! (and most of an XLM-RoBERTa's), so encoders never load it. Training does: it learns the table.

use crate::ClipError;
use crate::parameters::Parameters;
use crate::weights::WeightFile;
use std::sync::Arc;

/// The token table, in the weight file.
pub(crate) struct TokenRows {
    file: Arc<WeightFile>,
    key: String,
    width: usize,
}

impl TokenRows {
    pub(crate) fn new(parameters: &Parameters, width: usize) -> Self {
        Self {
            file: Arc::clone(parameters.file()),
            key: parameters.key("text.tokens").to_owned(),
            width,
        }
    }

    /// Reads the vectors of ids; one that occurs several times is read once.
    ///
    /// # Shapes
    ///
    /// `[N]` to `[N, W]`.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read any more.
    pub(crate) fn read(&self, ids: &[u32]) -> Result<Vec<f32>, ClipError> {
        let mut distinct = ids.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let table = self.file.read_rows(&self.key, &distinct, self.width)?;
        let row = |id: &u32| {
            let place = distinct.partition_point(|other| other < id) * self.width;
            &table[place..place + self.width]
        };
        Ok(ids.iter().flat_map(row).copied().collect())
    }
}
