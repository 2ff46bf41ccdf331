//! The catalog: sled, the truth. Only the writer opens it, because sled locks its folder.
//!
//! Trees: `photos` and `failures` by path, `contents` from hash to row, `roots`, `pending`
//! (paths whose keywords are not published yet) and `meta`. Values are postcard.

use crate::{FailureRecord, IndexError, PhotoRecord, RowId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sled::transaction::{ConflictableTransactionError, TransactionError};
use sled::{Transactional, Tree};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const CATALOG: &str = "catalog";

const ROWS: &[u8] = b"rows";
const COUNTS: &[u8] = b"counts";
const FINGERPRINT: &[u8] = b"fingerprint";

/// sled's page cache; its default of 1 GiB is a desktop's memory, not a search tool's.
const CACHE_BYTES: u64 = 32 << 20;

/// Half a second in all.
const UNLOCK_TRIES: u32 = 50;
const UNLOCK_WAIT: Duration = Duration::from_millis(10);

#[derive(Clone)]
pub(crate) struct Catalog {
    index: PathBuf,
    path: PathBuf,
    db: sled::Db,
    photos: Tree,
    failures: Tree,
    contents: Tree,
    roots: Tree,
    pending: Tree,
    meta: Tree,
}

/// How many paths there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub photos: u64,
    pub offline: u64,
    pub failures: u64,
}

/// One transaction's worth of changes; paths are bytes.
#[derive(Default)]
pub(crate) struct Changes {
    pub contents: Vec<([u8; 32], RowId)>,
    pub photos: Vec<(Vec<u8>, PhotoRecord)>,
    pub failures: Vec<(Vec<u8>, FailureRecord)>,
    pub removed: Vec<Vec<u8>>,
    /// Rows of the vector file after this.
    pub rows: u32,
}

impl Catalog {
    pub(crate) fn open(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(CATALOG);
        let open = || {
            let db = sled::Config::new()
                .path(&path)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .open()?;
            Ok((
                [
                    db.open_tree("photos")?,
                    db.open_tree("failures")?,
                    db.open_tree("contents")?,
                    db.open_tree("roots")?,
                    db.open_tree("pending")?,
                    db.open_tree("meta")?,
                ],
                db,
            ))
        };
        // sled's threads let go of its lock a little after its last handle is dropped. Ours
        // is held by now, so whoever has sled's is such a thread, and about to end.
        let mut tries = 0;
        let opened = loop {
            match open() {
                Err(sled::Error::Io(_)) if tries < UNLOCK_TRIES => {
                    tries += 1;
                    std::thread::sleep(UNLOCK_WAIT);
                }
                opened => break opened,
            }
        };
        let ([photos, failures, contents, roots, pending, meta], db) =
            opened.map_err(|source| IndexError::Catalog {
                path: path.clone(),
                source,
            })?;
        Ok(Self {
            index: index.into(),
            path,
            db,
            photos,
            failures,
            contents,
            roots,
            pending,
            meta,
        })
    }

    /// Applies all of it or nothing, and syncs.
    pub(crate) fn apply(&self, changes: &Changes) -> Result<(), IndexError> {
        let trees = (
            &self.photos,
            &self.failures,
            &self.contents,
            &self.pending,
            &self.meta,
        );
        let photos = encode_all(&changes.photos);
        let failed = encode_all(&changes.failures);
        let counts = self.counts()?;
        trees
            .transaction(|(photo_tree, failure_tree, content_tree, pending, meta)| {
                let mut counts = counts;
                for (hash, row) in &changes.contents {
                    content_tree.insert(hash.as_slice(), &row.0.to_be_bytes())?;
                }
                for (path, record) in &photos {
                    let before = photo_tree.insert(*path, record.as_slice())?;
                    counts.leave_photo(before.as_deref());
                    counts.enter_photo(record);
                    counts.leave_failure(failure_tree.remove(*path)?.is_some());
                    pending.insert(*path, &[])?;
                }
                for (path, record) in &failed {
                    let before = failure_tree.insert(*path, record.as_slice())?;
                    counts.leave_failure(before.is_some());
                    counts.failures += 1;
                    if let Some(before) = photo_tree.remove(*path)? {
                        counts.leave_photo(Some(&before));
                        pending.insert(*path, &[])?;
                    }
                }
                for path in &changes.removed {
                    counts.leave_failure(failure_tree.remove(path.as_slice())?.is_some());
                    if let Some(before) = photo_tree.remove(path.as_slice())? {
                        counts.leave_photo(Some(&before));
                        pending.insert(path.as_slice(), &[])?;
                    }
                }
                meta.insert(COUNTS, encode(&counts))?;
                meta.insert(ROWS, &changes.rows.to_be_bytes())?;
                Ok::<(), ConflictableTransactionError<Infallible>>(())
            })
            .map_err(|error| match error {
                TransactionError::Storage(source) => self.failed(source),
                TransactionError::Abort(never) => match never {},
            })?;
        self.flush()
    }

    pub(crate) fn flush(&self) -> Result<(), IndexError> {
        self.db.flush().map(drop).map_err(|e| self.failed(e))
    }

