//! Why a walk has not found a file that it looked for.

use std::io::ErrorKind;
use std::path::Path;

/// Why a walk has not found a known file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSeen {
    /// Its folder exists and has other entries, so the file was moved or deleted.
    Gone,
    /// Its folder is missing, empty or unreadable. The drive may be unmounted, so the file must not
    /// be forgotten.
    Offline,
}

/// Decides by the folders above the file. A path that the walk has left out needs
/// [`crate::Rules::why_left_out`] first.
#[must_use]
pub fn why_not_seen(path: &Path) -> NotSeen {
    for (distance, folder) in path.ancestors().skip(1).enumerate() {
        match std::fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => {
                let has_entries =
                    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
                return if distance == 0 && has_entries {
                    NotSeen::Gone
                } else {
                    NotSeen::Offline
                };
            }
            // A file has replaced the folder.
            Ok(_) => return NotSeen::Gone,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(_) => return NotSeen::Offline,
        }
    }
    NotSeen::Offline
}

#[cfg(test)]
mod tests {
    use super::{NotSeen, why_not_seen};

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
            ("full/gone.jpg", NotSeen::Gone),
            ("empty/gone.jpg", NotSeen::Offline),
            ("none/gone.jpg", NotSeen::Offline),
            ("full/none/gone.jpg", NotSeen::Offline),
            ("file/gone.jpg", NotSeen::Gone),
            ("file/deeper/gone.jpg", NotSeen::Gone),
        ] {
            assert_eq!(why_not_seen(&root.join(path)), expected, "{path}");
        }
    }
}
