//! The version and identity of a file, from one `stat` call.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version and identity of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change to the content, in nanoseconds since 1970, UTC. Programs can set
    /// it to any value.
    pub modified: i64,
    /// The time of the last change to the file or its metadata, by the system's clock; 0 on systems
    /// without it. It reveals new content with an old `modified`.
    pub changed: i64,
    /// Identifies the file on its file system, also after it was moved, and distinguishes it from
    /// copies: the inode number, mixed with the time of birth if the system has it. 0 on systems
    /// without inode numbers.
    pub identity: u64,
}

/// The kernel's clock for files ticks this often. Two changes within a tick have the same time.
const TICK: Duration = Duration::from_millis(20);
/// The tick of FAT and some network shares, which store full or even seconds.
const COARSE_TICK: Duration = Duration::from_secs(2);
/// A value of `changed` that no file has.
const UNSETTLED: i64 = i64::MIN;

impl Stamp {
    /// Reads the stamp from `metadata`.
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

    /// Whether the file has not changed since `earlier`. Ignores the identity, because some systems
    /// assign new inode numbers each time a drive is mounted.
    #[must_use]
    pub fn is_version_of(&self, earlier: &Self) -> bool {
        (self.size, self.modified, self.changed)
            == (earlier.size, earlier.modified, earlier.changed)
    }

    /// The time during which another change would not alter the stamp, because it would fall into
    /// the same tick. `None` if that time is over.
    #[must_use]
    pub fn unsettled_for(&self, now: SystemTime) -> Option<Duration> {
        let last = self.modified.max(self.changed);
        let is_coarse = last % 1_000_000_000 == 0;
        let tick = if is_coarse { COARSE_TICK } else { TICK };
        let age = nanoseconds(now).saturating_sub(last);
        // A time in the future is from another clock, so waiting would not help.
        let age = Duration::from_nanos(u64::try_from(age).ok()?);
        tick.checked_sub(age).filter(|rest| !rest.is_zero())
    }

    /// A stamp that equals no stamp of the file, so that the next run reads the file again.
    #[must_use]
    pub fn unsettled(self) -> Self {
        Self {
            changed: UNSETTLED,
            ..self
        }
    }
}

/// Mixes inode number and time of birth. Inode numbers alone are not enough: Linux numbers the
/// files of a FAT drive in the order in which they are first seen, so a photo on a memory card and
/// its copy on another drive may have the same number, but not the same time of birth. Device
/// numbers do not help, because the next drive gets the number of the last one.
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
    fn files_with_the_same_inode_number_differ_by_their_birth() {
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(identity(130, at(1_000)), identity(130, at(1_000)));
        assert_ne!(identity(130, at(1_000)), identity(130, at(1_002)));
        assert_ne!(identity(130, at(1_000)), identity(131, at(1_000)));
        assert_eq!(identity(130, None), 130);
        assert_eq!(identity(0, at(1_000)), 0, "there are no inode numbers");
    }

    /// On a drive that was mounted in place of another, a copy may get the inode number of its
    /// original.
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
