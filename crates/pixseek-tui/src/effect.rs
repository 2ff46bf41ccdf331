//! The effects that `update` returns: everything that the program does outside of the state.

use crate::options::Ending;
use pixseek_engine::FindOptions;

/// Work outside of the state. The bytes of its path identify a photo.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Search. The answer arrives as [`crate::Message::Answered`].
    Search(Question),
    /// Read the details of a photo. They arrive as [`crate::Message::Details`].
    ReadDetails(Vec<u8>),
    /// Read the words that complete queries again, because a query was saved.
    ReadVocabulary,
    /// Open these photos with the system's program for them.
    OpenPhotos(Vec<Vec<u8>>),
    /// Open the folder of this photo.
    OpenFolder(Vec<u8>),
    /// Put photos into a folder.
    Export(Export),
    /// Find the folders that begin with this text. They arrive as [`crate::Message::Folders`].
    CompleteFolder(String),
    /// Find the files that begin with this text. They arrive as [`crate::Message::Files`].
    CompleteFile(String),
    /// Run a command on photos, without a shell.
    RunCommand {
        /// Its number.
        number: u64,
        /// The program and its arguments; `{}` stands for the paths.
        line: String,
        /// The photos.
        paths: Vec<Vec<u8>>,
    },
    /// Stop the command with this number.
    StopCommand(u64),
    /// Teach a name with photos. Photos for a known name join those that taught it before.
    Teach {
        /// The name.
        name: String,
        /// The photos.
        paths: Vec<Vec<u8>>,
    },
    /// Set a tag on photos, or take it from them.
    Tag {
        /// The tag.
        tag: String,
        /// The photos.
        paths: Vec<Vec<u8>>,
        /// Whether to take it.
        takes: bool,
    },
    /// Save a query under a name.
    SaveQuery {
        /// The name.
        name: String,
        /// The query.
        query: String,
        /// Whether to replace another query of this name. Otherwise
        /// [`crate::Message::NameTaken`] asks the user first.
        replaces: bool,
    },
    /// Append a query to the history.
    RememberQuery(String),
    /// Delete a query from the history.
    ForgetQuery(String),
    /// Update the index beside the interface. A folder, which may begin with `~/`, joins the index
    /// first.
    StartIndexing(Option<String>),
    /// End the index run after its current batch.
    StopIndexing,
    /// Put bytes into the terminal's clipboard: paths need not be text.
    Copy(Vec<u8>),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Give the terminal back and end.
    End(Ending),
}

/// An export of photos into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The photos.
    pub paths: Vec<Vec<u8>>,
    /// The folder, which may begin with `~/`.
    pub folder: String,
    /// Whether the photos are copied or linked.
    pub form: ExportForm,
    /// Whether to create a missing folder. Otherwise [`crate::Message::NoFolder`] asks the user
    /// first.
    pub makes_folder: bool,
}

/// The form in which an export puts photos into a folder.
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
    /// The number of the question, so that the screen shows only the answer to the last one.
    pub number: u64,
    /// The text of the query.
    pub text: String,
    /// The search options.
    pub options: FindOptions,
    /// Photos that the query moves towards.
    pub more_like: Vec<Vec<u8>>,
    /// Photos that the query moves away from.
    pub less_like: Vec<Vec<u8>>,
}
