//! The models that the world has trained: known by name, pulled, imported, kept in one folder.
//!
//! This is the only crate that uses the network, and only [`pull()`] does, from the one server
//! that a person names (`HF_ENDPOINT`, else huggingface.co).

mod convert;
mod download;
mod error;
mod pull;
mod registry;
mod staging;
mod store;
#[cfg(test)]
mod tests;

pub use error::ModelsError;
pub use pull::{PullOptions, Pulling, pull};
pub use registry::{KnownFile, KnownModel, Registry};
pub use store::{Installed, Record, RecordedFile, Store};
