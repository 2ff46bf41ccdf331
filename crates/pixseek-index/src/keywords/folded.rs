//! The texts of columns as filters compare them.
//!
//! Folding takes a microsecond for a name that is not ASCII, and a library may have 50,000 such
//! folders: they are folded once for each reader and not with each letter of a query.

use crate::fold_text;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::TantivyError;
use tantivy::columnar::StrColumn;

/// Folded texts by segment and column, in the order of the columns.
#[derive(Default)]
pub(super) struct FoldedTexts(Mutex<HashMap<Key, Arc<[String]>>>);

/// A segment's number and the name of its column.
type Key = (usize, &'static str);

impl FoldedTexts {
    /// All different texts of a column. One that is no UTF-8 is empty.
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
