//! Implements tantivy's `Directory` over published files.
//!
//! tantivy's commit point, `meta.json`, is not a file here but a part of `MANIFEST`: so keywords
//! and vectors become visible at the same moment, and files that were written but not published do
//! not count. Files are checked against the checksums in `MANIFEST` when they are read. Files are
//! only deleted after the next publication, and readers write nothing, not even locks.

use crate::chunks::{CheckedMap, sums};
use crate::manifest::{FileEntry, KeywordsEntry};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};
use tantivy::index::{SegmentComponent, SegmentMeta};

const META: &str = "meta.json";
/// Bytes of a chunk. tantivy reads blocks of 16 KiB and short lists: each read checks one or two
/// chunks.
const CHUNK_BYTES: usize = 64 << 10;

/// The published files, and those that a writer adds.
#[derive(Debug, Clone)]
pub(super) struct KeywordFolder {
    path: PathBuf,
    /// All published files, mapped. They are opened together, because a writer may remove them
    /// later.
    published: Arc<HashMap<String, (FileEntry, Arc<CheckedMap>)>>,
    /// The content of `meta.json` and other files that tantivy replaces as a whole.
    texts: Arc<Mutex<HashMap<PathBuf, Vec<u8>>>>,
}

impl KeywordFolder {
    /// Opens the published files; `None` begins an empty folder.
    ///
    /// # Errors
    ///
    /// The file that cannot be opened, and the reason.
    pub(super) fn open(
        path: PathBuf,
        entry: Option<&KeywordsEntry>,
    ) -> Result<Self, (PathBuf, Error)> {
        let mut published = HashMap::new();
        for file in entry.iter().flat_map(|entry| &entry.files) {
            let map = map(&path, file).map_err(|error| (path.join(&file.name), error))?;
            published.insert(file.name.clone(), (file.clone(), Arc::new(map)));
        }
        let meta = entry.map(|entry| (PathBuf::from(META), entry.meta.clone().into_bytes()));
        Ok(Self {
            path,
            published: Arc::new(published),
            texts: Arc::new(Mutex::new(meta.into_iter().collect())),
        })
    }

    /// Checks every published file against its checksums.
    pub(super) fn check(&self) -> Result<(), (PathBuf, Error)> {
        self.published.iter().try_for_each(|(name, (_, map))| {
            map.check_all()
                .map_err(|error| (self.path.join(name), error))
        })
    }

    /// The entry of `MANIFEST` for the last commit, which has these segments.
    pub(super) fn entry(&self, segments: &[SegmentMeta]) -> std::io::Result<KeywordsEntry> {
        let mut entries = Vec::new();
        for file in std::fs::read_dir(&self.path)? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            // All files of a segment begin with its name. Only its last file of deletions counts.
            let is_live = segments.iter().any(|segment| {
                name.starts_with(&segment.id().uuid_string())
                    && (Path::new(&name).extension() != Some("del".as_ref())
                        || Path::new(&name) == segment.relative_path(SegmentComponent::Delete))
            });
            if !is_live {
                continue;
            }
            if let Some((known, _)) = self.published.get(&name) {
                entries.push(known.clone());
                continue;
            }
            let bytes = std::fs::read(file.path())?;
            entries.push(FileEntry {
                name,
                bytes: bytes.len() as u64,
                crcs: sums(&bytes, CHUNK_BYTES),
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let meta = self.text(Path::new(META)).unwrap_or_default();
        Ok(KeywordsEntry {
            meta: String::from_utf8_lossy(&meta).into_owned(),
            files: entries,
        })
    }

    fn text(&self, path: &Path) -> Option<Vec<u8>> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(path).cloned()
    }

    fn map(&self, name: &Path) -> std::io::Result<Arc<CheckedMap>> {
        if let Some((_, map)) = name.to_str().and_then(|name| self.published.get(name)) {
            return Ok(Arc::clone(map));
        }
        // A file that this process has just written.
        let path = self.path.join(name);
        let bytes = std::fs::read(&path)?;
        let sums = sums(&bytes, CHUNK_BYTES);
        CheckedMap::open(&path, bytes.len(), CHUNK_BYTES, sums).map(Arc::new)
    }
}

fn map(folder: &Path, file: &FileEntry) -> std::io::Result<CheckedMap> {
    let length = usize::try_from(file.bytes)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "it is too large"))?;
    CheckedMap::open(
        &folder.join(&file.name),
        length,
        CHUNK_BYTES,
        file.crcs.clone(),
    )
}

/// Removes the files that the publication does not name.
pub(super) fn remove_others(path: &Path, entry: &KeywordsEntry) {
    let keep: Vec<&str> = entry.files.iter().map(|file| file.name.as_str()).collect();
    for file in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let name = file.file_name();
        if name.to_str().is_none_or(|name| !keep.contains(&name)) {
            // The next publication tries again.
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// A mapped file. Reads copy their bytes, which are few: tantivy reads blocks and lists, not files.
#[derive(Debug)]
struct Handle(Arc<CheckedMap>);

impl HasLen for Handle {
    fn len(&self) -> usize {
        self.0.len()
    }
}

impl FileHandle for Handle {
    fn read_bytes(&self, range: Range<usize>) -> std::io::Result<OwnedBytes> {
        self.0
            .bytes(range)
            .map(|bytes| OwnedBytes::new(bytes.to_vec()))
    }
}

/// A new file, which is synced when tantivy ends it.
struct Output(File);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl TerminatingWrite for Output {
    fn terminate_ref(&mut self, _: AntiCallToken) -> std::io::Result<()> {
        self.0.sync_all()
    }
}

impl Directory for KeywordFolder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.map(path) {
            Ok(map) => Ok(Arc::new(Handle(map))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(OpenReadError::FileDoesNotExist(path.into()))
            }
            Err(error) => Err(OpenReadError::wrap_io_error(error, path.into())),
        }
    }

    fn delete(&self, _: &Path) -> Result<(), DeleteError> {
        // See `remove_others`.
        Ok(())
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(self.text(path).is_some() || self.path.join(path).exists())
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let file = pixseek_files::create(&self.path.join(path))
            .map_err(|error| OpenWriteError::wrap_io_error(error, path.into()))?;
        Ok(BufWriter::new(Box::new(Output(file))))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.text(path)
            .ok_or_else(|| OpenReadError::FileDoesNotExist(path.into()))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> std::io::Result<()> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(path.into(), data.into());
        Ok(())
    }

    fn sync_directory(&self) -> std::io::Result<()> {
        pixseek_files::sync_folder(&self.path)
    }

    fn acquire_lock(&self, _: &Lock) -> Result<DirectoryLock, LockError> {
        // The index has its own lock for writers, and readers have mapped their files.
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}
