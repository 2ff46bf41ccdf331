//! What a key asks for, and what an update asks the world for.

use crate::Ending;
use pixseek_engine::FindOptions;

/// What a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// To the box.
    Type,
    /// Out of the box.
    Browse,
    /// Back, or out of the program.
    Leave,
    /// Out of the program.
    Quit,
    /// Choose: open, or in the picker give back.
    Choose,
    Complete,
    OtherWord,
    History,
    Save,
    /// What is typed below is done.
    Accept,
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
    Print,
    Copy,
    ExportCopies,
    ExportLinks,
    Reveal,
    Detail,
    Help,
    Layout,
    Sort,
    Fold,
    Tail,
    More,
    Less,
    Unfilter,
    Refresh,
    Suspend,
}

/// What has to happen outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask; the answer carries the number.
    Ask(Question),
    /// What takes a moment and may fail.
    Do(Errand),
    /// Put into the terminal's clipboard.
    Copy(String),
    /// Bring the index up to date, or stop doing so.
    Refresh,
    /// Stop until the shell says `fg`.
    Suspend,
    /// End.
    End(Ending),
}

/// What is done beside the interface; it says how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Open with the system's program.
    Open(Vec<Vec<u8>>),
    /// Open the folder.
    Reveal(Vec<u8>),
    /// Put files into a folder.
    Export {
        paths: Vec<Vec<u8>>,
        folder: String,
        form: Export,
    },
    /// Save a query.
    Save { name: String, query: String },
    /// Keep a query for the history.
    Remember(String),
}

/// How files are put into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    Copies,
    Links,
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
