//! Puts photos into a folder, as copies or links. Nothing in the folder is replaced and no link in
//! it is followed, because others may be able to write there.

#[cfg(test)]
mod tests;

use crate::effect::{Export, ExportForm};
use crate::folders::{with_home, with_tilde};
use crate::message::Message;
use pixseek_engine::path_of;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

/// Puts photos into a folder, and returns how that went. A folder that does not exist is made only
/// if the user has said so.
pub fn export(export: Export) -> Message {
    let folder = with_home(&export.folder);
    match folder.try_exists() {
        Ok(false) if !export.makes_folder => return Message::NoFolder(export),
        Ok(_) => {}
        Err(error) => return Message::Notice(failed(&error, &folder)),
    }
    if let Err(error) = std::fs::create_dir_all(&folder) {
        return Message::Notice(failed(&error, &folder));
    }
    let (mut done, mut known) = (0, 0);
    let mut first_error = None;
    for path in &export.paths {
        let path = path_of(path);
        match put(&path, &folder, export.form) {
            Ok(Put::New) => done += 1,
            Ok(Put::Known) => known += 1,
            Err(error) => {
                first_error.get_or_insert_with(|| format!("{error}: {}", path.display()));
            }
        }
    }
    let what = match export.form {
        ExportForm::Copies => "copied",
        ExportForm::Links => "linked",
    };
    let mut text = format!("{what} {done} into {}", with_tilde(&folder));
    if known > 0 {
        text = format!("{text}, {known} there already");
    }
    if let Some(error) = first_error {
        let failed = export.paths.len() - done - known;
        text = format!("{failed} failed: {error}; {text}");
    }
    Message::Notice(text)
}

/// The reason comes first, because a path may be longer than the line.
fn failed(error: &io::Error, folder: &Path) -> String {
    format!("cannot use the folder: {error}: {}", folder.display())
}

/// What became of a photo that was put into a folder.
enum Put {
    New,
    /// The folder has the same file, or the same link, under its name.
    Known,
}

fn put(path: &Path, folder: &Path, form: ExportForm) -> io::Result<Put> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    match form {
        ExportForm::Links => {
            // Otherwise a link to a photo that is gone would look like success.
            std::fs::metadata(path)?;
            let is_known =
                |place: &Path| std::fs::read_link(place).is_ok_and(|target| target == path);
            first_free(folder, name, is_known, |place| link(path, place))
        }
        ExportForm::Copies => {
            let is_known = |place: &Path| is_same_file(path, place).unwrap_or(false);
            // The temporary file has a random name, and dropping it removes it.
            let mut builder = tempfile::Builder::new();
            let mut part = builder.prefix(".pixseek-").tempfile_in(folder)?;
            copy(path, part.as_file_mut())?;
            first_free(folder, name, is_known, |place| publish(part.path(), place))
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

/// Whether a photo and what bears its name are files of the same content. What bears it is not
/// followed if it is a link.
fn is_same_file(path: &Path, place: &Path) -> io::Result<bool> {
    let (facts, other) = (path.metadata()?, place.symlink_metadata()?);
    if !other.is_file() || facts.len() != other.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (
        BufReader::new(File::open(path)?),
        BufReader::new(File::open(place)?),
    );
    loop {
        let (from_a, from_b) = (a.fill_buf()?, b.fill_buf()?);
        let length = from_a.len().min(from_b.len());
        if length == 0 {
            return Ok(from_a.len() == from_b.len());
        }
        if from_a[..length] != from_b[..length] {
            return Ok(false);
        }
        a.consume(length);
        b.consume(length);
    }
}

/// Makes a file called `dog.jpg`, or `dog (2).jpg` and so on if the name is taken by something
/// else.
fn first_free(
    folder: &Path,
    name: &OsStr,
    is_known: impl Fn(&Path) -> bool,
    make: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<Put> {
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
        let place = folder.join(free);
        match make(&place) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 10_000 => {
                if is_known(&place) {
                    return Ok(Put::Known);
                }
                number += 1;
            }
            result => return result.map(|()| Put::New),
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
