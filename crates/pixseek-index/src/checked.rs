//! Small files that are replaced as a whole and end with their own checksum: a line `crc32
//! xxxxxxxx` over all bytes before the newline in front of that line.

use crate::IndexError;
use pixseek_files::{NewFile, remove_unfinished};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Bytes of the checksum line, including the newlines around it.
const LINE_BYTES: usize = "\ncrc32 xxxxxxxx\n".len();

/// Reads a file and removes its checksum; `None` if there is no file.
pub(crate) fn read(index: &Path, path: &Path) -> Result<Option<String>, IndexError> {
    let bytes = read_bytes(index, path)?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| damaged(index, path, "it is not text"))
}

/// As [`read`], for any content.
pub(crate) fn read_bytes(index: &Path, path: &Path) -> Result<Option<Vec<u8>>, IndexError> {
    let mut bytes = match pixseek_files::read_regular(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(IndexError::Io {
                action: "read",
                path: path.into(),
                source,
            });
        }
    };
    let end = bytes
        .len()
        .checked_sub(LINE_BYTES)
        .ok_or_else(|| damaged(index, path, "it is cut off"))?;
    if bytes[end..] != *checksum_line(&bytes[..end]).as_bytes() {
        return Err(damaged(index, path, "its checksum is wrong"));
    }
    bytes.truncate(end);
    Ok(Some(bytes))
}

/// Replaces a file by a rename. The caller must hold the lock that its writers share, because this
/// also removes the unfinished file of a writer that was killed.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), IndexError> {
    replace_bytes(path, content.as_bytes())
}

/// As [`replace`], for any content.
pub(crate) fn replace_bytes(path: &Path, content: &[u8]) -> Result<(), IndexError> {
    remove_unfinished(path);
    let replace = || {
        let mut new = NewFile::beside(path)?;
        new.file().write_all(content)?;
        new.file().write_all(checksum_line(content).as_bytes())?;
        new.put_in_place()
    };
    replace().map_err(IndexError::io("replace", path))
}

pub(crate) fn damaged(index: &Path, path: &Path, what: &str) -> IndexError {
    IndexError::Damaged {
        path: path.into(),
        what: what.into(),
        index: index.into(),
    }
}

fn checksum_line(content: &[u8]) -> String {
    format!("\ncrc32 {:08x}\n", crc32fast::hash(content))
}
