//! sled's handles. They are opened and dropped in threads whose panics the catalog catches.

use sled::Tree;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// sled's page cache. The default of 1 GiB is too much for a command-line tool.
const CACHE_BYTES: u64 = 32 << 20;

/// Together half a second.
pub(super) const UNLOCK_TRIES: u32 = 50;
pub(super) const UNLOCK_WAIT: Duration = Duration::from_millis(10);

/// An open sled database.
pub(super) struct Sled {
    /// `None` only during the drop.
    pub trees: Option<Trees>,
    /// Set when closing failed.
    pub is_broken: Arc<AtomicBool>,
}

pub(super) struct Trees {
    pub db: sled::Db,
    pub photos: Tree,
    pub failures: Tree,
    pub contents: Tree,
    pub roots: Tree,
    pub forgotten: Tree,
    pub pending: Tree,
    pub arrivals: Tree,
    pub meta: Tree,
}

impl Sled {
    pub(super) fn new(trees: Trees) -> Self {
        Self {
            trees: Some(trees),
            is_broken: Arc::default(),
        }
    }
}

impl Drop for Sled {
    /// Closes sled in a thread, because its last sync panics when it fails.
    fn drop(&mut self) {
        let trees = self.trees.take();
        let closing = std::thread::Builder::new()
            .name("catalog".into())
            .spawn(move || drop(trees))
            .map(std::thread::JoinHandle::join);
        if !matches!(closing, Ok(Ok(()))) {
            self.is_broken.store(true, Ordering::Relaxed);
        }
    }
}

pub(super) fn open_trees(path: &Path) -> sled::Result<Trees> {
    let open = || {
        let db = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .open()?;
        Ok(Trees {
            photos: db.open_tree("photos")?,
            failures: db.open_tree("failures")?,
            contents: db.open_tree("contents")?,
            roots: db.open_tree("roots")?,
            forgotten: db.open_tree("forgotten")?,
            pending: db.open_tree("pending")?,
            arrivals: db.open_tree("arrivals")?,
            meta: db.open_tree("meta")?,
            db,
        })
    };
    // sled's threads hold its lock for a moment after the last handle is dropped. We hold the
    // writer's lock, so nobody else can have the catalog open: wait until that thread ends.
    let mut tries = 0;
    loop {
        match open() {
            Err(sled::Error::Io(_)) if tries < UNLOCK_TRIES => {
                tries += 1;
                std::thread::sleep(UNLOCK_WAIT);
            }
            opened => return opened,
        }
    }
}
