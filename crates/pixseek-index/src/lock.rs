//! The writer's lock: an advisory lock of the operating system, which ends with its process even if
//! that is killed. Readers take no lock.

use crate::IndexError;
use pixseek_files::{Lock, is_locked, make_folder};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

pub(crate) const LOCK: &str = "LOCK";

/// [`writing_process`] holds the lock for a moment, so a failure is tried again.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// The process that is writing to an index, in words; `None` if there is none.
#[must_use]
pub fn writing_process(index: &Path) -> Option<String> {
    let path = index.join(LOCK);
    is_locked(&path).then(|| holder(&path))
}

fn holder(lock: &Path) -> String {
    let mut holder = String::new();
    // The file only names the process for people, so it may as well be unreadable.
    if let Ok(file) = pixseek_files::open_regular(lock) {
        let _ = file.take(64).read_to_string(&mut holder);
    }
    match holder.trim() {
        "" => "another process".into(),
        pid => format!("process {pid}"),
    }
}

/// Holds the lock until it is dropped.
pub(crate) struct WriterLock {
    _lock: Lock,
}

impl WriterLock {
    /// Takes the lock. The error names the process that has it.
    pub(crate) fn take(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(LOCK);
        make_folder(index).map_err(IndexError::io("create", index))?;
        let mut tries = 0..TRIES;
        let mut lock = loop {
            let taken = Lock::take(&path).map_err(IndexError::io("lock", &path))?;
            match taken {
                Some(lock) => break lock,
                None if tries.next().is_some() => std::thread::sleep(PAUSE),
                None => {
                    return Err(IndexError::Locked {
                        index: index.into(),
                        holder: holder(&path),
                    });
                }
            }
        };
        let file = lock.file();
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()))
            .map_err(IndexError::io("write", &path))?;
        Ok(Self { _lock: lock })
    }
}
