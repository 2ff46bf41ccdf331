//! `tags/<epoch>`: for each row the labels that describe it best, with probabilities.
//!
//! Little-endian: version u32, rows u32, labels of a row k u32, number of labels u32; each label as
//! length u32 and UTF-8; then for each row k times label u16 (65,535 is none) and probability u8
//! (255 is 1), the best first. Rows that are newer than the file have no labels. Each epoch has its
//! own file, so that after a kill the file of the epoch in `MANIFEST` is there.

use crate::{IndexError, Manifest, RowId, RowSet, checked, fold_text};
use pixseek_files::Lock;
use std::path::{Path, PathBuf};

pub(crate) const FOLDER: &str = "tags";
const LOCK: &str = "tags.lock";
const VERSION: u32 = 2;
/// Bytes of a label's number and its probability.
const ENTRY_BYTES: usize = 3;
/// The number that stands for no label.
const NONE: u16 = u16::MAX;
/// A row has its first label only from this probability on.
const LEAST: f32 = 0.3;

/// The labels of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    epoch: u64,
    labels: Vec<String>,
    /// The number of labels of a row.
    k: usize,
    /// `[rows, k]` pairs of label and probability, as in the file.
    entries: Vec<u8>,
}

impl Tags {
    /// Makes tags without rows. There may be at most 65,535 `labels`.
    #[must_use]
    pub fn new(epoch: u64, labels: Vec<String>, k: usize) -> Self {
        let k = k.min(labels.len());
        Self {
            epoch,
            labels,
            k,
            entries: Vec::new(),
        }
    }

    /// Adds the next row with its labels' numbers and probabilities, the best first. A row without
    /// a photo has none.
    pub fn push(&mut self, best: &[(usize, f32)]) {
        for at in 0..self.k {
            let (label, probability) = best.get(at).copied().unwrap_or((usize::MAX, 0.0));
            let label = u16::try_from(label).unwrap_or(NONE);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 255"
            )]
            let probability = (probability.clamp(0.0, 1.0) * 255.0).round() as u8;
            self.entries.extend(label.to_le_bytes());
            self.entries.push(probability);
        }
    }

    /// All labels.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The labels of a row with probabilities, the best first; none for a row that is newer than
    /// these tags.
    pub fn of(&self, row: RowId) -> impl Iterator<Item = (&str, f32)> {
        let size = self.k * ENTRY_BYTES;
        let start = (row.0 as usize).saturating_mul(size);
        let entries = self.entries.get(start..start.saturating_add(size));
        let entries = entries.unwrap_or_default().chunks_exact(ENTRY_BYTES);
        entries.filter_map(|entry| {
            let label = u16::from_le_bytes([entry[0], entry[1]]);
            let label = (label != NONE).then_some(usize::from(label))?;
            Some((
                self.labels.get(label)?.as_str(),
                f32::from(entry[2]) / 255.0,
            ))
        })
    }

    /// The rows whose first label is this one, if it is probable enough.
    pub(crate) fn rows_with(&self, label: &str) -> RowSet {
        let rows = self.entries.len() / (self.k * ENTRY_BYTES).max(1);
        let label = fold_text(label);
        let wanted: Vec<&String> = self
            .labels
            .iter()
            .filter(|known| fold_text(known) == label)
            .collect();
        let has = |row: &RowId| {
            let first = self.of(*row).next();
            first.is_some_and(|(first, probability)| {
                probability >= LEAST && wanted.iter().any(|wanted| *wanted == first)
            })
        };
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        (0..rows).map(RowId).filter(has).collect()
    }

    /// Reads the tags of an epoch; `None` if there are none.
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn read(index: &Path, epoch: u64) -> Result<Option<Self>, IndexError> {
        let bytes =
            checked::read_bytes(index, &path(index, epoch)).map_err(|error| match error {
                IndexError::Damaged { path, what, .. } => IndexError::DamagedTags { path, what },
                other => other,
            })?;
        Ok(bytes.and_then(|bytes| Self::decode(epoch, &bytes)))
    }

    /// Writes the tags.
    ///
    /// # Errors
    ///
    /// When the index was compacted since its rows were labelled, or a write fails.
    pub fn write(&self, index: &Path) -> Result<(), IndexError> {
        let _lock = Self::lock(index)?;
        if Manifest::read(index)?.epoch != self.epoch {
            return Err(IndexError::Compacted(index.into()));
        }
        self.replace(index)
    }

    /// Waits until no other process is changing tags.
    pub(crate) fn lock(index: &Path) -> Result<Lock, IndexError> {
        let path = index.join(LOCK);
        Lock::wait(&path).map_err(IndexError::io("lock", &path))
    }

    /// Writes the tags. The caller must hold [`Tags::lock`].
    pub(crate) fn replace(&self, index: &Path) -> Result<(), IndexError> {
        let folder = index.join(FOLDER);
        pixseek_files::make_folder(&folder).map_err(IndexError::io("create", &folder))?;
        checked::replace_bytes(&path(index, self.epoch), &self.encode())
    }

    /// The tags of another epoch, which has only these rows, ascending.
    pub(crate) fn of_rows(&self, epoch: u64, rows: impl Iterator<Item = RowId>) -> Self {
        let size = self.k * ENTRY_BYTES;
        let entries = rows.map_while(|row| {
            let start = (row.0 as usize).checked_mul(size)?;
            self.entries.get(start..start.checked_add(size)?)
        });
        Self {
            epoch,
            labels: self.labels.clone(),
            k: self.k,
            entries: entries.flatten().copied().collect(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        let rows = self.entries.len() / (self.k * ENTRY_BYTES).max(1);
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for value in [rows, self.k, self.labels.len()] {
            bytes.extend(number(value));
        }
        for label in &self.labels {
            bytes.extend(number(label.len()));
            bytes.extend(label.as_bytes());
        }
        bytes.extend(&self.entries);
        bytes
    }

    /// `None` for another version or a malformed file.
    fn decode(epoch: u64, bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut take = |count: usize| {
            let (taken, behind) = rest.split_at_checked(count)?;
            rest = behind;
            Some(taken)
        };
        let number = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize);
        let version = number(take(4)?)?;
        let (rows, k, count) = (number(take(4)?)?, number(take(4)?)?, number(take(4)?)?);
        let mut labels = Vec::new();
        for _ in 0..count {
            let length = number(take(4)?)?;
            labels.push(std::str::from_utf8(take(length)?).ok()?.to_owned());
        }
        let size = rows.checked_mul(k)?.checked_mul(ENTRY_BYTES)?;
        (version == VERSION as usize && rest.len() == size).then(|| Self {
            epoch,
            labels,
            k,
            entries: rest.to_vec(),
        })
    }
}

