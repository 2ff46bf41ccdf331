//! Sync (photos into the index) and search (query to hits): where models, photos and the index meet.
//!
//! A front end needs no other crate below this one. What it exports of them is vocabulary: plain
//! facts of photos and folders, reports, errors, the words of the query language, and the model with
//! its device and precision. Whatever reads or writes files is wrapped: [`Index`] changes an index,
//! [`Searcher`], [`Photos`] and [`Status`] read one, and [`Pictures`] reads photos.

mod calibrate;
mod error;
mod formats;
mod given;
mod identity;
mod index;
mod interest;
mod json_attachment;
mod language;
#[cfg(test)]
mod made_library;
mod names;
mod photos;
mod pictures;
mod prompts;
mod roots;
mod rounded_score;
mod saved;
mod search;
mod status;
mod sync;
mod tag;
mod texts;

pub use calibrate::{Background, Calibration, everyday_texts};
pub use error::{EngineError, PictureError};
pub use formats::{FormatCounts, count_formats};
pub use given::Labelled;
pub use identity::{ModelChoice, model_of, open_model};
pub use index::{Index, compact, rebuild, verify};
pub use interest::Interest;
pub use language::query_context;
pub use names::Names;
pub use photos::{PhotoEntry, Photos};
pub use pictures::{Picture, Pictures};
pub use prompts::{Wording, mean_direction, wordings};
pub use roots::{CommonRules, Roots, Scope, SettingsChange};
pub use rounded_score::{MATCH, rounded_score};
pub use saved::Saved;
pub use search::{
    Answer, Explanation, FindOptions, Folding, Group, Hit, Likeness, MatchedFile, Order,
    QueryVector, Searcher, Shown, vocabulary_of,
};
pub use status::{Folder, Status, failures};
pub use sync::{Event, Failed, KnownFailures, Missing, Progress, SyncOptions, SyncReport, sync};
pub use tag::{Labels, PhotoLabels, TagOptions};
pub use texts::adapt;

pub use pixseek_clip::{ComputeDevice, DeviceChoice, Model, Precision};
pub use pixseek_files::plain;
pub use pixseek_index::{
    Attachment, Forgotten, GivenLabels, GraphProgress, IndexError, ModelIdentity, RemakeReport,
    RootSettings, RootState, Route, SearchMode, VerifyReport, writing_process,
};
pub use pixseek_photos::{WalkError, Workers, format_by_name, serve as serve_decoding};
pub use pixseek_query::{
    Completion, Context as QueryContext, GRAMMAR, Query, QueryError, Vocabulary, requoted,
};
pub use pixseek_record::{
    Failure, FailureKind, FilmFacts, PhotoFacts, PhotoNotes, bytes_of, clock, path_of,
};
