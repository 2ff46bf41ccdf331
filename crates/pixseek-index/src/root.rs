//! Indexed folders ("roots"): the settings of their walks, and their state in the last run.

use crate::PathText;
use serde::{Deserialize, Serialize};

/// An indexed folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Its path.
    pub path: PathText,
    /// Its state in the last run.
    pub state: RootState,
    /// The settings of its walk.
    pub settings: RootSettings,
}

/// The state of a folder in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootState {
    /// No run with the present settings has been completed.
    #[default]
    New,
    /// It was there.
    Online,
    /// It was missing, empty or unreadable; its photos are kept.
    Offline,
}

/// The settings of a walk. The user sets them once, and every run uses them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootSettings {
    /// Index files and folders whose names begin with a dot.
    pub hidden: bool,
    /// Follow symbolic links.
    pub follow_links: bool,
    /// Stay on the file system of the folder.
    pub one_file_system: bool,
    /// Patterns of files and folders to skip, with the syntax of an ignore file in the folder.
    pub excludes: Vec<String>,
}

/// The value that the catalog stores for a folder.
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
