//! What the program asks for in the bottom line.

use crate::effect::{Export, ExportForm};

/// A text that the bottom line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// A name for the query.
    SaveQuery,
    /// A folder for the chosen photos.
    Export(ExportForm),
    /// A command for the chosen photos.
    Command,
    /// A name that the chosen photos teach.
    Name,
    /// The first folder to index.
    IndexFolder,
}

impl Prompt {
    /// Whether a folder is asked for, which can be completed.
    pub fn is_folder(self) -> bool {
        matches!(self, Self::Export(_) | Self::IndexFolder)
    }

    /// Whether the answer is for the chosen photos.
    pub fn is_for_photos(self) -> bool {
        matches!(self, Self::Export(_) | Self::Command | Self::Name)
    }
}

/// A question that is answered by yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirm {
    /// Whether a saved query is replaced by another one.
    ReplaceQuery {
        /// Its name.
        name: String,
    },
    /// Whether the folder of an export is made.
    MakeFolder(Export),
}

/// The ways to complete the folder in the prompt, of which one is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderChoices {
    /// The folders as the prompt writes them.
    pub folders: Vec<String>,
    /// The one that stands in the prompt.
    pub taken: usize,
}
