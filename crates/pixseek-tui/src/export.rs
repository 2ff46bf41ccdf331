//! Puts photos into a folder, as copies or links. Nothing in the folder is replaced and no link in
//! it is followed, because others may be able to write there.

use crate::effect::ExportForm;
use pixseek_engine::path_of;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Puts photos into a folder, and returns how that went.
pub fn export(paths: &[Vec<u8>], folder: &str, form: ExportForm) -> String {
    let folder = with_home(folder);
    if let Err(error) = std::fs::create_dir_all(&folder) {
        return format!("{}: {error}", folder.display());
    }
    let mut done = 0;
    let mut first_error = None;
    for path in paths {
        match put(&path_of(path), &folder, form) {
            Ok(()) => done += 1,
            Err(error) => {
                first_error.get_or_insert_with(|| format!("{}: {error}", path_of(path).display()));
            }
        }
    }
    let what = match form {
        ExportForm::Copies => "copied",
        ExportForm::Links => "linked",
    };
    let failed = paths.len() - done;
    match first_error {
        None => format!("{what} {done} into {}", folder.display()),
        Some(error) => format!("{what} {done}, {failed} failed: {error}"),
    }
}

/// Replaces `~/` by the home folder, as a shell does.
fn with_home(folder: &str) -> PathBuf {
    let home = folder.strip_prefix("~/").zip(std::env::home_dir());
    home.map_or_else(|| folder.into(), |(rest, home)| home.join(rest))
}

fn put(path: &Path, folder: &Path, form: ExportForm) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    match form {
        ExportForm::Links => {
            // Otherwise a link to a photo that is gone would look like success.
            std::fs::metadata(path)?;
            first_free(folder, name, |place| link(path, place))
        }
        ExportForm::Copies => {
            // The temporary file has a random name, and dropping it removes it.
            let mut builder = tempfile::Builder::new();
            let mut part = builder.prefix(".pixseek-").tempfile_in(folder)?;
            copy(path, part.as_file_mut())?;
            first_free(folder, name, |place| publish(part.path(), place))
        }
    }
}

/// Copies content, date and mode. Only the owner can read the copy until it is complete.
fn copy(path: &Path, to: &mut File) -> io::Result<()> {
    let mut from = File::open(path)?;
    io::copy(&mut from, to)?;
    let facts = from.metadata()?;
    to.set_permissions(mode(&facts.permissions()))?;
    // A copy with another date is better than none.
    if let Ok(modified) = facts.modified() {
        let _ = to.set_modified(modified);
    }
    to.sync_all()
}

/// The bits of a mode for reading, writing and executing: without set-user-id, a copy never runs
/// as somebody else.
#[cfg(unix)]
fn mode(of: &Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    Permissions::from_mode(of.mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(of: &Permissions) -> Permissions {
    of.clone()
}

/// Gives a complete file its name, unless the name is taken. The temporary name may stay beside
/// it until the file is dropped.
fn publish(part: &Path, place: &Path) -> io::Result<()> {
    match std::fs::hard_link(part, place) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // The file system has no hard links. `symlink_metadata` sees links to nothing as well.
        Err(_) if place.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(part, place),
    }
}

/// Makes a file called `dog.jpg`, or `dog (2).jpg` and so on if the name is taken.
fn first_free(
    folder: &Path,
    name: &OsStr,
    make: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let path = Path::new(name);
    let stem = path.file_stem().unwrap_or(name);
    let mut number = 1;
    loop {
        let mut free = OsString::from(stem);
        if number > 1 {
            free.push(format!(" ({number})"));
        }
        if let Some(extension) = path.extension() {
            free.push(".");
            free.push(extension);
        }
        match make(&folder.join(free)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 10_000 => {
                number += 1;
            }
            result => return result,
        }
    }
}

#[cfg(unix)]
fn link(path: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(path, place)
}

#[cfg(not(unix))]
fn link(path: &Path, place: &Path) -> io::Result<()> {
    std::fs::hard_link(path, place)
}

#[cfg(test)]
mod tests {
    use super::export;
    use crate::effect::ExportForm;
    use pixseek_engine::bytes_of;

    #[test]
    fn copies_and_links_replace_nothing() {
        let place = tempfile::tempdir().unwrap();
        let (a, b) = (
            place.path().join("a/dog.jpg"),
            place.path().join("b/dog.jpg"),
        );
        for (path, content) in [(&a, "one"), (&b, "two")] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let paths = [&a, &b].map(|path| bytes_of(path).to_vec());
        let folder = place.path().join("new/folder");
        let said = export(&paths, folder.to_str().unwrap(), ExportForm::Copies);
        assert!(said.starts_with("copied 2 into "), "{said}");
        let said = export(&paths[..1], folder.to_str().unwrap(), ExportForm::Links);
        assert!(said.starts_with("linked 1 into "), "{said}");
        for (name, content) in [
            ("dog.jpg", "one"),
            ("dog (2).jpg", "two"),
            ("dog (3).jpg", "one"),
        ] {
            assert_eq!(
                std::fs::read_to_string(folder.join(name)).unwrap(),
                content,
                "{name}"
            );
        }
        let facts = |path: &std::path::Path| path.metadata().unwrap().modified().unwrap();
        assert_eq!(
            facts(&folder.join("dog.jpg")),
            facts(&a),
            "the date is kept"
        );
        std::fs::remove_file(&a).unwrap();
        for form in [ExportForm::Copies, ExportForm::Links] {
            let said = export(&paths[..1], folder.to_str().unwrap(), form);
            assert!(
                said.contains("1 failed") && said.contains("dog.jpg"),
                "{said}"
            );
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn copies_keep_their_mode_and_follow_no_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("shared");
        std::fs::create_dir(&folder).unwrap();
        let valuable = place.path().join("valuable");
        std::fs::write(&valuable, "kept").unwrap();
        // Links lie in the place of a temporary file that can be foreseen, and of the copy.
        let part = format!(".pixseek-{}.part", std::process::id());
        symlink(&valuable, folder.join(part)).unwrap();
        symlink(place.path().join("nothing"), folder.join("dog.jpg")).unwrap();
        let photo = place.path().join("dog.jpg");
        std::fs::write(&photo, "dog").unwrap();
        for mode in [0o600, 0o640, 0o4755] {
            std::fs::set_permissions(&photo, PermissionsExt::from_mode(mode)).unwrap();
            let paths = [bytes_of(&photo).to_vec()];
            let said = export(&paths, folder.to_str().unwrap(), ExportForm::Copies);
            assert!(said.starts_with("copied 1 into "), "{said}");
        }
        for (name, mode) in [(2, 0o600), (3, 0o640), (4, 0o755)] {
            let copy = folder.join(format!("dog ({name}).jpg"));
            let facts = copy.symlink_metadata().unwrap();
            assert!(facts.is_file());
            assert_eq!(facts.permissions().mode() & 0o7777, mode);
            assert_eq!(std::fs::read_to_string(&copy).unwrap(), "dog");
        }
        assert_eq!(std::fs::read_to_string(&valuable).unwrap(), "kept");
        assert!(!place.path().join("nothing").exists());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 5);
    }
}
