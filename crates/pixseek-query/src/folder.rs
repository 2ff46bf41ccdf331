//! Folders as people name them in `in:`.

use std::path::{Path, PathBuf};

/// A folder as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// `/photos/italy`, `./italy` or `.`: the folder at this path.
    Path(PathBuf),
    /// `italy` or `italy/2019`, in lower case: every folder of this name, or every `2019` directly
    /// inside an `italy`.
    Piece(String),
}

impl Folder {
    /// Reads the value of `in:`: a path if it begins like one.
    pub(crate) fn read(value: &str) -> Self {
        let is_path = Path::new(value).is_absolute() || value.starts_with("./") || value == ".";
        if is_path {
            Self::Path(value.into())
        } else {
            Self::Piece(value.trim_matches('/').to_lowercase())
        }
    }
}
