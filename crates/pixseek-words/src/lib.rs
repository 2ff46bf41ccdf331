//! Splits texts into words, and folds spellings that people read as the same text.
//!
//! The index folds the texts that it stores, and the query language folds what is typed. Both must
//! use this crate, or a name would not be found by its own spelling.
//!
//! In reading order: [`fold_text`] makes two spellings equal, [`words()`] splits a text, and
//! [`search_terms`] returns the terms that a description is looked up by.

mod fold;
mod words;

#[cfg(test)]
mod tests;

pub use fold::fold_text;
pub use words::{search_terms, words};
