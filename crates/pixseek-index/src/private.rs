//! Keeps an index private to its owner, and its writer inside the index.
//!
//! Every file and folder is made private. An index may be open to others all the same: it was copied
//! or restored from a backup, or somebody made its folder by hand. Writers close it again, and refuse
//! symbolic links and special files in it: a writer removes files that it does not need, so a link that somebody planted
//! at the place of a folder would cost the user every file that it leads to.

use crate::catalog::CATALOG;
use crate::failures::FAILURES;
use crate::keywords::KEYWORDS;
use crate::lock::LOCK;
use crate::manifest::MANIFEST;
use crate::vectors::VECTORS;
use crate::{Attachment, IndexError};
use crate::{graph, journal, tags};
use std::ffi::OsStr;
use std::path::Path;

/// Takes away everybody else's access to an index. The folder itself is closed if it holds nothing
/// else; one that does, such as a home folder, has a mode that its user has chosen.
///
/// Parts that cannot be closed stay open: they belong to another user, or the file system has no
/// modes. The index works all the same.
///
/// # Errors
///
/// When a part of the index is neither a file nor a folder, or cannot be read.
pub(crate) fn close(index: &Path) -> Result<(), IndexError> {
    let entries = std::fs::read_dir(index)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(IndexError::io("read", index))?;
    let (parts, others): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| is_part(&entry.file_name()));
    if others.is_empty() {
        let _ = pixseek_files::close(index);
    }
    for part in parts.iter().map(std::fs::DirEntry::path) {
        let _ = pixseek_files::close_all(&part);
        // After closing the folders, because others could plant links until then.
        let special = pixseek_files::find_special(&part).map_err(IndexError::io("read", &part))?;
        if let Some(special) = special {
            return Err(IndexError::Special(special));
        }
    }
    Ok(())
}

/// Whether an entry of an index's folder is a part of it, the lock of a part, or a new version of a part
/// that is being written.
fn is_part(name: &OsStr) -> bool {
    let parts = [
        MANIFEST,
        LOCK,
        CATALOG,
        journal::FOLDER,
        VECTORS,
        graph::FOLDER,
        KEYWORDS,
        FAILURES,
        tags::FOLDER,
    ];
    let attachments = Attachment::ALL.map(|attachment| attachment.path(Path::new("")));
    let attachments = attachments.iter().filter_map(|path| path.to_str());
    let Some(name) = name.to_str() else {
        return false;
    };
    let part = match name.strip_prefix('.') {
        Some(rest) => rest
            .strip_suffix(".new")
            .and_then(|rest| rest.rsplit_once('.'))
            .map(|(part, _)| part),
        None => Some(name.strip_suffix(".lock").unwrap_or(name)),
    };
    part.is_some_and(|part| {
        parts
            .into_iter()
            .chain(attachments)
            .any(|known| known == part)
    })
}

#[cfg(test)]
mod tests {
    use super::is_part;

    #[test]
    fn files_beside_an_index_are_not_parts_of_it() {
        for part in [
            "MANIFEST",
            "LOCK",
            "vectors",
            "tags.lock",
            "calibration",
            ".failures.jsonl.x7Yz.new",
        ] {
            assert!(is_part(part.as_ref()), "{part}");
        }
        for other in [
            "photos",
            "Cargo.lock",
            ".ssh",
            ".x.new",
            "MANIFEST.in",
            ".MANIFEST",
        ] {
            assert!(!is_part(other.as_ref()), "{other}");
        }
    }
}
