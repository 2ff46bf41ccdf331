//! Files and folders that only their owner can use.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Options whose new files only their owner can read and write. A file that exists keeps its
/// mode.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file for writing, as [`File::create`] does: a new one, or an existing one emptied.
///
/// # Errors
///
/// When it cannot be opened.
pub fn create(path: &Path) -> io::Result<File> {
    options().write(true).create(true).truncate(true).open(path)
}

/// Makes a folder and the missing ones above it. A folder that exists keeps its mode, because it
/// may be one of the user's: see [`close`].
///
/// # Errors
///
/// When one of them cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Takes away everybody else's access to a file or a folder. A link is left alone: what it leads
/// to is not ours to protect.
///
/// # Errors
///
/// When there is nothing at `path`, or its mode cannot be changed: only its owner may, and some
/// file systems have no modes.
pub fn close(path: &Path) -> io::Result<()> {
    let facts = path.symlink_metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = facts.permissions().mode();
        if mode & 0o077 != 0 && !facts.is_symlink() {
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode & 0o700))?;
        }
    }
    #[cfg(not(unix))]
    drop(facts);
    Ok(())
}

/// Closes a folder as [`close`] does, and then all that lies in it.
///
/// # Errors
///
/// As [`close`], of the first entry that fails; the others are closed.
pub fn close_all(path: &Path) -> io::Result<()> {
    let closed = close(path);
    if !path.symlink_metadata()?.is_dir() {
        return closed;
    }
    let entries = std::fs::read_dir(path)?.map(|entry| close_all(&entry?.path()));
    entries.fold(closed, Result::and)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{close, close_all, create, make_folder};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_private() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new/folder");
        make_folder(&folder).unwrap();
        let file = folder.join("file");
        drop(create(&file).unwrap());
        for (path, expected) in [
            (folder.parent().unwrap(), 0o700),
            (&folder, 0o700),
            (&file, 0o600),
        ] {
            assert_eq!(mode(path), expected, "{}", path.display());
        }
    }

    #[test]
    fn what_was_open_to_others_is_closed_and_links_are_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("folder");
        let inner = folder.join("inner");
        std::fs::create_dir_all(&inner).unwrap();
        let other = place.path().join("other");
        for file in [&folder.join("file"), &inner.join("program"), &other] {
            std::fs::write(file, "").unwrap();
        }
        symlink(&other, folder.join("link")).unwrap();
        for (path, open) in [
            (&folder, 0o777),
            (&inner, 0o755),
            (&folder.join("file"), 0o644),
            (&inner.join("program"), 0o775),
            (&other, 0o644),
        ] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(open)).unwrap();
        }
        close_all(&folder).unwrap();
        close(&folder.join("link")).unwrap();
        for (path, expected) in [
            (&folder, 0o700),
            (&inner, 0o700),
            (&folder.join("file"), 0o600),
            (&inner.join("program"), 0o700),
            (&other, 0o644),
        ] {
            assert_eq!(mode(path), expected, "{}", path.display());
        }
        assert!(close(&place.path().join("nothing")).is_err());
    }
}
