//! A parsed query: alternatives of parts that describe photos and a filter that photos must pass.

use crate::parser;
use crate::tokens::{self, Kind};
use crate::{Context, Filter, QueryError};
use std::ops::Range;
use std::path::PathBuf;

const BETTER: f32 = 0.75;
/// Twice the weight that [`Query::move_by`] names, because the engine halves negative weights.
const WORSE: f32 = -0.3;

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// At least one. The best of them counts for a photo.
    pub alternatives: Vec<Alternative>,
}

/// Parts that describe a photo, and a filter that it must pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// The parts of the description. Without parts, every photo that passes is found.
    pub parts: Vec<Part>,
    /// The filter.
    pub filter: Filter,
    /// The model that the alternative names, if it names one.
    pub model: Option<String>,
}

/// A part of a description.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The description.
    pub subject: Subject,
    /// The weight, 1 by default; negative for what is not wanted.
    pub weight: f32,
    /// Its position in the text, in bytes.
    pub span: Range<usize>,
}

/// The description of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// Words that are compared with pictures, names, dates and places.
    Words(String),
    /// Words that are compared only with names, dates and places: `text:`.
    Text(String),
    /// A picture: `like:`. The path is as it was typed, possibly with `~/` in front.
    Picture(PathBuf),
}

impl Query {
    /// The query that finds all photos, the newest first.
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

    /// Parses a query.
    ///
    /// # Errors
    ///
    /// When the text is not a query. The error has the position of the mistake and perhaps a hint.
    /// A mistake in a saved query has the position of its name.
    pub fn parse(text: &str, context: Context<'_>) -> Result<Self, QueryError> {
        parser::parse(text, context)
    }

    /// The positions of the filters of a text, including the signs in front of them. Empty for a
    /// text that cannot be read.
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
