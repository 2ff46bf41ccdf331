//! The query language: the same in the command, the terminal interface and saved queries.
//!
//! [`GRAMMAR`] describes it. A text becomes a [`Query`]: alternatives, separated by `OR`, each with
//! parts that describe a photo and a [`Filter`] that the photo must pass. A photo gets the score of
//! its best alternative.
//!
//! This crate reads no index, file, model or clock. The caller passes everything that a text may
//! refer to as a [`Context`]. Paths stay as they were typed, because only the machine knows where
//! `./italy` or `~/` is.
//!
//! In reading order: `query` is the result, `context` is the input. `tokens` splits a
//! text, `parser` makes a tree of the tokens by the grammar, `tree` applies signs and weights,
//! `alternatives` multiplies the tree out. `filters` reads `name:value` with `amounts` and `dates`.
//! `complete` offers completions at the cursor, `error` marks the part of a text that cannot be
//! read, `hints` remarks on words that only look like filters, and `requote` repairs what a shell
//! has unquoted.

// The result and the input.
mod query;

mod context;

// From text to tokens, a tree and alternatives.
mod tokens;

mod parser;
mod tree;

mod alternatives;

// `name:value`.
mod filters;

mod amounts;
mod dates;
mod empty;

// Completion and errors.
mod complete;
mod error;
mod hints;
mod requote;

#[cfg(test)]
mod tests;

pub use complete::{Completion, Vocabulary};
pub use context::{Context, is_plain_words, is_saved_name};
pub use error::QueryError;
pub use pixseek_record::{Condition, Fact, Filter, Folder};
pub use query::{Alternative, Part, Query, Subject};
pub use requote::requoted;

/// The description of the language for people.
pub const GRAMMAR: &str = include_str!("grammar.txt");
