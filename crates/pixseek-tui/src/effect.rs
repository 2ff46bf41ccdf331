//! What `update` asks the world to do.

use crate::options::Ending;
use pixseek_engine::FindOptions;

/// Something to do outside of the state. A photo is named by the bytes of its path.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Search. The answer arrives as [`crate::Message::Answered`].
    Search(Question),
    /// Read the words that complete queries again, because a query was saved.
    ReadVocabulary,
    /// Open these photos with the system's program for them.
    OpenPhotos(Vec<Vec<u8>>),
    /// Open the folder of this photo.
    OpenFolder(Vec<u8>),
    /// Put photos into a folder.
    Export {
        /// The photos.
        paths: Vec<Vec<u8>>,
        /// The folder, which may begin with `~/`.
        folder: String,
        /// Whether the photos are copied or linked.
        form: ExportForm,
    },
    /// Save a query under a name.
    SaveQuery {
        /// The name.
        name: String,
        /// The query.
        query: String,
    },
    /// Append a query to the history.
    RememberQuery(String),
    /// Update the index beside the interface.
    StartIndexing,
    /// End the index run after its batch.
    StopIndexing,
    /// Put text into the terminal's clipboard.
    Copy(String),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Give the terminal back and end.
    End(Ending),
}

/// How photos are put into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// As copies of the files.
    Copies,
    /// As links to the files.
    Links,
}

/// A question to the search thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Questions are counted, so that only the answer to the last one is shown.
    pub number: u64,
    /// The query as it is typed.
    pub text: String,
    /// How to search.
    pub options: FindOptions,
    /// Photos that the query moves towards.
    pub more_like: Vec<Vec<u8>>,
    /// Photos that the query moves away from.
    pub less_like: Vec<Vec<u8>>,
}
