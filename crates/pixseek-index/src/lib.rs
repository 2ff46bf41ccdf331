//! One directory, one commit point: catalog, vectors, graph, keywords.
//!
//! A [`Writer`] holds the lock and the catalog (sled), from which everything else can be made. A
//! [`Reader`] opens only published files: `MANIFEST`, the vectors, the graphs and the keywords. Any
//! number of readers work while one writer writes. `index/FORMAT.md` describes every file.
//!
//! This is the only crate that names sled, `hnsw_rs` and tantivy.

mod attachment;
mod catalog;
mod checked;
mod chunks;
mod codec;
mod error;
mod failures;
mod given;
mod graph;
mod journal;
mod keywords;
mod lock;
mod manifest;
mod map;
mod matrix;
mod private;
mod reader;
mod record;
mod recover;
mod remake;
mod root;
mod rows;
mod scan;
mod simd;
mod tags;
mod vectors;
mod verify;
mod view;
mod writer;

#[cfg(test)]
mod tests;

pub use attachment::Attachment;
pub use error::IndexError;
pub use failures::{PublishedFailure, read_failures};
pub use given::GivenLabels;
pub use graph::GraphBuilder;
pub use keywords::{Passing, Phrase, TextColumn, WordMatch};
pub use lock::writing_process;
pub use manifest::{FileEntry, GraphEntry, KeywordsEntry, Manifest, ModelIdentity, PathText};
pub use pixseek_record::{FailureKind, Filter, PhotoFacts, PhotoNotes, Stamp};
/// How the index folds its texts. A [`Phrase`] must be folded alike.
pub use pixseek_words::{fold_text, search_terms, words};
pub use reader::{Penalties, Reader, Route, RowQuery, SearchMode};
pub use record::{FailureRecord, PhotoRecord, RowId, Rows, StoredVersion};
pub use remake::{KeepRows, RemakeReport, remake};
pub use root::{Root, RootSettings, RootState};
pub use rows::{RowFilter, RowSet};
pub use tags::Tags;
pub use verify::{VerifyReport, verify};
pub use view::CatalogView;
pub use writer::{Batch, Forgotten, GraphProgress, NewPhoto, Writer, WriterOptions};
