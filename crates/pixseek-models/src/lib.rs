//! Published models: a registry that knows them by name, and a folder in which they are installed
//! by pulling them from a server or importing a folder.
//!
//! No other crate uses the network, and here only [`pull()`] does. It asks one server: that of
//! `HF_ENDPOINT`, or huggingface.co.

mod registry;

mod pull;

mod download;

mod convert;
mod staging;
mod store;

mod error;
#[cfg(test)]
mod tests;

pub use error::{Difference, ModelsError, NetworkError, Status};
pub use pull::{PullOptions, Pulling, pull};
pub use registry::{KnownFile, KnownModel, Registry};
pub use store::{Installed, Record, RecordedFile, Store};
