//! Opening and converting a model in a way that a person can stop.
//!
//! Both take seconds for a large model, in one call that does not ask whether it should go on. So
//! a thread of its own makes it, and is left behind when a person wants to stop: it ends with the
//! program, or with the first file that it cannot write.

use crate::ModelsError;
use pixseek_clip::Model;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How often a person is listened to.
const BLINK: Duration = Duration::from_millis(50);

/// Converts the model of `from` into the folder `to`.
pub(crate) fn convert(from: &Path, to: &Path, stop: &AtomicBool) -> Result<(), ModelsError> {
    let (from, to) = (from.to_path_buf(), to.to_path_buf());
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::spawn(move || {
        // Nobody listens when a person has stopped it.
        let _ = sender.send(Model::open(&from).and_then(|model| model.convert(&to)));
    });
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(ModelsError::Stopped);
        }
        match receiver.recv_timeout(BLINK) {
            Ok(converted) => {
                converted?;
                return Ok(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => return Err(ModelsError::Stopped),
            },
        }
    }
}
