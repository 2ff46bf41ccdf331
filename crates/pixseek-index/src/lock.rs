//! The writer's lock: an advisory lock of the operating system, which ends with its process
//! however that ends. Readers take none.

use crate::IndexError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

pub(crate) const LOCK: &str = "LOCK";

/// Held as long as this lives.
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock or says who has it.
    pub(crate) fn take(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(LOCK);
        std::fs::create_dir_all(index).map_err(IndexError::io("create", index))?;
        let io = |action| IndexError::io(action, &path);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only words for a person: an unreadable one is an unknown one.
                let _ = Read::by_ref(&mut file).take(64).read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".into(),
                    pid => format!("process {pid}"),
                };
                return Err(IndexError::Locked {
                    index: index.into(),
                    holder,
                });
            }
            Err(TryLockError::Error(source)) => return Err(io("lock")(source)),
        }
        file.set_len(0).map_err(io("write"))?;
        file.rewind().map_err(io("write"))?;
        write!(file, "{}", std::process::id()).map_err(io("write"))?;
        Ok(Self { _file: file })
    }
}
