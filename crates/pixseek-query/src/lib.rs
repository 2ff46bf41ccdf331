//! The query language: the same in the command, the terminal interface and saved queries.
//!
//! [`GRAMMAR`] is the whole of it. A text becomes a [`Query`]: alternatives (what stands between
//! `OR`s), each with parts that describe and a [`Filter`] that must pass. A photo counts with its
//! best alternative.
//!
//! Nothing here reads an index, a file, a model or a clock. What a text refers to comes in as a
//! [`Context`]; what only the machine can tell (where `./italy` is, whose home `~/` is) stays as
//! it was typed, for whoever searches.
//!
//! In reading order: `query` and `folder` are what comes out, `context` is what goes in;
//! `tokens` takes a text apart, `parser` makes a tree of the tokens by the grammar, `tree` applies
//! signs and weights, `alternatives` multiplies the tree out. `filters` reads `name:value` with
//! `amounts` and `dates`. `complete` offers what may stand at the cursor, `error` points at
//! what cannot be read, `hints` remarks on words that only look like filters, and
//! `requote` repairs what a shell has unquoted.

// What comes out, and what goes in.
mod query;

mod context;
mod folder;

// Text to tokens to a tree to alternatives.
mod tokens;

mod parser;
mod tree;

mod alternatives;

// `name:value`.
mod filters;

mod amounts;
mod dates;

// Beside the way.
mod complete;
mod error;
mod hints;
mod requote;

#[cfg(test)]
mod tests;

pub use complete::{Completion, Vocabulary};
pub use context::{Context, is_plain_words, is_saved_name};
pub use error::QueryError;
pub use folder::Folder;
pub use pixseek_record::{Condition, Fact};
pub use query::{Alternative, Part, Query, Subject};
pub use requote::requoted;

/// A filter of a query: folders are as they were typed.
pub type Filter = pixseek_record::Filter<Folder>;

/// The language, for people.
pub const GRAMMAR: &str = include_str!("grammar.txt");
