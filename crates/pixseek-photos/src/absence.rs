//! What a missing file means.

use std::io::ErrorKind;
use std::path::Path;

/// Why a known file was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Its folder is there, with other things in it: the file is gone.
    Removed,
    /// Its folder is missing, empty or unreadable: a drive may be unmounted. Nothing may be
    /// forgotten on that evidence.
    Offline,
}

/// Looks for the folder of a file that a walk has looked for and not found.
#[must_use]
pub fn absence(path: &Path) -> Absence {
    for (distance, folder) in path.ancestors().skip(1).enumerate() {
        match std::fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => {
                let has_entries =
                    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
                return if distance == 0 && has_entries {
                    Absence::Removed
                } else {
                    Absence::Offline
                };
            }
            // A file has taken the folder's place.
            Ok(_) => return Absence::Removed,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(_) => return Absence::Offline,
        }
    }
    Absence::Offline
}

#[cfg(test)]
mod tests {
    use super::{Absence, absence};

    #[test]
    fn a_missing_file_is_removed_only_where_others_are() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["full", "empty"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        std::fs::write(root.join("full/other"), "").unwrap();
        std::fs::write(root.join("file"), "").unwrap();
        for (path, expected) in [
            ("full/gone.jpg", Absence::Removed),
            ("empty/gone.jpg", Absence::Offline),
            ("none/gone.jpg", Absence::Offline),
            ("full/none/gone.jpg", Absence::Offline),
            ("file/gone.jpg", Absence::Removed),
            ("file/deeper/gone.jpg", Absence::Removed),
        ] {
            assert_eq!(absence(&root.join(path)), expected, "{path}");
        }
    }
}
