//! Advisory locks of the operating system: they end with their process, however that ends.

use crate::private::options;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// A lock that is held as long as this lives. Its file stays: removing it would let two processes
/// hold a lock of one name.
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
        let file = open(path)?;
        file.lock()?;
        Ok(Self { file })
    }

    /// Takes the lock at `path`; `None` when another process holds it.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or the system cannot lock it.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }

    /// The file, in which the holder may leave word of itself.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

/// Whether a process holds the lock at `path`. Whoever asks has a part in it for a moment, in which
/// [`Lock::take`] fails.
#[must_use]
pub fn is_locked(path: &Path) -> bool {
    let locked = File::open(path).map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(TryLockError::WouldBlock)))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = options();
    let options = options.read(true).write(true).create(true).truncate(false);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::{Lock, is_locked};

    #[test]
    fn one_at_a_time() {
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
