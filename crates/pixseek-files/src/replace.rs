//! Replaces files atomically: after a crash a file has the old content or the new one.
//!
//! The new content is written to a file beside the old one, synced, and renamed. `tempfile` creates
//! that file with an unpredictable name, readable only for its owner, and fails if the name exists.
//! So a link that somebody planted in a folder that others can write to is never followed.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The suffix of unfinished files.
const UNFINISHED: &str = ".new";

/// A new version of a file. Dropping it before it is put in place removes it.
pub struct NewFile {
    file: NamedTempFile,
    place: PathBuf,
}

impl NewFile {
    /// Makes an empty file in the folder of `place`.
    ///
    /// # Errors
    ///
    /// When `place` names no file or the folder cannot be written.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let file = Builder::new()
            .prefix(&prefix(place)?)
            .suffix(UNFINISHED)
            .tempfile_in(folder_of(place))?;
        Ok(Self {
            file,
            place: place.into(),
        })
    }

    /// The file itself, to write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Syncs the content, renames the file to its place, and syncs the folder.
    ///
    /// # Errors
    ///
    /// When a write fails. The old file is then still in place, unless only the last sync failed.
    pub fn put_in_place(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.place)?;
        sync_folder(folder_of(&self.place))
    }

    /// Renames the file to its place without syncing. For caches, whose readers ignore a file that
    /// a power failure has emptied.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed.
    pub fn put_in_place_unsynced(self) -> io::Result<()> {
        self.file.persist(&self.place)?;
        Ok(())
    }
}

/// Replaces the content of a file, or creates the file.
///
/// # Errors
///
/// As [`NewFile::beside`] and [`NewFile::put_in_place`].
pub fn replace(place: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NewFile::beside(place)?;
    new.file().write_all(content)?;
    new.put_in_place()
}

/// Removes unfinished files of processes that were killed while they replaced `place`. The caller
/// must hold the lock under which `place` is replaced, or this removes the file of a running
/// process.
pub fn remove_unfinished(place: &Path) {
    let Ok(prefix) = prefix(place) else { return };
    let entries = std::fs::read_dir(folder_of(place)).into_iter().flatten();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(UNFINISHED.as_bytes()) {
            // The next process that replaces the file tries again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Renames a synced file or folder and syncs the folder of its new name.
///
/// # Errors
///
/// When either fails.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_folder(folder_of(to))
}

/// Syncs the names in a folder to the disk. Windows has no such call and needs none.
///
/// # Errors
///
/// When the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The prefix of the names of unfinished files for `place`.
fn prefix(place: &Path) -> io::Result<OsString> {
    let name = place.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    Ok(prefix)
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::{NewFile, remove_unfinished, replace};
    use std::io::Write;
    use std::path::Path;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_the_old_content_or_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        replace(&place, b"old").unwrap();
        let mut new = NewFile::beside(&place).unwrap();
        new.file().write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"old");
        new.put_in_place().unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
        drop(NewFile::beside(&place).unwrap());
        assert_eq!(names(folder.path()), ["file"]);
        assert!(replace(&folder.path().join("missing/file"), b"").is_err());
        assert!(replace(Path::new("/"), b"").is_err());
    }

    #[test]
    fn only_unfinished_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        let unfinished = NewFile::beside(&place).unwrap();
        std::mem::forget(unfinished);
        for other in ["file", "file.new", ".file.other", ".other.x.new"] {
            std::fs::write(folder.path().join(other), "").unwrap();
        }
        assert_eq!(names(folder.path()).len(), 5);
        remove_unfinished(&place);
        assert_eq!(
            names(folder.path()),
            [".file.other", ".other.x.new", "file", "file.new"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_planted_link_is_replaced_and_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (place, valuable) = (folder.path().join("file"), folder.path().join("valuable"));
        std::fs::write(&valuable, "kept").unwrap();
        symlink(&valuable, &place).unwrap();
        replace(&place, b"new").unwrap();
        let facts = place.symlink_metadata().unwrap();
        assert!(facts.is_file());
        assert_eq!(facts.permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read(&valuable).unwrap(), b"kept");
    }
}
