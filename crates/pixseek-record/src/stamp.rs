//! The version and identity of a file, as one `stat` tells them.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file's version and identity, cheap to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Time of the last change to the content, in nanoseconds since 1970, UTC. Programs set
    /// it as they like.
    pub modified: i64,
    /// Time of the last change to the file at all, by the system's clock; 0 where there is
    /// none. It finds out content that was replaced under an old `modified`.
    pub changed: i64,
    /// Tells the file from others, also from its copies, wherever it is moved to on its file
    /// system: the inode number, mixed with the time of birth where the system keeps it. 0 where
    /// there is no inode number.
    pub identity: u64,
}

/// Times come from the kernel's tick: two changes within one have one time.
const TICK: Duration = Duration::from_millis(20);
/// FAT and some network shares count in whole or even seconds.
const COARSE_TICK: Duration = Duration::from_secs(2);
/// In the place of a time: never equal to one.
const UNSETTLED: i64 = i64::MIN;

impl Stamp {
    /// The stamp in `metadata`.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (identity, changed) = {
            use std::os::unix::fs::MetadataExt;
            let seconds = metadata.ctime().saturating_mul(1_000_000_000);
            (
                identity(metadata.ino(), metadata.created().ok()),
                seconds.saturating_add(metadata.ctime_nsec()),
            )
        };
        #[cfg(not(unix))]
        let (identity, changed) = (0, 0);
        Self {
            size: metadata.len(),
            modified: metadata.modified().map_or(0, nanoseconds),
            changed,
            identity,
        }
    }

    /// Whether the content is the same as when `earlier` was taken. The identity does not
    /// count: some systems give out other inode numbers each time a drive is mounted.
    #[must_use]
    pub fn is_version_of(&self, earlier: &Self) -> bool {
        (self.size, self.modified, self.changed)
            == (earlier.size, earlier.modified, earlier.changed)
    }

    /// How long a change could still come that would not show in the stamp.
    #[must_use]
    pub fn unsettled_for(&self, now: SystemTime) -> Option<Duration> {
        let last = self.modified.max(self.changed);
        let is_coarse = last % 1_000_000_000 == 0;
        let tick = if is_coarse { COARSE_TICK } else { TICK };
        let age = nanoseconds(now).saturating_sub(last);
        // A time to come is the work of another clock; nothing is to be waited for.
        let age = Duration::from_nanos(u64::try_from(age).ok()?);
        tick.checked_sub(age).filter(|rest| !rest.is_zero())
    }

    /// The same file in a version that the next run reads again.
    #[must_use]
    pub fn unsettled(self) -> Self {
        Self {
            changed: UNSETTLED,
            ..self
        }
    }
}

/// FAT numbers its files as they are met, from the same number on every drive: a photo on a
/// memory card and its copy on another drive may have one inode number, but were not born at
/// one time. Device numbers would not tell them apart: the next drive gets that of the last.
#[cfg(unix)]
fn identity(inode: u64, born: Option<SystemTime>) -> u64 {
    /// Knuth's multiplicative hashing: 2^64 divided by the golden ratio.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    match (inode, born.map(nanoseconds)) {
        (0, _) => 0,
        (inode, None) => inode,
        (inode, Some(born)) => (inode ^ born.cast_unsigned().wrapping_mul(SPREAD)).max(1),
    }
}

fn nanoseconds(time: SystemTime) -> i64 {
    let (before, distance) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (false, after),
        Err(error) => (true, error.duration()),
    };
    let nanoseconds = i64::try_from(distance.as_nanos()).unwrap_or(i64::MAX);
    if before { -nanoseconds } else { nanoseconds }
}

#[cfg(test)]
mod tests {
    use super::{Stamp, identity};
    use std::time::{Duration, UNIX_EPOCH};

    #[cfg(unix)]
    #[test]
    fn files_of_one_inode_number_are_told_apart_by_their_birth() {
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(identity(130, at(1_000)), identity(130, at(1_000)));
        assert_ne!(identity(130, at(1_000)), identity(130, at(1_002)));
        assert_ne!(identity(130, at(1_000)), identity(131, at(1_000)));
        assert_eq!(identity(130, None), 130);
        assert_eq!(identity(0, at(1_000)), 0, "there are no inode numbers");
    }

    /// A copy may get the inode number of its original, on a drive that was mounted in its place.
    #[test]
    fn a_moved_file_keeps_its_identity_and_a_copy_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = |name: &str| Stamp::of(&folder.path().join(name).metadata().unwrap());
        std::fs::write(folder.path().join("a"), "photo").unwrap();
        let before = stamp("a");
        std::fs::copy(folder.path().join("a"), folder.path().join("copy")).unwrap();
        std::fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_eq!(stamp("b").identity, before.identity);
        assert_ne!(stamp("copy").identity, before.identity);
    }

    #[test]
    fn young_files_may_change_within_their_tick() {
        const NOW: i64 = 1_700_000_000_000_000_000;
        let check = |changed: i64, expected: Option<u64>| {
            let stamp = Stamp {
                size: 1,
                modified: 0,
                changed,
                identity: 1,
            };
            let now = UNIX_EPOCH + Duration::from_nanos(NOW.cast_unsigned());
            let expected = expected.map(Duration::from_millis);
            assert_eq!(stamp.unsettled_for(now), expected, "{}", NOW - changed);
        };
        check(NOW - 5_000_000, Some(15));
        check(NOW - 20_000_000, None);
        check(NOW - 1_000_000_000, Some(1000));
        check(NOW - 2_000_000_000, None);
        check(NOW + 1_000, None);
    }
}
