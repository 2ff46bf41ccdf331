//! Opens and converts a model in a way that the user can stop.
//!
//! For a large model both take seconds, in one call that cannot be interrupted. So they run on a
//! thread of their own, which is abandoned when the user stops: it ends with the program, or when
//! it cannot write its next file.

use crate::ModelsError;
use pixseek_clip::Model;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// The time between two looks at whether the user has stopped.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// Converts the model in the folder `from` into the folder `to`.
///
/// # Errors
///
/// When `from` holds no model, a write fails, or `stop` became true.
pub(crate) fn convert(from: &Path, to: &Path, stop: &AtomicBool) -> Result<(), ModelsError> {
    let (from, to) = (from.to_path_buf(), to.to_path_buf());
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::spawn(move || {
        // After a stop nobody receives.
        let _ = sender.send(Model::open(&from).and_then(|model| model.convert(&to)));
    });
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(ModelsError::Stopped);
        }
        match receiver.recv_timeout(STOP_INTERVAL) {
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
