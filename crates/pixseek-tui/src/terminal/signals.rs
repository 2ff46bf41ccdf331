//! Signals of the operating system: those that end the program, and the one that suspends it.

use crate::message::Message;
use crossbeam_channel::Sender;
use std::io;

#[cfg(unix)]
pub use unix::{listen, suspend};

#[cfg(unix)]
mod unix {
    use super::{Message, Sender, io};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Starts a thread that sends the signals that end the program as messages.
    pub fn listen(sender: Sender<Message>) -> io::Result<()> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if sender.send(Message::Signal(signal)).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    /// Suspends this process as ctrl-z does in a shell. Returns when the shell continues it.
    pub fn suspend() -> io::Result<()> {
        emulate_default_handler(SIGTSTP)
    }
}

/// Does nothing: such a system sends no signals.
#[cfg(not(unix))]
pub fn listen(_: Sender<Message>) -> io::Result<()> {
    Ok(())
}

/// Does nothing: such a system has no shell that could continue the program.
#[cfg(not(unix))]
pub fn suspend() -> io::Result<()> {
    Ok(())
}
