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
pub use sync::{Event, Failed, KnownFailures, Missing, Progress, SyncOptions, SyncReport, sync};

pub use pixseek_clip::{ComputeDevice, DeviceChoice, Model};
pub use pixseek_index::{
    FailureRecord, GraphProgress, Hit, IndexError, KeepRows, Manifest, ModelIdentity, PathText,
    PhotoFacts, Plan, PublishedFailure, Reader, RemakeReport, RootState, SearchMode, VerifyReport,
    Writer, WriterOptions, read_failures, remake, verify,
};
pub use pixseek_photos::{DecodeLimits, Links, WalkOptions, bytes_of, path_of};
