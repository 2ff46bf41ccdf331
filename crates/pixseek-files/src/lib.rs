//! How pixseek writes files: for their owner alone, and whole or not at all.
//!
//! Photos are private, and so is what can be learned from an index: paths, captions, places and
//! vectors. Folders are made with mode 0700 and files with mode 0600, whatever the umask. The
//! umask itself stays as the user has set it, because programs that pixseek starts inherit it.
//! On systems without these modes the folder of the user's profile protects what lies in it.

mod lock;
mod plain;
mod private;
mod replace;

pub use lock::{Lock, is_locked};
pub use plain::plain;
pub use private::{close, close_all, create, find_link, make_folder, open_or_create, options};
pub use replace::{NewFile, remove_unfinished, rename, replace, sync_folder};
