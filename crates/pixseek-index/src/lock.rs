//! The writer's lock: an advisory lock of the operating system, which ends with its process
//! however that ends. Readers take none.

use crate::IndexError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

pub(crate) const LOCK: &str = "LOCK";

/// Someone who only looks whether it is held has it for a moment.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// The process that writes to an index now, in words; `None` when none does.
#[must_use]
pub fn writing_process(index: &Path) -> Option<String> {
    let mut file = File::open(index.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(holder(&mut file)),
        // The lock goes with the file.
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn holder(file: &mut File) -> String {
    let mut holder = String::new();
    // Only words for a person: an unreadable one is an unknown one.
    let _ = file.take(64).read_to_string(&mut holder);
    match holder.trim() {
        "" => "another process".into(),
        pid => format!("process {pid}"),
    }
}

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
        let mut tries = 0..TRIES;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries.next().is_some() => {
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(IndexError::Locked {
                        index: index.into(),
                        holder: holder(&mut file),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(io("lock")(source)),
            }
        }
        file.set_len(0).map_err(io("write"))?;
        file.rewind().map_err(io("write"))?;
        write!(file, "{}", std::process::id()).map_err(io("write"))?;
        Ok(Self { _file: file })
    }
}
