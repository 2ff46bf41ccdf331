//! Small files that belong to an index but not to its publications. Each is replaced as a whole and
//! has a checksum.

use crate::{IndexError, checked};
use pixseek_files::Lock;
use std::path::{Path, PathBuf};

/// One of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// The statistics of the library that scores are computed with. Made again when missing.
    Calibration,
    /// Names of people and things, with vectors that stand for them.
    Names,
    /// Saved queries.
    Saved,
    /// A correction of text vectors, trained on the owner's words.
    Adapter,
    /// Labels that a person gave to photos.
    Given,
}

impl Attachment {
    /// All attachments.
    pub const ALL: [Self; 5] = [
        Self::Calibration,
        Self::Names,
        Self::Saved,
        Self::Adapter,
        Self::Given,
    ];

    /// The path of its file.
    #[must_use]
    pub fn path(self, index: &Path) -> PathBuf {
        index.join(match self {
            Self::Calibration => "calibration",
            Self::Names => "names",
            Self::Saved => "saved",
            Self::Adapter => "adapter",
            Self::Given => "given",
        })
    }

    /// Reads its content; `None` if there is no file.
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

    /// Replaces its content. After a crash the file has the old content or the new one. Callers
    /// other than the index's writer must hold [`Attachment::lock`].
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

    /// Removes its file, if there is one.
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

    /// Waits until no other process holds the lock. Hold it from reading the content to replacing
    /// it.
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
