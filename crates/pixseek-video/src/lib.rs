//! Films as a few pictures: the key frames of MP4 and MOV files, and what their containers say.
//!
//! [`Film::open`] reads the boxes that describe a film, [`Film::key_frames`] chooses up to eight places
//! spread over it, and [`Film::decode`] makes an upright picture of each. A key frame needs no other
//! picture, so a film of hours costs as much as one of seconds. H.264 and HEVC are decoded here;
//! [`Ffmpeg`] knows the rest, where it is installed.
//!
//! The container is read here and not by `re_mp4`, which reads all tables of all tracks
//! into lists of samples in memory.

mod boxes;
mod colour;
mod container;
mod empty;
mod ffmpeg;
mod film;
mod fragments;
mod h264;
#[cfg(feature = "hevc")]
mod hevc;
mod metadata;
mod plan;
mod planes;
mod samples;
#[cfg(test)]
mod tests;
mod timing;
mod tone;
mod track;
mod units;

pub use container::{is_film, is_surely_film, may_be_film};
pub use empty::is_empty;
pub use ffmpeg::Ffmpeg;
pub use film::{Film, FilmFacts, FilmLimits, KeyFrame, Still};
pub use pixseek_record::{Failure, FailureKind};
