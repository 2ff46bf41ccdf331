//! One function per command: it takes the arguments, prints, and returns how the command ended.

mod bench;
mod config;
mod dupes;
mod eval;
mod failures;
mod forget;
mod index;
mod interface;
mod maintain;
mod memory;
mod models;
mod progress;
mod search;
mod status;
mod tag;
mod thumbnails;
mod watch;

pub use bench::bench;
pub use config::{completions, config, man};
pub use dupes::dupes;
pub use eval::eval;
pub use failures::failures;
pub use forget::forget;
pub use index::index;
use index::refresh;
pub use interface::interface;
pub use maintain::{compact, rebuild, verify};
pub use memory::{forget_name, names, save, saved, teach, unsave};
pub use models::models;
pub use search::{search, similar};
pub use status::status;
pub use tag::tag;
