//! Writes files so that only their owner can read them, and replaces them as a whole.
//!
//! An index tells paths, captions, places and vectors of private photos. So folders get mode 0700
//! and files mode 0600, whatever the umask is. Setting the umask instead was rejected, because
//! programs that pixseek starts would inherit it. On systems without these modes, the user's
//! profile folder protects the files.

mod lock;
mod plain;
mod private;
mod replace;

pub use lock::{Lock, is_locked};
pub use plain::plain;
pub use private::{
    close, close_all, create, find_special, make_folder, open_or_create, open_regular, options,
    read_regular,
};
pub use replace::{NewFile, remove_unfinished, rename, replace, sync_folder};
