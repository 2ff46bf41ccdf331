//! Texts as words, and one spelling for what people read as the same text.
//!
//! The index folds what it stores, and the query language folds what is typed: both must come
//! through here, or a name would not be found by its own spelling.
//!
//! In reading order: [`fold_text`] makes two spellings equal, [`words()`] takes a text apart, and
//! [`search_terms`] says what to look up for a description.

mod fold;
mod words;

#[cfg(test)]
mod tests;

pub use fold::fold_text;
pub use words::{search_terms, words};
