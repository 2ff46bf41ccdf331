//! Mistakes in queries, shown with a mark under their position.

use std::ops::Range;

/// A mistake in a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// A description of the mistake.
    pub message: String,
    /// Its position, in bytes of the query.
    pub span: Range<usize>,
    /// What the user may have meant, or examples.
    pub hint: Option<String>,
}

impl QueryError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span,
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows the message, the query, a mark under the mistake, and the hint, in up to four lines.
    /// Each character takes one column, and control characters become spaces.
    #[must_use]
    pub fn pointed(&self, query: &str) -> String {
        let line: String = query
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let columns = |range: Range<usize>| {
            query
                .char_indices()
                .filter(|(at, _)| range.contains(at))
                .count()
        };
        let before = columns(0..self.span.start);
        let width = columns(self.span.clone()).max(1);
        let mut text = format!(
            "{}\n  {line}\n  {}{}",
            self.message,
            " ".repeat(before),
            "^".repeat(width)
        );
        if let Some(hint) = &self.hint {
            text.push('\n');
            text.push_str(hint);
        }
        text
    }
}
