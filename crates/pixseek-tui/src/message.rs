//! The messages that the interface receives.

use crate::effect::Export;
use crate::error::{BoxError, SearchError};
use crate::state::{Details, FileChoices, Run};
use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEvent};
use pixseek_engine::{Answer, SyncReport, Vocabulary};
use std::sync::Arc;
use std::time::Instant;

/// An event. All threads send these, and `update` handles them one by one.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// A mouse button was pressed or the wheel was turned. The time distinguishes a double click.
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
        /// The hits, or the reason why there are none.
        result: Result<Box<Answer>, SearchError>,
    },
    /// Typing has rested since this question.
    Rested(u64),
    /// The vocabulary that completes queries from now on.
    Vocabulary(Arc<Vocabulary>),
    /// The search thread has read the details of a photo.
    Details(Details),
    /// Another process began to write to the index (its description), or ended (`None`).
    Writer(Option<String>),
    /// The index run of this interface has begun or made progress.
    Indexing(Run),
    /// The index run of this interface ended.
    Indexed(Result<SyncReport, BoxError>),
    /// The background thread has saved a query, or failed; the text says which.
    QuerySaved(String),
    /// Another query has the name under which one was to be saved.
    NameTaken {
        /// The name.
        name: String,
        /// The other query.
        before: String,
    },
    /// A command has printed a line.
    CommandSaid {
        /// The number of the command.
        number: u64,
        /// The line.
        line: String,
    },
    /// A command has ended.
    CommandEnded {
        /// The number of the command.
        number: u64,
        /// How it ended, and what it printed last.
        notice: String,
    },
    /// A background job ended with this notice.
    Notice(String),
    /// The folders that complete the text of the prompt.
    Folders {
        /// The text that they complete.
        typed: String,
        /// The folders, as the prompt writes them.
        folders: Vec<String>,
    },
    /// The files that complete `like:` in the query.
    Files(FileChoices),
    /// The folder of an export does not exist.
    NoFolder(Export),
    /// A picture is ready to be drawn.
    PictureReady,
}

impl Message {
    /// Converts an event of the terminal; `None` if the event changes nothing.
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
