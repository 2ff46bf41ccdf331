//! Small files beside an index that its users keep there: replaced whole, with a checksum,
//! and no part of what is published.

use crate::{IndexError, checked};
use pixseek_files::Lock;
use std::path::{Path, PathBuf};

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// What scores are measured against; made again when it is missing.
    Calibration,
    /// Names that were taught.
    Names,
    /// Queries that were saved.
    Saved,
    /// What was learned about its owner's words; made again by `pixseek-train`.
    Adapter,
}

impl Attachment {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Calibration, Self::Names, Self::Saved, Self::Adapter];

    /// Where it lies.
    #[must_use]
    pub fn path(self, index: &Path) -> PathBuf {
        index.join(match self {
            Self::Calibration => "calibration",
            Self::Names => "names",
            Self::Saved => "saved",
            Self::Adapter => "adapter",
        })
    }

    /// Its content; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or its checksum is wrong.
    pub fn read(self, index: &Path) -> Result<Option<Vec<u8>>, IndexError> {
        let path = self.path(index);
        checked::read_bytes(index, &path).map_err(|error| match error {
            IndexError::Damaged { path, what, .. } => IndexError::DamagedAttachment {
                path,
                what,
                attachment: self,
            },
            other => other,
        })
    }

    /// Replaces it: after a crash there is the old content or the new one. Who is not the
    /// index's writer holds [`Attachment::lock`].
    ///
    /// # Errors
    ///
    /// When there is no index, or a write fails.
    pub fn replace(self, index: &Path, content: &[u8]) -> Result<(), IndexError> {
        if !index.join(crate::manifest::MANIFEST).exists() {
            return Err(IndexError::Absent(index.into()));
        }
        checked::replace_bytes(&self.path(index), content)
    }

    /// Takes it away, if it is there.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn remove(self, index: &Path) -> Result<(), IndexError> {
        let path = self.path(index);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(IndexError::io("remove", &path)),
        }
    }

    /// Waits until no other process changes it: held from reading it to replacing it.
    ///
    /// # Errors
    ///
    /// When there is no index, or it cannot be locked.
    pub fn lock(self, index: &Path) -> Result<Lock, IndexError> {
        if !index.join(crate::manifest::MANIFEST).exists() {
            return Err(IndexError::Absent(index.into()));
        }
        let path = self.path(index).with_extension("lock");
        Lock::wait(&path).map_err(IndexError::io("lock", &path))
    }
}
