//! The catalog, a sled database: the source from which everything else can be made. Only the writer
//! opens it, because sled locks its folder.
//!
//! Trees: `photos` and `failures` by path, `contents` from hash to rows, `roots` with their
//! settings, `forgotten` (paths that runs must not index again), `pending` (paths whose keywords
//! are not published yet), `arrivals` (new paths of known content) and `meta`. Values are postcard.
//!
//! Closing the catalog writes a seal: the checksums of sled's files. They are checked before sled
//! opens the files again. After a kill there is no seal, and sled's own recovery decides.

mod apply;
mod epochs;
mod family;
mod meta;
mod seal;
mod trees;

pub(crate) use apply::{Counts, KeywordState, Transaction};
pub(crate) use epochs::{epochs, folder, is_sealed, remove, remove_others};
pub(crate) use seal::path as seal_path;

use crate::root::RootRecord;
use crate::{
    FailureRecord, IndexError, PhotoRecord, Root, RowSet, Rows, Stamp, StoredVersion, checked,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sled::Tree;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use trees::{Sled, Trees, open_trees};

pub(crate) const CATALOG: &str = "catalog";

#[derive(Clone)]
pub(crate) struct Catalog {
    index: PathBuf,
    epoch: u64,
    path: PathBuf,
    sled: Arc<Sled>,
}

impl Catalog {
    /// Opens the catalog of an epoch. Makes an empty one if there is none.
    pub(crate) fn open(index: &Path, epoch: u64) -> Result<Self, IndexError> {
        let path = folder(index, epoch);
        seal::break_open(index, &path)?;
        // sled makes folders and files with the umask's modes. The mode of this folder protects the
        // files until they are sealed.
        pixseek_files::make_folder(&path).map_err(IndexError::io("create", &path))?;
        let damaged = |what: &str| checked::damaged(index, &path, what);
        // sled panics on some kinds of damage. In a thread of its own the panic can be caught.
        let opened = std::thread::Builder::new()
            .name("catalog".into())
            .spawn({
                let path = path.clone();
                move || open_trees(&path)
            })
            .map(std::thread::JoinHandle::join);
        let trees = match opened {
            Ok(Ok(Ok(trees))) => trees,
            Ok(Ok(Err(sled::Error::Corruption { .. }))) => {
                return Err(damaged("sled finds it corrupt"));
            }
            Ok(Ok(Err(error))) => {
                let source = error.into();
                return Err(IndexError::Catalog { path, source });
            }
            Ok(Err(_)) => return Err(damaged("sled cannot read it")),
            Err(source) => {
                return Err(IndexError::Io {
                    action: "open",
                    path,
                    source,
                });
            }
        };
        let catalog = Self {
            index: index.into(),
            epoch,
            path,
            sled: Arc::new(Sled::new(trees)),
        };
        // Sync the folders before anything in them counts.
        for folder in [&catalog.path, &index.join(CATALOG), &index.to_path_buf()] {
            pixseek_files::sync_folder(folder).map_err(|source| IndexError::Io {
                action: "sync",
                path: folder.clone(),
                source,
            })?;
        }
        Ok(catalog)
    }

    fn sled(&self) -> &Trees {
        let trees = self.sled.trees.as_ref();
        trees.expect("the trees are there until they are dropped")
    }

    /// Closes sled and writes the seal. Writes none if another `Arc` still holds the database.
    pub(crate) fn close(self) -> Result<(), IndexError> {
        let (index, path) = (self.index.clone(), self.path.clone());
        self.flush()?;
        let is_broken = Arc::clone(&self.sled.is_broken);
        drop(self);
        if is_broken.load(Ordering::Relaxed) {
            return Err(checked::damaged(&index, &path, "sled could not close it"));
        }
        seal::seal(&index, &path)
    }

    /// Closes sled without a seal: a seal would declare a catalog undamaged that has lost data.
    /// Ignores errors, because the caller removes the files next.
    pub(crate) fn discard(self) {
        let path = self.path.clone();
        drop(self);
        let _ = seal::is_closed(&path);
    }

    /// Syncs all changes to the disk. sled's flush is not enough: on Linux it calls
    /// `sync_file_range`, which does not flush the disk's cache. So this also syncs the file.
    pub(crate) fn flush(&self) -> Result<(), IndexError> {
        self.sled().db.flush().map_err(|e| self.failed(e))?;
        let path = self.path.join("db");
        std::fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|file| file.sync_all())
            .map_err(|source| IndexError::Io {
                action: "sync",
                path,
                source,
            })
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn rows_of(&self, content: &[u8; 32]) -> Result<Option<Rows>, IndexError> {
        let value = self
            .sled()
            .contents
            .get(content)
            .map_err(|e| self.failed(e))?;
        value.map(|value| self.decode(&value)).transpose()
    }

    pub(crate) fn photo(&self, path: &[u8]) -> Result<Option<PhotoRecord>, IndexError> {
        let value = self.sled().photos.get(path).map_err(|e| self.failed(e))?;
        value.map(|value| self.decode(&value)).transpose()
    }

    pub(crate) fn failure(&self, path: &[u8]) -> Result<Option<FailureRecord>, IndexError> {
        let value = self.sled().failures.get(path).map_err(|e| self.failed(e))?;
        value.map(|value| self.decode(&value)).transpose()
    }

    /// Photos at `root` and below it, sorted by path.
    pub(crate) fn photos_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, PhotoRecord), IndexError>> + '_ {
        self.below(&self.sled().photos, root, |value| {
            postcard::from_bytes(value)
        })
    }

    /// Failures at `root` and below it, sorted by path.
    pub(crate) fn failures_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, FailureRecord), IndexError>> + '_ {
        self.below(&self.sled().failures, root, |value| {
            postcard::from_bytes(value)
        })
    }

    /// All contents and their rows, by hash.
    pub(crate) fn contents(
        &self,
    ) -> impl Iterator<Item = Result<([u8; 32], Rows), IndexError>> + '_ {
        self.sled().contents.iter().map(|entry| {
            let (key, value) = entry.map_err(|e| self.failed(e))?;
            let hash = key.as_ref().try_into();
            let hash = hash.map_err(|_| self.damaged("a hash is not 32 bytes"))?;
            Ok((hash, self.decode(&value)?))
        })
    }

    /// Removes contents.
    pub(crate) fn remove_contents(&self, hashes: &[[u8; 32]]) -> Result<(), IndexError> {
        let mut batch = sled::Batch::default();
        for hash in hashes {
            batch.remove(hash);
        }
        self.sled()
            .contents
            .apply_batch(batch)
            .map_err(|e| self.failed(e))?;
        self.flush()
    }

    /// The rows that have a photo.
    pub(crate) fn live_rows(&self) -> Result<RowSet, IndexError> {
        let mut live = RowSet::default();
        for entry in self.photos_below(b"") {
            live.extend(entry?.1.rows.iter());
        }
        Ok(live)
    }

    /// The new paths at which a file of known content was found since the last complete run over
    /// all roots.
    pub(crate) fn arrivals(
        &self,
        content: &[u8; 32],
        identity: u64,
    ) -> impl Iterator<Item = Result<Vec<u8>, IndexError>> + '_ {
        let prefix = apply::arrival_prefix(content, identity);
        let keys = self.sled().arrivals.scan_prefix(&prefix).keys();
        keys.map(move |key| {
            let key = key.map_err(|e| self.failed(e))?;
            Ok(key[prefix.len()..].to_vec())
        })
    }

    pub(crate) fn has_arrivals(&self) -> bool {
        !self.sled().arrivals.is_empty()
    }

    pub(crate) fn clear_arrivals(&self) -> Result<(), IndexError> {
        self.sled().arrivals.clear().map_err(|e| self.failed(e))?;
        self.flush()
    }

    pub(crate) fn roots(&self) -> Result<Vec<Root>, IndexError> {
        self.sled()
            .roots
            .iter()
            .map(|entry| {
                let (key, value) = entry.map_err(|e| self.failed(e))?;
                let record: RootRecord = self.decode(&value)?;
                Ok(record.at(key.to_vec()))
            })
            .collect()
    }

    /// Forgotten paths, which runs must not index again.
    pub(crate) fn forgotten(&self) -> Result<Vec<Vec<u8>>, IndexError> {
        let keys = self.sled().forgotten.iter().keys();
        keys.map(|key| key.map(|key| key.to_vec()).map_err(|e| self.failed(e)))
            .collect()
    }

    /// Paths whose keywords are not published yet.
    pub(crate) fn pending(&self) -> impl Iterator<Item = Result<Vec<u8>, IndexError>> + '_ {
        self.sled()
            .pending
            .iter()
            .keys()
            .map(|key| key.map(|key| key.to_vec()).map_err(|e| self.failed(e)))
    }

    pub(crate) fn is_pending(&self, path: &[u8]) -> Result<bool, IndexError> {
        let pending = &self.sled().pending;
        pending.contains_key(path).map_err(|e| self.failed(e))
    }

    pub(crate) fn clear_pending(&self) -> Result<(), IndexError> {
        self.sled().pending.clear().map_err(|e| self.failed(e))
    }

    pub(crate) fn photo_versions_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, StoredVersion), IndexError>> + '_ {
        self.below(&self.sled().photos, root, |value| {
            // The first fields of a `PhotoRecord`.
            let ((_, _, stamp, offline), _): ((Rows, [u8; 32], Stamp, bool), _) =
                postcard::take_from_bytes(value)?;
            Ok(StoredVersion { stamp, offline })
        })
    }

    pub(crate) fn failure_versions_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, StoredVersion), IndexError>> + '_ {
        self.below(&self.sled().failures, root, |value| {
            let (stamp, _) = postcard::take_from_bytes(value)?;
            Ok(StoredVersion {
                stamp,
                offline: false,
            })
        })
    }

    /// The records at `root` and below it: keys that are `root`, or begin with `root` and a slash.
    fn below<T>(
        &self,
        tree: &Tree,
        root: &[u8],
        decode: fn(&[u8]) -> postcard::Result<T>,
    ) -> impl Iterator<Item = Result<(Vec<u8>, T), IndexError>> + '_
    where
        T: 'static,
    {
        let mut prefix = root.to_vec();
        if prefix.last() != Some(&b'/') && !prefix.is_empty() {
            prefix.push(b'/');
        }
        tree.range(root..=root)
            .chain(tree.scan_prefix(prefix))
            .map(move |entry| {
                let (key, value) = entry.map_err(|e| self.failed(e))?;
                let value = decode(&value).map_err(|error| self.damaged(&error.to_string()))?;
                Ok((key.to_vec(), value))
            })
    }

    fn decode<T: DeserializeOwned>(&self, value: &[u8]) -> Result<T, IndexError> {
        postcard::from_bytes(value).map_err(|error| self.damaged(&error.to_string()))
    }

    fn number(&self, value: &[u8]) -> Result<u32, IndexError> {
        value
            .try_into()
            .map(u32::from_be_bytes)
            .map_err(|_| self.damaged("a row number is not four bytes"))
    }

    pub(crate) fn damaged(&self, what: &str) -> IndexError {
        checked::damaged(&self.index, &self.path, what)
    }

    fn failed(&self, source: sled::Error) -> IndexError {
        if matches!(source, sled::Error::Corruption { .. }) {
            return self.damaged("sled finds it corrupt");
        }
        IndexError::Catalog {
            path: self.path.clone(),
            source: source.into(),
        }
    }
}

fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    postcard::to_stdvec(record).expect("records are plain data, which postcard always encodes")
}
