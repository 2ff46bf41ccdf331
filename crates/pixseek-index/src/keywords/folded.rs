//! Folded texts of columns, for filters.
//!
//! Folding a name that is not ASCII takes a microsecond, and a library may have 50,000 such
//! folders. So a reader folds them once, and not again at every keystroke of a query.

use crate::fold_text;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::TantivyError;
use tantivy::columnar::StrColumn;

/// Folded texts by segment and column. Each list has the order of the column's dictionary.
#[derive(Default)]
pub(super) struct FoldedTexts(Mutex<HashMap<Key, Arc<[String]>>>);

/// The number of a segment and the name of a column.
type Key = (usize, &'static str);

impl FoldedTexts {
    /// All distinct texts of a column. A text that is not UTF-8 becomes empty.
    pub(super) fn texts(
        &self,
        segment: usize,
        name: &'static str,
        column: &StrColumn,
    ) -> Result<Arc<[String]>, TantivyError> {
        let key = (segment, name);
        if let Some(known) = self.known().get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut texts = Vec::with_capacity(column.num_terms());
        let mut stream = column.dictionary().stream()?;
        while stream.advance() {
            let text = std::str::from_utf8(stream.key());
            texts.push(text.unwrap_or_default().to_owned());
        }
        texts
            .par_iter_mut()
            .for_each(|text| *text = fold_text(text).into_owned());
        let texts: Arc<[String]> = texts.into();
        self.known().insert(key, Arc::clone(&texts));
        Ok(texts)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<[String]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
