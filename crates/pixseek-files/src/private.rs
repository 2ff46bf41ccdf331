//! Files and folders that only their owner can use.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Options whose new files only their owner can read and write. A file that exists keeps its
/// mode. They follow links, for files such as a log that users may have put elsewhere.
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
/// When it cannot be opened. A symbolic link is refused: in a folder that others can write to, it
/// may lead to a file that they want overwritten.
pub fn create(path: &Path) -> io::Result<File> {
    open(options().write(true).create(true).truncate(true), path)
}

/// Opens a file for reading and writing. Makes an empty one if there is none.
///
/// # Errors
///
/// As [`create`].
pub fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = options();
    let options = options.read(true).write(true).create(true).truncate(false);
    open(options, path)
}

/// Opens a file, but no link.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NOFOLLOW);
    options.open(path).map_err(|error| {
        // The system says "too many levels of symbolic links".
        if path.is_symlink() {
            io::Error::new(io::ErrorKind::InvalidInput, "it is a symbolic link")
        } else {
            error
        }
    })
}

/// Opens a regular file for reading. Opening a pipe would wait for a writer that never comes, and a
/// device may never end.
///
/// # Errors
///
/// When it cannot be opened or is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.read(true).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        let why = "it is not a regular file";
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}

/// Reads a regular file.
///
/// # Errors
///
/// As [`open_regular`], and when it cannot be read.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
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

/// Closes a folder as [`close`] does, and then everything in it.
///
/// # Errors
///
/// The error of the first entry that [`close`] fails for. The others are closed all the same.
pub fn close_all(path: &Path) -> io::Result<()> {
    let closed = close(path);
    if !path.symlink_metadata()?.is_dir() {
        return closed;
    }
    let entries = std::fs::read_dir(path)?.map(|entry| close_all(&entry?.path()));
    entries.fold(closed, Result::and)
}

/// Looks at `path` and below it for a symbolic link, a pipe, a device or a socket, without following
/// any. Returns one of them. Ignores files that are missing, because another process may have just renamed them.
///
/// # Errors
///
/// When a file or folder cannot be read.
pub fn find_special(path: &Path) -> io::Result<Option<PathBuf>> {
    let facts = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        facts => facts?,
    };
    if !facts.is_dir() {
        return Ok((!facts.is_file()).then(|| path.into()));
    }
    for entry in std::fs::read_dir(path)? {
        if let Some(special) = find_special(&entry?.path())? {
            return Ok(Some(special));
        }
    }
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{close, close_all, create, find_special, make_folder, open_or_create};
    use crate::Lock;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn new_files_and_folders_are_private() {
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
    fn planted_links_are_found_and_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let valuable = place.path().join("valuable");
        std::fs::write(&valuable, "kept").unwrap();
        let folder = place.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(find_special(place.path()).unwrap(), None);
        assert_eq!(find_special(&place.path().join("missing")).unwrap(), None);
        let link = folder.join("link");
        for target in [&valuable, &place.path().join("missing")] {
            symlink(target, &link).unwrap();
            assert_eq!(find_special(place.path()).unwrap().as_ref(), Some(&link));
            let opened = [
                create(&link).map(drop),
                open_or_create(&link).map(drop),
                Lock::wait(&link).map(drop),
            ];
            for opened in opened {
                assert_eq!(opened.unwrap_err().to_string(), "it is a symbolic link");
            }
            std::fs::remove_file(&link).unwrap();
        }
        assert_eq!(std::fs::read(&valuable).unwrap(), b"kept");
        assert!(!place.path().join("missing").exists());
    }

    #[test]
    fn access_of_others_is_removed_and_links_are_left_alone() {
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