    /// Rows that are committed.
    pub(crate) fn rows(&self) -> Result<u32, IndexError> {
        let value = self.meta.get(ROWS).map_err(|e| self.failed(e))?;
        value.map_or(Ok(0), |value| self.number(&value))
    }

    /// The model's fingerprint, once it is set.
    pub(crate) fn fingerprint(&self) -> Result<Option<String>, IndexError> {
        let value = self.meta.get(FINGERPRINT).map_err(|e| self.failed(e))?;
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    pub(crate) fn set_fingerprint(&self, fingerprint: &str) -> Result<(), IndexError> {
        self.meta
            .insert(FINGERPRINT, fingerprint.as_bytes())
            .map_err(|e| self.failed(e))?;
        self.flush()
    }

    pub(crate) fn row_of(&self, content: &[u8; 32]) -> Result<Option<RowId>, IndexError> {
        let value = self.contents.get(content).map_err(|e| self.failed(e))?;
        value
            .map(|value| self.number(&value).map(RowId))
            .transpose()
    }

    pub(crate) fn photo(&self, path: &[u8]) -> Result<Option<PhotoRecord>, IndexError> {
        let value = self.photos.get(path).map_err(|e| self.failed(e))?;
        value.map(|value| self.decode(&value)).transpose()
    }

    /// Photos at `root` and below it, sorted by path.
    pub(crate) fn photos_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, PhotoRecord), IndexError>> + '_ {
        self.below(&self.photos, root)
    }

    /// Failures at `root` and below it, sorted by path.
    pub(crate) fn failures_below(
        &self,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, FailureRecord), IndexError>> + '_ {
        self.below(&self.failures, root)
    }

    /// How many there are, kept with every transaction: sled would count one by one.
    pub(crate) fn counts(&self) -> Result<Counts, IndexError> {
        let value = self.meta.get(COUNTS).map_err(|e| self.failed(e))?;
        value.map_or(Ok(Counts::default()), |value| self.decode(&value))
    }

    pub(crate) fn roots(&self) -> Result<Vec<Vec<u8>>, IndexError> {
        self.roots
            .iter()
            .keys()
            .map(|key| key.map(|key| key.to_vec()).map_err(|e| self.failed(e)))
            .collect()
    }

    pub(crate) fn add_root(&self, root: &[u8]) -> Result<(), IndexError> {
        self.roots.insert(root, &[]).map_err(|e| self.failed(e))?;
        self.flush()
    }

    pub(crate) fn remove_root(&self, root: &[u8]) -> Result<bool, IndexError> {
        let removed = self.roots.remove(root).map_err(|e| self.failed(e))?;
        self.flush()?;
        Ok(removed.is_some())
    }

    /// Paths whose keywords are not published.
    pub(crate) fn pending(&self) -> impl Iterator<Item = Result<Vec<u8>, IndexError>> + '_ {
        self.pending
            .iter()
            .keys()
            .map(|key| key.map(|key| key.to_vec()).map_err(|e| self.failed(e)))
    }

    pub(crate) fn clear_pending(&self) -> Result<(), IndexError> {
        self.pending.clear().map_err(|e| self.failed(e))?;
        self.flush()
    }

    /// `root` itself is one key; what is below it begins with `root` and a slash.
    fn below<T: DeserializeOwned + 'static>(
        &self,
        tree: &Tree,
        root: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, T), IndexError>> + '_ {
        let mut prefix = root.to_vec();
        if prefix.last() != Some(&b'/') && !prefix.is_empty() {
            prefix.push(b'/');
        }
        tree.range(root..=root)
            .chain(tree.scan_prefix(prefix))
            .map(|entry| {
                let (key, value) = entry.map_err(|e| self.failed(e))?;
                Ok((key.to_vec(), self.decode(&value)?))
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

    fn damaged(&self, what: &str) -> IndexError {
        IndexError::Damaged {
            path: self.path.clone(),
            what: what.into(),
            index: self.index.clone(),
        }
    }

    fn failed(&self, source: sled::Error) -> IndexError {
        IndexError::Catalog {
            path: self.path.clone(),
            source,
        }
    }
}

impl Counts {
    fn enter_photo(&mut self, record: &[u8]) {
        self.photos += 1;
        self.offline += u64::from(is_offline(record));
    }

    fn leave_photo(&mut self, record: Option<&[u8]>) {
        if let Some(record) = record {
            self.photos = self.photos.saturating_sub(1);
            self.offline = self.offline.saturating_sub(u64::from(is_offline(record)));
        }
    }

    fn leave_failure(&mut self, was_there: bool) {
        self.failures = self.failures.saturating_sub(u64::from(was_there));
    }
}

fn is_offline(record: &[u8]) -> bool {
    postcard::from_bytes::<PhotoRecord>(record).is_ok_and(|record| record.offline)
}

/// Encodes before the transaction, which may run more than once.
fn encode_all<T: Serialize>(records: &[(Vec<u8>, T)]) -> Vec<(&[u8], Vec<u8>)> {
    records
        .iter()
        .map(|(path, record)| (path.as_slice(), encode(record)))
        .collect()
}

fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    postcard::to_stdvec(record).expect("records are plain data, which postcard always encodes")
}
