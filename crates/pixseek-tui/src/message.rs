//! What can happen to the interface.

use crate::effect::Export;
use crate::error::{BoxError, SearchError};
use crate::state::Run;
use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEvent};
use pixseek_engine::{Answer, SyncReport, Vocabulary};
use std::sync::Arc;
use std::time::Instant;

/// Something that happened. Every thread sends these, and `update` takes them one by one.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// A mouse button was pressed or the wheel was turned. The time tells a double click.
    Mouse(MouseEvent, Instant),
    /// The terminal has this size.
    Resize {
        /// Its width in cells.
        width: u16,
        /// Its height in cells.
        height: u16,
    },
    /// The operating system sent a signal that ends the program.
    Signal(i32),
    /// The search thread answered a question.
    Answered {
        /// The question's number.
        number: u64,
        /// Photos in the index, once it is open.
        photo_count: Option<u64>,
        /// The hits, or why there are none.
        result: Result<Box<Answer>, SearchError>,
    },
    /// No question has followed this one for a while.
    Rested(u64),
    /// These words complete queries from now on.
    Vocabulary(Arc<Vocabulary>),
    /// A photo has these labels.
    Labels {
        /// Its path.
        path: Vec<u8>,
        /// The labels, the best first.
        labels: Vec<String>,
    },
    /// A process began to write to the index, which this describes, or it ended.
    Writer(Option<String>),
    /// The index run of this interface began or went on.
    Indexing(Run),
    /// The index run of this interface ended.
    Indexed(Result<SyncReport, BoxError>),
    /// A query was saved, or could not be; the text says which.
    QuerySaved(String),
    /// A background job says how it ended.
    Notice(String),
    /// These folders complete what is typed into the prompt.
    Folders {
        /// What was typed.
        typed: String,
        /// The folders, as the prompt writes them.
        folders: Vec<String>,
    },
    /// The folder of an export does not exist.
    NoFolder(Export),
    /// A picture is ready to be drawn.
    PictureReady,
}

impl Message {
    /// The message of a terminal's event at a time; `None` if the event changes nothing.
    #[must_use]
    pub fn of(event: Event, time: Instant) -> Option<Self> {
        match event {
            Event::Key(key) if key.kind == KeyEventKind::Release => None,
            Event::Key(key) => Some(Self::Key(key)),
            Event::Paste(text) => Some(Self::Paste(text)),
            Event::Mouse(mouse) => Some(Self::Mouse(mouse, time)),
            Event::Resize(width, height) => Some(Self::Resize { width, height }),
            Event::FocusGained | Event::FocusLost => None,
        }
    }
}
