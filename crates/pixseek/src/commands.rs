//! One function a command: arguments in, words and an outcome out.

mod failures;
mod forget;
mod index;
mod maintain;
mod memory;
mod progress;
mod search;
mod status;
mod watch;

pub use failures::failures;
pub use forget::forget;
pub use index::index;
pub use maintain::{compact, rebuild, verify};
pub use memory::{forget_name, names, save, saved, teach, unsave};
pub use search::{search, similar};
pub use status::status;
