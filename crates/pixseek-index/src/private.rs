//! Who may read an index: its owner.
//!
//! Every file and folder is made private. An index can come to be open to others all the same: it
//! was copied or restored from a backup, or its folder was made by hand. Writers close it again.

use crate::Attachment;
use crate::catalog::CATALOG;
use crate::failures::FAILURES;
use crate::keywords::KEYWORDS;
use crate::lock::LOCK;
use crate::manifest::MANIFEST;
use crate::vectors::VECTORS;
use crate::{graph, journal, tags};
use std::ffi::OsStr;
use std::path::Path;

/// Takes away everybody else's access to an index. The folder itself is closed if it holds nothing
/// else; one that does, such as a home folder, has a mode that its user has chosen.
///
/// What cannot be closed stays as it is: it belongs to another user, or its file system has no
/// modes, and then the index works as before.
pub(crate) fn close(index: &Path) {
    let mut has_others = false;
    for entry in std::fs::read_dir(index).into_iter().flatten().flatten() {
        if is_ours(&entry.file_name()) {
            let _ = pixseek_files::close_all(&entry.path());
        } else {
            has_others = true;
        }
    }
    if !has_others {
        let _ = pixseek_files::close(index);
    }
}

/// Whether an entry of an index's folder is a part of it, its lock, or a part on its way there.
fn is_ours(name: &OsStr) -> bool {
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
    part.is_some_and(|part| parts.into_iter().chain(attachments).any(|own| own == part))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn what_lies_beside_an_index_is_not_ours() {
        for ours in [
            "MANIFEST",
            "LOCK",
            "vectors",
            "tags.lock",
            "calibration",
            ".failures.jsonl.x7Yz.new",
        ] {
            assert!(is_ours(ours.as_ref()), "{ours}");
        }
        for other in [
            "photos",
            "Cargo.lock",
            ".ssh",
            ".x.new",
            "MANIFEST.in",
            ".MANIFEST",
        ] {
            assert!(!is_ours(other.as_ref()), "{other}");
        }
    }
}
