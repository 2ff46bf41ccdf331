//! One function a command: arguments in, words and an outcome out.

mod failures;
mod forget;
mod index;
mod progress;
mod search;
mod status;

pub use failures::failures;
pub use forget::forget;
pub use index::index;
pub use search::{search, similar};
pub use status::status;
