//! A limit on the pixels that are decoded at one time, whatever the number of threads.

use std::sync::{Condvar, Mutex, PoisonError};

/// A counter of free pixels that threads wait on.
pub(crate) struct PixelBudget {
    total: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// Pixels in use, given back when this is dropped.
pub(crate) struct PixelPermit<'a> {
    budget: &'a PixelBudget,
    pixels: u64,
}

impl PixelBudget {
    pub(crate) fn new(total: u64) -> Self {
        Self {
            total,
            free: Mutex::new(total),
            freed: Condvar::new(),
        }
    }

    /// Waits until `pixels` are free; a picture larger than the whole budget takes all of it,
    /// and so is decoded alone.
    pub(crate) fn take(&self, pixels: u64) -> PixelPermit<'_> {
        let pixels = pixels.min(self.total);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free < pixels)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= pixels;
        PixelPermit {
            budget: self,
            pixels,
        }
    }
}

impl Drop for PixelPermit<'_> {
    fn drop(&mut self) {
        let mut free = self
            .budget
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *free += self.pixels;
        self.budget.freed.notify_all();
    }
}
