//! Small text files that are replaced whole and carry their own checksum: the text, then a
//! line `crc32 xxxxxxxx` over all bytes before that line's newline.

use crate::IndexError;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Reads a file and takes its checksum off; `None` when there is no file.
pub(crate) fn read(index: &Path, path: &Path) -> Result<Option<String>, IndexError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(damaged(index, path, "it is not text"));
        }
        Err(source) => {
            return Err(IndexError::Io {
                action: "read",
                path: path.into(),
                source,
            });
        }
    };
    let (content, checksum) = text
        .strip_suffix('\n')
        .and_then(|text| text.rsplit_once('\n'))
        .ok_or_else(|| damaged(index, path, "it is cut off"))?;
    if checksum != checksum_line(content) {
        return Err(damaged(index, path, "its checksum is wrong"));
    }
    Ok(Some(content.into()))
}

/// Replaces a file: written beside it, synced, renamed, the folder synced.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), IndexError> {
    let new = path.with_extension("new");
    let replace = || {
        let mut file = File::create(&new)?;
        write!(file, "{content}\n{}\n", checksum_line(content))?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    replace().map_err(|source| {
        // On a full disk its room is better used.
        let _ = std::fs::remove_file(&new);
        IndexError::Io {
            action: "replace",
            path: path.into(),
            source,
        }
    })
}

/// Makes names in a folder last. Windows has no such call and needs none.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

pub(crate) fn damaged(index: &Path, path: &Path, what: &str) -> IndexError {
    IndexError::Damaged {
        path: path.into(),
        what: what.into(),
        index: index.into(),
    }
}

fn checksum_line(content: &str) -> String {
    format!("crc32 {:08x}", crc32fast::hash(content.as_bytes()))
}
