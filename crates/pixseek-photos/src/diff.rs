//! Compares the files on disk with the known ones: a pure merge of two sorted streams, so memory does
//! not grow with the library.

#[cfg(test)]
mod tests;

use crate::Seen;
use pixseek_record::Stamp;
use std::cmp::Ordering;
use std::iter::Peekable;
use std::path::PathBuf;

/// A file that an earlier run handled: a photo or a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The path, in the same form as the walk returns it.
    pub path: PathBuf,
    /// The file's stamp when that run read it.
    pub stamp: Stamp,
    /// Whether the last walk did not find it.
    pub offline: bool,
}

/// The difference between a file and the known state of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The path is new. The content may be known from another path.
    Added(Seen),
    /// The stamp has changed. The content may still be the same.
    Changed(Seen),
    /// The stamp is the same.
    Unchanged(Known),
    /// The path is known, and the walk has not found it.
    Missing(PathBuf),
}

/// Merges two streams that are sorted by the bytes of their paths.
///
/// A moved file is `Missing` at one path and `Added` at another. Only a caller that reads the content
/// can tell that both are one file.
pub fn diff(
    seen: impl Iterator<Item = Seen>,
    known: impl Iterator<Item = Known>,
) -> impl Iterator<Item = Change> {
    Diff {
        seen: seen.peekable(),
        known: known.peekable(),
    }
}

struct Diff<S: Iterator<Item = Seen>, K: Iterator<Item = Known>> {
    seen: Peekable<S>,
    known: Peekable<K>,
}

impl<S: Iterator<Item = Seen>, K: Iterator<Item = Known>> Iterator for Diff<S, K> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let order = match (self.seen.peek(), self.known.peek()) {
            (Some(seen), Some(known)) => {
                crate::bytes_of(&seen.path).cmp(&crate::bytes_of(&known.path))
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        match order {
            Ordering::Less => self.seen.next().map(Change::Added),
            Ordering::Greater => self.known.next().map(|known| Change::Missing(known.path)),
            Ordering::Equal => {
                let known = self.known.next()?;
                let seen = self.seen.next()?;
                Some(if seen.stamp.is_version_of(&known.stamp) {
                    Change::Unchanged(known)
                } else {
                    Change::Changed(seen)
                })
            }
        }
    }
}
