//! Gives the query language access to the machine: its clock, places and folders.
//!
//! [`pixseek_query`] turns a text into a query without asking the machine. This module supplies the
//! context that it needs, and resolves the paths in it.

#[cfg(test)]
mod tests;

use crate::Saved;
use pixseek_query::Context;
use pixseek_record::{Filter, Folder};
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

/// Resolves the paths of folders on disk, because the index has absolute paths without links.
pub(crate) fn with_resolved_folders(filter: &Filter) -> Filter {
    filter.with_folders(&|folder| match folder {
        Folder::Path(path) => Folder::Path(path.canonicalize().unwrap_or_else(|_| path.clone())),
        Folder::Piece(_) => folder.clone(),
    })
}
