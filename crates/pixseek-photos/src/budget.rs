//! A limit on the memory that photos take at one time, whatever the number of threads.
//!
//! Files and pictures have pools of their own, and a thread takes the file's bytes before the
//! picture's. Threads that wait for a picture hold only files, and threads that hold a picture wait for
//! nothing, so there is no deadlock as long as no thread keeps a picture while it decodes another.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Bytes of files that may be in memory at one time.
const FILES: u64 = 128 << 20;
/// Bytes that decoding may take at one time: enough for five pictures of 12 megapixels, decoded whole.
const PICTURES: u64 = 192 << 20;

/// The free memory for files and for pictures; clones share it.
#[derive(Debug, Clone)]
pub struct Budget {
    files: Arc<Pool>,
    pictures: Arc<Pool>,
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
        }
    }
}

impl Budget {
    /// A budget without a limit, for callers that read one photo after another and may keep them.
    pub(crate) fn unlimited() -> Self {
        Self {
            files: Pool::new(u64::MAX),
            pictures: Pool::new(u64::MAX),
        }
    }

    /// Waits until there is room for a file.
    pub(crate) fn file(&self, bytes: u64) -> Permit {
        Pool::take(&self.files, bytes)
    }

    /// Waits until there is room for a picture.
    pub(crate) fn picture(&self, bytes: u64) -> Permit {
        Pool::take(&self.pictures, bytes)
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
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut free = self
            .pool
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *free += self.bytes;
        self.pool.freed.notify_all();
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
}
