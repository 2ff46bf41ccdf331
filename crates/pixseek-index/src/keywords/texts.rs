//! The distinct texts of a column, for completion.

use super::schema;
use std::collections::BTreeSet;
use tantivy::{Searcher, TantivyError};

/// A column of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextColumn {
    /// Cameras, in lower case.
    Camera,
    /// Lenses, in lower case.
    Lens,
    /// Paths of folders, in lower case, with a slash at the end.
    Folder,
    /// Extensions of file names, in lower case, without the dot.
    Extension,
}

/// Each text once, sorted. Includes texts of photos that were removed since tantivy's last merge.
pub(super) fn texts(searcher: &Searcher, column: TextColumn) -> Result<Vec<String>, TantivyError> {
    let name = match column {
        TextColumn::Camera => schema::CAMERA,
        TextColumn::Lens => schema::LENS,
        TextColumn::Folder => schema::FOLDER,
        TextColumn::Extension => schema::EXTENSION,
    };
    let mut found = BTreeSet::new();
    for segment in searcher.segment_readers() {
        let Some(column) = segment.fast_fields().str(name)? else {
            continue;
        };
        let mut texts = column.dictionary().stream()?;
        while texts.advance() {
            found.extend(std::str::from_utf8(texts.key()).map(str::to_owned));
        }
    }
    Ok(found.into_iter().collect())
}
