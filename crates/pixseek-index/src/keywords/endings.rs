//! How many photos have each ending of a file name.

use super::schema::EXTENSION;
use super::{Keywords, failed};
use crate::IndexError;
use std::collections::{BTreeMap, HashMap};
use tantivy::{Searcher, TantivyError};

impl Keywords {
    /// The number of photos for each ending, in lower case without the dot. Those without an ending
    /// count as the empty one. Only the column is read, not the records.
    pub(crate) fn endings(&self) -> Result<BTreeMap<String, u64>, IndexError> {
        endings(&self.searcher).map_err(|source| failed(&self.index, &self.path, source))
    }
}

fn endings(searcher: &Searcher) -> Result<BTreeMap<String, u64>, TantivyError> {
    let mut endings = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let column = segment.fast_fields().str(EXTENSION)?;
        let mut by_ordinal: HashMap<Option<u64>, u64> = HashMap::new();
        for document in segment.doc_ids_alive() {
            let ordinal = column
                .as_ref()
                .and_then(|column| column.ords().first(document));
            *by_ordinal.entry(ordinal).or_default() += 1;
        }
        for (ordinal, count) in by_ordinal {
            let mut ending = String::new();
            if let Some((column, ordinal)) = column.as_ref().zip(ordinal) {
                column.ord_to_str(ordinal, &mut ending)?;
            }
            *endings.entry(ending).or_default() += count;
        }
    }
    Ok(endings)
}
