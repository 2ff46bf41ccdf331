//! What `update` asks the world to do.

use crate::options::Ending;
use pixseek_engine::FindOptions;

/// Something to do outside of the state. A photo is named by the bytes of its path.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Search. The answer arrives as [`crate::Message::Answered`].
    Search(Question),
    /// Read the labels of a photo. They arrive as [`crate::Message::Labels`].
    ReadLabels(Vec<u8>),
    /// Read the words that complete queries again, because a query was saved.
    ReadVocabulary,
    /// Open these photos with the system's program for them.
    OpenPhotos(Vec<Vec<u8>>),
    /// Open the folder of this photo.
    OpenFolder(Vec<u8>),
    /// Put photos into a folder.
    Export(Export),
    /// Look for the folders that begin like this. They arrive as [`crate::Message::Folders`].
    CompleteFolder(String),
    /// Run a command on photos, without a shell.
    RunCommand {
        /// The program and its arguments; `{}` stands for the paths.
        line: String,
        /// The photos.
        paths: Vec<Vec<u8>>,
    },
    /// Teach a name with photos, or add them to those of a known one.
    Teach {
        /// The name.
        name: String,
        /// The photos.
        paths: Vec<Vec<u8>>,
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
    /// Delete a query from the history.
    ForgetQuery(String),
    /// Update the index beside the interface, or add this folder to it, which may begin with `~/`.
    StartIndexing(Option<String>),
    /// End the index run after its batch.
    StopIndexing,
    /// Put bytes into the terminal's clipboard: paths need not be text.
    Copy(Vec<u8>),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Give the terminal back and end.
    End(Ending),
}

/// Photos that are put into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The photos.
    pub paths: Vec<Vec<u8>>,
    /// The folder, which may begin with `~/`.
    pub folder: String,
    /// Whether the photos are copied or linked.
    pub form: ExportForm,
    /// Whether the folder is made; otherwise the user is asked with [`crate::Message::NoFolder`].
    pub makes_folder: bool,
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
