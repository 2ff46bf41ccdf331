//! The query language: the same in the command, the terminal interface and saved searches.
//!
//! [`GRAMMAR`] is the whole of it. A query becomes alternatives (what stands between `OR`s);
//! an alternative is parts that describe and a filter that must pass. A photo counts with its
//! best alternative.

mod alternatives;
mod amounts;
mod complete;
mod dates;
mod error;
mod filters;
mod parser;
#[cfg(test)]
mod tests;
mod tokens;

pub use complete::{Completion, Vocabulary};
pub use error::QueryError;

use crate::Saved;
use jiff::civil::DateTime;
use pixseek_index::Filter;
use std::ops::Range;
use std::path::PathBuf;
use tokens::Kind;

/// The language, for people.
pub const GRAMMAR: &str = include_str!("query/grammar.txt");

const BETTER: f32 = 0.75;
/// Planning halves what is taken away.
const WORSE: f32 = -0.3;

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// At least one; the best of them counts for a photo.
    pub alternatives: Vec<Alternative>,
}

/// Parts that describe, and what must be so.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// What is described; with none, everything that passes is found.
    pub parts: Vec<Part>,
    /// What must be so.
    pub filter: Filter,
    /// The model that is named, if one is.
    pub model: Option<String>,
}

/// One thing that is described.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What.
    pub subject: Subject,
    /// How much it counts, 1 if nothing is said; below zero for what is not wanted.
    pub weight: f32,
    /// Where it stands in the text, in bytes.
    pub span: Range<usize>,
}

/// What a part describes, and how.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// Words for the model, and for names, dates and places.
    Words(String),
    /// Words for names, dates and places only: `text:`.
    Text(String),
    /// A picture: `like:`.
    Picture(PathBuf),
}

/// What the clock on the wall shows; UTC where the system names no zone.
#[must_use]
pub fn local_time() -> DateTime {
    jiff::Zoned::now().datetime()
}

impl Query {
    /// All photos, the newest first.
    #[must_use]
    pub fn everything() -> Self {
        let alternative = Alternative {
            parts: Vec::new(),
            filter: Filter::All(Vec::new()),
            model: None,
        };
        Self {
            alternatives: vec![alternative],
        }
    }

    /// Reads a query without saved ones; `now` is the local time, for "yesterday" and its like.
    ///
    /// # Errors
    ///
    /// What is wrong, where, and what was perhaps meant.
    pub fn parse(text: &str, now: DateTime) -> Result<Self, QueryError> {
        Self::parse_with(text, now, &Saved::default())
    }

    /// Reads a query in which `@name` stands for a saved one.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`]; a mistake in a saved query is shown at its name.
    pub fn parse_with(text: &str, now: DateTime, saved: &Saved) -> Result<Self, QueryError> {
        parser::parse(text, now, saved)
    }

    /// Where the filters of a text stand, with the signs in front of them; none of a text that
    /// cannot be read.
    #[must_use]
    pub fn filters_of(text: &str) -> Vec<Range<usize>> {
        let tokens = tokens::tokens(text).unwrap_or_default();
        let mut start = None;
        let mut filters = Vec::new();
        for token in tokens {
            match token.kind {
                Kind::Sign(_) => start = start.or(Some(token.span.start)),
                Kind::Filter { .. } => {
                    filters.push(start.take().unwrap_or(token.span.start)..token.span.end);
                }
                _ => start = None,
            }
        }
        filters
    }

    /// Moves the query towards photos that are better and away from those that are worse, as
    /// Rocchio did (1971), with the weights of Manning et al., "Introduction to Information
    /// Retrieval", 9.1.1: 1 for the query, 0.75 for the better ones together, 0.15 for the
    /// worse.
    pub fn move_by(&mut self, better: &[PathBuf], worse: &[PathBuf]) {
        #[expect(clippy::cast_precision_loss, reason = "a few files")]
        let parts = |files: &[PathBuf], weight: f32| {
            let each = weight / files.len().max(1) as f32;
            files
                .iter()
                .map(move |file| Part {
                    subject: Subject::Picture(file.clone()),
                    weight: each,
                    span: 0..0,
                })
                .collect::<Vec<_>>()
        };
        for alternative in &mut self.alternatives {
            alternative.parts.extend(parts(better, BETTER));
            alternative.parts.extend(parts(worse, WORSE));
        }
    }

    /// The model that the query names, if it names one.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.alternatives
            .iter()
            .find_map(|alternative| alternative.model.as_deref())
    }
}
