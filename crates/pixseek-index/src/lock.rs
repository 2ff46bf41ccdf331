//! The writer's lock: an advisory lock of the operating system, which ends with its process
//! however that ends. Readers take none.

use crate::IndexError;
use pixseek_files::{Lock, is_locked, make_folder};
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
    let path = index.join(LOCK);
    is_locked(&path).then(|| holder(&path))
}

fn holder(lock: &Path) -> String {
    let mut holder = String::new();
    // Only words for a person: an unreadable one is an unknown one.
    if let Ok(file) = std::fs::File::open(lock) {
        let _ = file.take(64).read_to_string(&mut holder);
    }
    match holder.trim() {
        "" => "another process".into(),
        pid => format!("process {pid}"),
    }
}

/// Held as long as this lives.
pub(crate) struct WriterLock {
    _lock: Lock,
}

impl WriterLock {
    /// Takes the lock or says who has it.
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
