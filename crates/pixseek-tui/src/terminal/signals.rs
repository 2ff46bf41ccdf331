//! Signals that end the program, and the one that stops it for a while.

use crate::app::News;
use crossbeam_channel::Sender;
use std::io;

#[cfg(unix)]
pub use unix::{listen, suspend};

#[cfg(unix)]
mod unix {
    use super::{News, Sender, io};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Tells of signals, on a thread of its own.
    pub fn listen(sender: Sender<News>) -> io::Result<()> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if sender.send(News::Signal(signal)).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    /// Stops this process as the shell's ctrl-z does; returns when it goes on.
    pub fn suspend() -> io::Result<()> {
        emulate_default_handler(SIGTSTP)
    }
}

/// Nothing to listen to.
#[cfg(not(unix))]
pub fn listen(_: Sender<News>) -> io::Result<()> {
    Ok(())
}

/// Nothing to stop for.
#[cfg(not(unix))]
pub fn suspend() -> io::Result<()> {
    Ok(())
}
