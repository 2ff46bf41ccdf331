//! Parts of a question: photos that refine it, and words that are being completed.

use pixseek_engine::Completion;

/// A photo that the query moves towards or away from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refinement {
    pub path: Vec<u8>,
    pub direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    More,
    Less,
}

/// The completions of a word, while one of them stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The query before it was completed.
    pub text: String,
    pub ways: Vec<Completion>,
    /// The one that stands in the query.
    pub taken: usize,
}
