//! A limit on the memory that photos take at one time, whatever the number of threads.
//!
//! Files and pictures have pools of their own, and a thread takes the file's bytes before the
//! picture's. Threads that wait for a picture hold only files, and threads that hold a picture wait for
//! nothing, so there is no deadlock as long as no thread keeps a picture while it decodes another.

use std::fmt::{Debug, Formatter};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Bytes of files that may be in memory at one time.
const FILES: u64 = 128 << 20;
/// Bytes that decoding may take at one time: enough for five pictures of 12 megapixels, decoded whole.
const PICTURES: u64 = 192 << 20;

/// The free memory for files and for pictures; clones share it.
#[derive(Clone)]
pub struct Budget {
    files: Arc<Pool>,
    pictures: Arc<Pool>,
    granted_by: Option<Arc<dyn Grant>>,
}

/// Another process that counts the memory for pictures.
pub(crate) trait Grant: Send + Sync {
    /// Waits until there is room for so many bytes; earlier ones of the same file are given back.
    fn wait_for(&self, bytes: u64);
}

/// A number of bytes that threads wait for.
#[derive(Debug)]
struct Pool {
    total: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// Bytes in use, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pool: Arc<Pool>,
    bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            files: Pool::new(FILES),
            pictures: Pool::new(PICTURES),
            granted_by: None,
        }
    }
}

impl Budget {
    /// A budget without a limit, for callers that read one photo after another and may keep them.
    pub(crate) fn unlimited() -> Self {
        Self {
            files: Pool::new(u64::MAX),
            pictures: Pool::new(u64::MAX),
            granted_by: None,
        }
    }

    /// The budget of a decoding worker: its parent counts pictures.
    pub(crate) fn granted_by(grant: Arc<dyn Grant>) -> Self {
        Self {
            granted_by: Some(grant),
            ..Self::unlimited()
        }
    }

    /// Waits until there is room for a file.
    pub(crate) fn file(&self, bytes: u64) -> Permit {
        Pool::take(&self.files, bytes)
    }

    /// Waits until there is room for a picture.
    pub(crate) fn picture(&self, bytes: u64) -> Permit {
        if let Some(grant) = &self.granted_by {
            grant.wait_for(bytes);
        }
        Pool::take(&self.pictures, bytes)
    }
}

impl Debug for Budget {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Budget")
            .field("files", &self.files)
            .field("pictures", &self.pictures)
            .finish_non_exhaustive()
    }
}

impl Permit {
    /// Whether this holds room for so many bytes, or all that there is.
    pub(crate) fn covers(&self, bytes: u64) -> bool {
        self.bytes >= bytes.min(self.pool.total)
    }

    /// Gives back what is more than so many bytes.
    pub(crate) fn keep(&mut self, bytes: u64) {
        let surplus = self.bytes.saturating_sub(bytes);
        self.bytes -= surplus;
        self.pool.give_back(surplus);
    }
}

impl Pool {
    fn new(total: u64) -> Arc<Self> {
        Arc::new(Self {
            total,
            free: Mutex::new(total),
            freed: Condvar::new(),
        })
    }

    /// Waits until `bytes` are free. A request for more than the whole pool takes all of it, so that
    /// nothing else is in memory beside it.
    fn take(pool: &Arc<Self>, bytes: u64) -> Permit {
        let bytes = bytes.min(pool.total);
        let free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = pool
            .freed
            .wait_while(free, |free| *free < bytes)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Permit {
            pool: Arc::clone(pool),
            bytes,
        }
    }

    fn give_back(&self, bytes: u64) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        self.freed.notify_all();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.pool.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, PICTURES};
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn threads_share_it_and_the_largest_goes_alone() {
        let budget = Budget::default();
        let in_use = AtomicU64::new(0);
        let (shared, sum) = (&budget, &in_use);
        let parts: [u64; 5] = [1, 2, 3, 8, 100];
        std::thread::scope(|scope| {
            for part in parts.iter().cycle().take(40) {
                scope.spawn(move || {
                    // The last part is larger than the pool.
                    let bytes = PICTURES / 8 * part;
                    let permit = shared.picture(bytes);
                    let counts = bytes.min(PICTURES);
                    let before = sum.fetch_add(counts, Ordering::SeqCst);
                    assert!(before + counts <= PICTURES);
                    std::thread::yield_now();
                    sum.fetch_sub(counts, Ordering::SeqCst);
                    drop(permit);
                });
            }
        });
        drop(budget.picture(PICTURES));
    }

    #[test]
    fn what_a_smaller_picture_does_not_need_is_given_back() {
        let budget = Budget::default();
        let free = || *budget.pictures.free.lock().unwrap();
        let mut permit = budget.picture(1000);
        permit.keep(2000);
        assert_eq!(free(), PICTURES - 1000);
        permit.keep(10);
        assert_eq!(free(), PICTURES - 10);
        drop(permit);
        assert_eq!(free(), PICTURES);
    }
}
