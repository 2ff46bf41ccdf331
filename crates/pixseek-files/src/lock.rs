//! Advisory locks of the operating system. A lock ends with its process, even if that is killed.

use crate::private::{open_or_create, open_regular};
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// A lock that ends when the value is dropped. Its file stays: if it were removed, two processes could
/// hold locks on two files of the same name.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Waits until no other process holds the lock at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or the system cannot lock it.
    pub fn wait(path: &Path) -> io::Result<Self> {
        let file = open_or_create(path)?;
        file.lock()?;
        Ok(Self { file })
    }

    /// Takes the lock at `path`; `None` when another process holds it.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or the system cannot lock it.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = open_or_create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }

    /// The file, in which the holder may write who it is.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

/// Whether a process holds the lock at `path`. Asking takes a shared lock for a moment, in which
/// [`Lock::take`] fails.
#[must_use]
pub fn is_locked(path: &Path) -> bool {
    let locked = open_regular(path).map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::{Lock, is_locked};

    #[test]
    fn only_one_holder_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_locked(&path));
        let held = Lock::take(&path).unwrap().unwrap();
        assert!(is_locked(&path) && Lock::take(&path).unwrap().is_none());
        drop(held);
        assert!(!is_locked(&path));
        drop(Lock::wait(&path).unwrap());
        assert!(Lock::take(&path).unwrap().is_some());
    }
}
