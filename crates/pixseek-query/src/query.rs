//! What a text becomes: alternatives of parts that describe and a filter that must pass.

use crate::parser;
use crate::tokens::{self, Kind};
use crate::{Context, Filter, QueryError};
use std::ops::Range;
use std::path::PathBuf;

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
    /// A picture: `like:`. A path as it was typed, a `~/` in front of it too.
    Picture(PathBuf),
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

    /// Reads a query.
    ///
    /// # Errors
    ///
    /// What is wrong, where, and what was perhaps meant; a mistake in a saved query is shown at
    /// its name.
    pub fn parse(text: &str, context: Context<'_>) -> Result<Self, QueryError> {
        parser::parse(text, context)
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
