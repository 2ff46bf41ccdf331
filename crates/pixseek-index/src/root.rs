//! Indexed folders: how each one is walked, and how the last run found it.

use crate::PathText;
use serde::{Deserialize, Serialize};

/// An indexed folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Its path.
    pub path: PathText,
    /// How the last run found it.
    pub state: RootState,
    /// How it is walked.
    pub settings: RootSettings,
}

/// How a run found a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootState {
    /// No run with the present settings has come to its end.
    #[default]
    New,
    /// It was there.
    Online,
    /// It was missing, empty or unreadable; its photos are kept.
    Offline,
}

/// How a folder is walked. A person sets this once, and every run uses it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootSettings {
    /// Index files and folders whose names begin with a dot.
    pub hidden: bool,
    /// Follow symbolic links.
    pub follow_links: bool,
    /// Stay on the file system of the folder.
    pub one_file_system: bool,
    /// Globs to leave out, as lines of an ignore file in the folder.
    pub excludes: Vec<String>,
}

/// What the catalog stores under a folder's path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RootRecord {
    pub state: RootState,
    pub settings: RootSettings,
}

impl RootRecord {
    pub(crate) fn at(self, path: Vec<u8>) -> Root {
        Root {
            path: path.into(),
            state: self.state,
            settings: self.settings,
        }
    }
}

impl Root {
    /// The root as the catalog stores it.
    pub(crate) fn entry(&self) -> (Vec<u8>, RootRecord) {
        let record = RootRecord {
            state: self.state,
            settings: self.settings.clone(),
        };
        (self.path.bytes().to_vec(), record)
    }
}

/// Whether `path` is `folder` or lies below it. Compares whole names: `/p-old` is not in `/p`.
pub(crate) fn is_within(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || folder.ends_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn whole_names_are_compared() {
        for (path, folder, expected) in [
            ("/p", "/p", true),
            ("/p/x", "/p", true),
            ("/p-old", "/p", false),
            ("/p-old/x", "/p", false),
            ("/p", "/p/x", false),
            ("/p", "/", true),
        ] {
            let is = is_within(path.as_bytes(), folder.as_bytes());
            assert_eq!(is, expected, "{path} in {folder}");
        }
    }
}
