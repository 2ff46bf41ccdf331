//! Exports photos into a folder, as copies or links. It replaces no file and follows no link in
//! that folder, because others may be able to write there.

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

/// Exports photos, and returns a notice. It creates a missing folder only if the user agreed;
/// otherwise it returns the message that asks.
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

/// Puts the reason first, because the path may be longer than the line.
fn failed(error: &io::Error, folder: &Path) -> String {
    format!("cannot use the folder: {error}: {}", folder.display())
}

/// The outcome for one photo of an export.
enum Put {
    New,
    /// The folder already has the same file, or the same link, under the photo's name.
    Known,
}

fn put(path: &Path, folder: &Path, form: ExportForm) -> io::Result<Put> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    match form {
        ExportForm::Links => {
            // Without this check, a link to a missing photo would look like success.
            std::fs::metadata(path)?;
            let is_known =
                |place: &Path| std::fs::read_link(place).is_ok_and(|target| target == path);
            first_free(folder, name, is_known, |place| link(path, place))
        }
        ExportForm::Copies => {
            let is_known = |place: &Path| is_same_file(path, place).unwrap_or(false);
            // The temporary file has a random name, so nobody can foresee it. Dropping it removes
            // it.
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
    // A copy with the wrong date is better than none.
    if let Ok(modified) = facts.modified() {
        let _ = to.set_modified(modified);
    }
    to.sync_all()
}

/// Keeps the permission bits for reading, writing and executing. Drops set-user-id, so that a copy
/// never runs as another user.
#[cfg(unix)]
fn mode(of: &Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    Permissions::from_mode(of.mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(of: &Permissions) -> Permissions {
    of.clone()
}

/// Renames a complete file to its final name, unless that name is taken. The temporary name may
/// remain until the caller drops the file.
fn publish(part: &Path, place: &Path) -> io::Result<()> {
    match std::fs::hard_link(part, place) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // The file system has no hard links. `symlink_metadata` also detects dangling links.
        Err(_) if place.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(part, place),
    }
}

/// Whether a photo and the file at `place` have the same content. Does not follow a link at
/// `place`.
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

/// Creates a file called `dog.jpg`, or `dog (2).jpg` and so on if another file has that name.
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
