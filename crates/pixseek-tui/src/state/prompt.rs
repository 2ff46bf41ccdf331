//! The questions of the bottom line.

use crate::effect::{Export, ExportForm};
use crate::options::Ending;

/// A text that the bottom line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// A name for the query.
    SaveQuery,
    /// A folder for the chosen photos.
    Export(ExportForm),
    /// A command for the chosen photos.
    Command,
    /// A name to teach with the chosen photos.
    Name,
    /// A tag to set on the chosen photos.
    Tag,
    /// A tag to take from the chosen photos.
    Untag,
    /// The first folder to index.
    IndexFolder,
}

impl Prompt {
    /// Whether the prompt asks for a folder, which the user can complete.
    pub fn is_folder(self) -> bool {
        matches!(self, Self::Export(_) | Self::IndexFolder)
    }

    /// Whether the answer applies to the chosen photos.
    pub fn is_for_photos(self) -> bool {
        matches!(
            self,
            Self::Export(_) | Self::Command | Self::Name | Self::Tag | Self::Untag
        )
    }
}

/// A yes-or-no question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirm {
    /// Whether to replace a saved query by this one.
    ReplaceQuery {
        /// Its name.
        name: String,
        /// The saved query.
        before: String,
    },
    /// Whether to end the program in this way although that ends a command.
    EndCommands(Ending),
    /// Whether to create the folder of an export.
    MakeFolder(Export),
}

/// The completions of the folder in the prompt, and the current one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderChoices {
    /// The folders as the prompt writes them.
    pub folders: Vec<String>,
    /// The index of the folder in the prompt.
    pub taken: usize,
}
