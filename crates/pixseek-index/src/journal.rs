//! `journal/<generation>.log`: every commit since that publication, synced before the catalog
//! applies it. sled 0.34 does not survive every kill: after some, `tests/faults.rs` could not read
//! it. The catalog can always be remade from the publication and the journal.
//!
//! A record is its length and CRC-32, then a [`Transaction`] as postcard. Bytes behind the last
//! whole record are a write that a kill interrupted. A record is synced before the next one is
//! written, so a broken record in front of a whole one has changed on disk: the journal is damaged.

use crate::catalog::Transaction;
use crate::{IndexError, checked};
use pixseek_files::sync_folder;
use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(crate) const FOLDER: &str = "journal";
const HEAD_BYTES: usize = 8;

fn path(index: &Path, generation: u64) -> PathBuf {
    index.join(FOLDER).join(format!("{generation}.log"))
}

/// The records of a journal.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The whole records, in order.
    pub transactions: Vec<Transaction>,
    /// The position at which the last of them ends.
    pub end: u64,
    /// Whether there are bytes in front of a whole record that belong to no record.
    pub has_gap: bool,
}

/// Reads all records since a publication.
///
/// # Errors
///
/// When the journal cannot be read or is damaged, which means that a record in front of a whole one
/// is lost.
pub(crate) fn read(index: &Path, generation: u64) -> Result<Records, IndexError> {
    let records = salvage(index, generation)?;
    if records.has_gap {
        let path = path(index, generation);
        return Err(checked::damaged(
            index,
            &path,
            "one of its records has changed",
        ));
    }
    Ok(records)
}

/// As [`read`], but returns the whole records of a damaged journal.
pub(crate) fn salvage(index: &Path, generation: u64) -> Result<Records, IndexError> {
    let path = path(index, generation);
    let bytes = match pixseek_files::read_regular(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Records::default()),
        Err(source) => {
            return Err(IndexError::Io {
                action: "read",
                path,
                source,
            });
        }
    };
    let mut records = Records::default();
    let mut at = 0;
    while at < bytes.len() {
        let end = records.end;
        if let Some((transaction, behind)) = record(&bytes[at..]) {
            records.has_gap |= at as u64 > end;
            records.transactions.push(transaction);
            at = bytes.len() - behind.len();
            records.end = at as u64;
        } else {
            // A damaged length does not tell where the next record begins: try every byte.
            at += 1;
        }
    }
    Ok(records)
}

fn record(bytes: &[u8]) -> Option<(Transaction, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = u32::from_le_bytes(*length) as usize;
    let (body, behind) = rest.split_at_checked(length)?;
    let is_whole = crc32fast::hash(body) == u32::from_le_bytes(*crc);
    let transaction = postcard::from_bytes(body).ok().filter(|_| is_whole)?;
    Some((transaction, behind))
}

/// A journal that is open for appending.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
}

impl Journal {
    /// Opens the journal of a generation behind its last whole record.
    pub(crate) fn open(index: &Path, generation: u64, end: u64) -> Result<Self, IndexError> {
        let path = path(index, generation);
        let folder = index.join(FOLDER);
        let open = || {
            pixseek_files::make_folder(&folder)?;
            let file = pixseek_files::open_or_create(&path)?;
            file.set_len(end)?;
            file.sync_all()?;
            sync_folder(&folder)?;
            sync_folder(index)?;
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self { path, file, end }),
            Err(source) => Err(IndexError::Io {
                action: "open",
                path,
                source,
            }),
        }
    }

    /// Appends a record and syncs it.
    pub(crate) fn append(&mut self, transaction: &Transaction) -> Result<(), IndexError> {
        let io = |source| IndexError::Io {
            action: "write",
            path: self.path.clone(),
            source,
        };
        let body = postcard::to_stdvec(transaction)
            .expect("transactions are plain data, which postcard always encodes");
        let length = u32::try_from(body.len()).map_err(|_| io(ErrorKind::FileTooLarge.into()))?;
        let mut record = Vec::with_capacity(HEAD_BYTES + body.len());
        record.extend(length.to_le_bytes());
        record.extend(crc32fast::hash(&body).to_le_bytes());
        record.extend(body);
        // An append that failed may have left bytes. This record overwrites them.
        self.file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&record))
            .and_then(|()| self.file.sync_data())
            .map_err(io)?;
        self.end += record.len() as u64;
        Ok(())
    }
}

/// Removes the journals of other generations.
pub(crate) fn remove_others(index: &Path, generation: u64) {
    let keep = path(index, generation);
    for file in std::fs::read_dir(index.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten()
    {
        if file.path() != keep {
            // The next publication tries again.
            let _ = std::fs::remove_file(file.path());
        }
    }
}
