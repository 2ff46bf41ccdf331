//! Read-only memory maps: the one place of this crate with `unsafe`.

use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// The first `length` bytes of a file.
#[derive(Debug)]
pub(crate) struct Map {
    map: Option<Mmap>,
}

impl Map {
    /// Maps a file that has at least `length` bytes; a shorter one is an error.
    pub(crate) fn open(path: &Path, length: usize) -> std::io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() < length as u64 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "it is cut off"));
        }
        if length == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: the file is only ever appended to, or replaced by a rename, by a writer of
        // this program; published bytes never change and never go. Another program that
        // truncates the file under us ends this process with SIGBUS, as it would any map.
        #[expect(unsafe_code, reason = "memory maps; see SAFETY")]
        let map = unsafe { MmapOptions::new().len(length).map(&file) }?;
        Ok(Self { map: Some(map) })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}
