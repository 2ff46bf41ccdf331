//! Parts of a question: the photos that refine it, and the completions of a word.

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

/// The completions of a word, while the query contains one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The query before the completion.
    pub text: String,
    pub ways: Vec<Completion>,
    /// The index of the completion in the query.
    pub taken: usize,
}