fn path(index: &Path, epoch: u64) -> PathBuf {
    index.join(FOLDER).join(epoch.to_string())
}

/// Removes the tags of other epochs.
pub(crate) fn remove_others(index: &Path, epoch: u64) {
    let keep = path(index, epoch);
    let files = std::fs::read_dir(index.join(FOLDER)).into_iter().flatten();
    for file in files.flatten().filter(|file| file.path() != keep) {
        // The next writer tries again.
        let _ = std::fs::remove_file(file.path());
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;
    use crate::RowId;

    #[test]
    fn labels_are_read_as_they_were_written() {
        let labels: Vec<String> = ["Dog", "cat", "sea"].map(Into::into).to_vec();
        let mut tags = Tags::new(4, labels, 2);
        tags.push(&[(0, 0.8), (2, 0.2)]);
        tags.push(&[(1, 0.25), (0, 0.2)]);
        tags.push(&[]);
        tags.push(&[(2, 0.5), (1, 0.5)]);
        let bytes = tags.encode();
        let tags = Tags::decode(4, &bytes).unwrap();
        let first: Vec<_> = tags.of(RowId(0)).collect();
        assert_eq!((first[0].0, first[1].0), ("Dog", "sea"));
        assert!((first[0].1 - 0.8).abs() < 0.003);
        assert_eq!(tags.rows_with("dog").iter().collect::<Vec<_>>(), [RowId(0)]);
        assert!(tags.rows_with("cat").is_empty(), "not probable enough");
        assert_eq!(tags.of(RowId(2)).count(), 0);
        assert_eq!(tags.of(RowId(7)).count(), 0, "a newer row");
        let kept = tags.of_rows(5, [1, 3, 9].map(RowId).into_iter());
        let first = |row| kept.of(RowId(row)).next().map(|(label, _)| label);
        assert_eq!(
            [first(0), first(1), first(2)],
            [Some("cat"), Some("sea"), None]
        );
        for end in 0..bytes.len() {
            assert_eq!(Tags::decode(4, &bytes[..end]), None);
        }
    }
}
