//! Folders as people name them in `in:`.

use std::path::{Path, PathBuf};

/// A folder as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// `/photos/italy`, `./italy` or `.`: the folder at this path.
    Path(PathBuf),
    /// `italy` or `italy/2019`, in lower case: a piece of the folder's path. A `/` at its end is the
    /// end of a name.
    Piece(String),
}

impl Folder {
    /// Reads the value of `in:`: a path if it begins like one.
    pub(crate) fn read(value: &str) -> Self {
        let is_path = Path::new(value).is_absolute() || value.starts_with("./") || value == ".";
        if is_path {
            Self::Path(value.into())
        } else {
            Self::Piece(value.to_lowercase())
        }
    }
}
