//! Gives the query language access to the machine: its clock, places and folders.
//!
//! [`pixseek_query`] turns a text into a query without asking the machine. This module supplies the
//! context that it needs, and translates its filters to those of the index.

#[cfg(test)]
mod tests;

use crate::Saved;
use pixseek_index::Filter;
use pixseek_query::{Context, Folder};
use pixseek_words::fold_text;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The context in which queries are parsed, without saved ones: the wall clock (UTC where the
/// system names no zone) and the world's cities.
#[must_use]
pub fn query_context() -> Context<'static> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    Context {
        now: jiff::Zoned::now().datetime(),
        place_named: |name| pixseek_record::place_named(name, fold_text),
        saved: &NONE,
    }
}

impl Saved {
    /// The same context as [`query_context`], with the saved queries for `@name`.
    #[must_use]
    pub fn query_context(&self) -> Context<'_> {
        Context {
            saved: self.queries(),
            ..query_context()
        }
    }
}

/// Expands `~/` in the file of `like:` to the home folder.
pub(crate) fn picture_file(typed: &Path) -> PathBuf {
    let home = typed
        .strip_prefix("~")
        .ok()
        .and_then(|rest| Some(std::env::home_dir()?.join(rest)));
    home.unwrap_or_else(|| typed.into())
}

/// Translates a filter of a query to one of the index. Folders that are given by a path are looked
/// up on disk.
pub(crate) fn index_filter(filter: &pixseek_query::Filter) -> Filter {
    filter.with_folders(&folder_text)
}

/// The text that the index compares with folders: a piece of a path, or a whole path from the root
/// on. Names need not be whole, because in many scripts people cannot say where one begins.
fn folder_text(folder: &Folder) -> String {
    match folder {
        Folder::Piece(piece) => piece.clone(),
        Folder::Path(path) => {
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            let text = path.to_string_lossy();
            format!("{}/", text.trim_end_matches('/').to_lowercase())
        }
    }
}
