//! Sync (photos into the index) and search (query to hits): the only crate that knows models,
//! photos and the index.

mod calibrate;
mod error;
mod identity;
mod json_attachment;
mod language;
#[cfg(test)]
mod made_library;
mod names;
mod pixels;
mod prompts;
mod roots;
mod saved;
mod search;
mod sync;
mod tag;
mod texts;

pub use calibrate::{Calibration, everyday_texts};
pub use error::EngineError;
pub use identity::{ModelChoice, model_of, open_model, precision_of, set_precision};
pub use language::query_context;
pub use names::Names;
pub use pixels::pixels_of;
pub use prompts::{Wording, mean_direction, wordings};
pub use roots::{CommonRules, Roots, Scope, SettingsChange, take_in};
pub use saved::Saved;
pub use search::{
    Answer, Explanation, FindOptions, Folding, Found, Group, Likeness, Order, QueryVector,
    Searcher, Shown, vocabulary_of,
};
pub use sync::{Event, Failed, KnownFailures, Missing, Progress, SyncOptions, SyncReport, sync};
pub use tag::TagOptions;
pub use texts::adapt;

pub use pixseek_clip::{Classification, ComputeDevice, DeviceChoice, Model, Precision, Retrieval};
pub use pixseek_files::plain;
pub use pixseek_index::{
    Attachment, Batch, CatalogView, FailureKind, FailureRecord, Forgotten, FoundPhoto,
    GraphProgress, IndexError, KeepRows, Manifest, ModelIdentity, PathText, PhotoFacts, PhotoNotes,
    PhotoRecord, Phrase, PublishedFailure, Reader, RemakeReport, Root, RootSettings, RootState,
    Route, RowFilter, RowId, SearchMode, Stamp, Tags, VerifyReport, Writer, WriterOptions,
    read_failures, remake, verify, words, writing_process,
};
pub use pixseek_photos::{
    Budget, DecodeLimits, IGNORE_FILE, LeftOut, Photo, PhotoFile, Rules, WalkError, bytes_of,
    may_be_photo, path_of,
};
pub use pixseek_query::{
    Alternative, Completion, Context as QueryContext, GRAMMAR, Part, Query, QueryError, Subject,
    Vocabulary, requoted,
};
