//! What is on disk against what is known, as a pure merge of two sorted streams: memory does
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
    /// The path, in the same form as the walk gives it.
    pub path: PathBuf,
    /// What it was when it was handled.
    pub stamp: Stamp,
    /// It was missing when it was looked for last.
    pub offline: bool,
}

/// One difference, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Never seen at this path. Its content may be known from another one.
    Added(Seen),
    /// Another stamp than before. Its content may still be the same.
    Changed(Seen),
    /// The same stamp.
    Unchanged(Known),
    /// Known and not seen.
    Missing(PathBuf),
}

/// Merges two streams that are sorted by the bytes of their paths.
///
/// A move shows as `Added` and `Missing`; that both have one content is for whoever reads
/// the content to find.
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
