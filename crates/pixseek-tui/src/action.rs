//! What a key asks for, and what an update asks the world for.

use crate::Ending;
use pixseek_engine::FindOptions;

/// What a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Back to the box.
    Type,
    /// Out of the box.
    Browse,
    /// Back, or out of the program.
    Leave,
    /// Out of the program.
    Quit,
    /// Choose: open, or in the picker give back.
    Choose,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Mark,
    MarkNone,
    Detail,
    Help,
    Layout,
    Sort,
    Fold,
    Tail,
    More,
    Less,
    Copy,
    Reveal,
}

/// What has to happen outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask; the answer carries the number.
    Ask(Question),
    /// Open with the system's program.
    Open(Vec<Vec<u8>>),
    /// Open the folder.
    Reveal(Vec<u8>),
    /// Put into the terminal's clipboard.
    Copy(String),
    /// End.
    End(Ending),
}

/// A question to the worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Counts questions; only the answer to the last one is shown.
    pub number: u64,
    /// The query.
    pub text: String,
    /// How to search.
    pub options: FindOptions,
    /// Photos that the query moves to, and away from.
    pub better: Vec<Vec<u8>>,
    /// Likewise.
    pub worse: Vec<Vec<u8>>,
}
