//! Sync (photos into the index) and search (query to hits): the only crate that knows
//! models, photos and the index.

mod budget;
mod error;
mod identity;
mod search;
mod sync;

pub use error::EngineError;
pub use identity::{ModelChoice, open_model};
pub use search::{Answer, QueryVector, Searcher};
pub use sync::{Event, Failed, KnownFailures, Progress, SyncOptions, SyncReport, sync};

pub use pixseek_clip::{ComputeDevice, DeviceChoice, Model};
pub use pixseek_index::{
    FailureRecord, Hit, IndexError, Manifest, ModelIdentity, PhotoFacts, Plan, PublishedFailure,
    Reader, SearchMode, Writer, WriterOptions, read_failures,
};
pub use pixseek_photos::{DecodeLimits, Links, WalkOptions, bytes_of, path_of};
