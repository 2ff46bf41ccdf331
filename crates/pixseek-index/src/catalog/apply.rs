//! The only transaction that changes the catalog.

use super::meta::{COMMIT, COUNTS, ERASURE, ROWS};
use super::{Catalog, encode};
use crate::root::RootRecord;
use crate::{FailureRecord, IndexError, PhotoRecord, Rows};
use serde::{Deserialize, Serialize};
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError};
use std::convert::Infallible;

/// The number of paths of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub photos: u64,
    pub offline: u64,
    pub failures: u64,
}

/// The changes of one transaction.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Transaction {
    /// The number of the commit, counted from 1.
    pub commit: u64,
    /// Contents to add beside those of `photos`.
    pub contents: Vec<([u8; 32], Rows)>,
    pub photos: Vec<(Vec<u8>, PhotoRecord)>,
    pub failures: Vec<(Vec<u8>, FailureRecord)>,
    pub removed: Vec<Vec<u8>>,
    /// Known content, the file's identity, and the new path at which it was found.
    pub arrivals: Vec<([u8; 32], u64, Vec<u8>)>,
    /// Roots and their settings; `None` removes the root.
    pub roots: Vec<(Vec<u8>, Option<RootRecord>)>,
    /// Paths that are forgotten (`true`) or may be indexed again (`false`).
    pub forgotten: Vec<(Vec<u8>, bool)>,
    /// Rows of the vector file after this commit.
    pub rows: u32,
    /// Whether the commit forgets photos whose traces must be erased. The debt ends with the epoch.
    pub owes_erasure: bool,
}

/// Whether the keywords have a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeywordState {
    /// The next publication writes it to the keywords.
    Pending,
    /// The keywords have it already, because the catalog is being remade. `Transaction::contents`
    /// then also lists the contents of `photos`, sorted by hash where possible: sled stays small
    /// with sorted keys.
    Written,
}

impl Catalog {
    /// Applies a transaction as a whole or not at all. It is durable after the next flush.
    pub(crate) fn apply(
        &self,
        transaction: &Transaction,
        keywords: KeywordState,
    ) -> Result<(), IndexError> {
        let is_pending = keywords == KeywordState::Pending;
        let trees = (
            &self.sled().photos,
            &self.sled().failures,
            &self.sled().contents,
            &self.sled().pending,
            &self.sled().arrivals,
            &self.sled().roots,
            &self.sled().forgotten,
            &self.sled().meta,
        );
        let photos = encode_all(&transaction.photos);
        let failed = encode_all(&transaction.failures);
        let counts = self.counts()?;
        trees
            .transaction(
                |(
                    photo_tree,
                    failure_tree,
                    content_tree,
                    pending,
                    arrivals,
                    roots,
                    forgotten,
                    meta,
                )| {
                    let mut counts = counts;
                    for (content, identity, path) in &transaction.arrivals {
                        let mut key = arrival_prefix(content, *identity);
                        key.extend(path);
                        arrivals.insert(key, &[])?;
                    }
                    // The contents of known photos, too: if this is a replay of the journal into a
                    // new catalog, the rows may have been known only to the catalog that was lost.
                    let of_photos = transaction.photos.iter().filter(|_| is_pending);
                    let of_photos = of_photos.map(|(_, photo)| (photo.content, photo.rows));
                    for (hash, rows) in transaction.contents.iter().copied().chain(of_photos) {
                        content_tree.insert(&hash, encode(&rows))?;
                    }
                    for (path, record) in &photos {
                        let before = photo_tree.insert(*path, record.as_slice())?;
                        counts.leave_photo(before.as_deref());
                        counts.enter_photo(record);
                        counts.leave_failure(failure_tree.remove(*path)?.is_some());
                        if is_pending {
                            pending.insert(*path, &[])?;
                        }
                    }
                    for (path, record) in &failed {
                        let before = failure_tree.insert(*path, record.as_slice())?;
                        counts.leave_failure(before.is_some());
                        counts.failures = counts.failures.saturating_add(1);
                        if let Some(before) = photo_tree.remove(*path)? {
                            counts.leave_photo(Some(&before));
                            pending.insert(*path, &[])?;
                        }
                    }
                    for path in &transaction.removed {
                        counts.leave_failure(failure_tree.remove(path.as_slice())?.is_some());
                        if let Some(before) = photo_tree.remove(path.as_slice())? {
                            counts.leave_photo(Some(&before));
                            pending.insert(path.as_slice(), &[])?;
                        }
                    }
                    for (root, record) in &transaction.roots {
                        match record {
                            Some(record) => roots.insert(root.as_slice(), encode(record))?,
                            None => roots.remove(root.as_slice())?,
                        };
                    }
                    for (path, is_forgotten) in &transaction.forgotten {
                        if *is_forgotten {
                            forgotten.insert(path.as_slice(), &[])?;
                        } else {
                            forgotten.remove(path.as_slice())?;
                        }
                    }
                    if transaction.owes_erasure {
                        meta.insert(ERASURE, &[])?;
                    }
                    meta.insert(COMMIT, encode(&transaction.commit))?;
                    meta.insert(COUNTS, encode(&counts))?;
                    meta.insert(ROWS, &transaction.rows.to_be_bytes())?;
                    Ok::<(), ConflictableTransactionError<Infallible>>(())
                },
            )
            .map_err(|error| match error {
                TransactionError::Storage(source) => self.failed(source),
                TransactionError::Abort(never) => match never {},
            })
    }
}

/// The prefix of the keys of all arrivals of one content as one file.
pub(super) fn arrival_prefix(content: &[u8; 32], identity: u64) -> Vec<u8> {
    [&content[..], &identity.to_be_bytes()].concat()
}

impl Counts {
    fn enter_photo(&mut self, record: &[u8]) {
        self.photos = self.photos.saturating_add(1);
        self.offline = self.offline.saturating_add(u64::from(is_offline(record)));
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

/// Encodes records before the transaction, which sled may run more than once.
fn encode_all<T: Serialize>(records: &[(Vec<u8>, T)]) -> Vec<(&[u8], Vec<u8>)> {
    records
        .iter()
        .map(|(path, record)| (path.as_slice(), encode(record)))
        .collect()
}
