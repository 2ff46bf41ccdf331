//! Folders to photo files, photo files to upright pixels and what they say of themselves.
//!
//! [`Walk`] finds files and stamps them, [`diff()`] holds the stamps against what is known,
//! [`PhotoFile`] reads one file, and [`PhotoFile::decode`] makes an upright RGB image of it.
//! Of a camera's raw file only the embedded preview and what leads to it are read: [`PhotoFile::hash`]
//! covers these, [`PhotoFile::decode`] shows the preview, and the facts are those of the raw file.
//! A file that cannot become a photo is a [`Failure`]: data with a reason, not an error.
//!
//! Files of some formats are decoded in other processes, if the caller has [`Workers`] for that: then a
//! decoder that crashes, hangs or is taken over by a file is a failure of that file alone.
//!
//! This crate knows no model and no index.

mod animation;
mod bmp;
mod budget;
mod camera_raw;
mod colour;
mod decode;
mod decoder;
mod diff;
mod difference_hash;
mod facts;
mod file;
#[cfg(feature = "video")]
mod film;
mod format;
mod format_name;
mod heif;
mod ico;
mod ignore;
mod jpeg;
mod jpeg_xl;
mod motion;
#[cfg(test)]
mod mutations;
mod not_seen;
mod notes;
mod pnm;
mod psd;
mod raster;
mod reduce;
mod rules;
mod tga;
mod tiff;
mod walk;
mod webp;
mod worker;

pub use budget::Budget;
pub use camera_raw::has_extension as is_raw_name;
pub use decode::Photo;
pub use diff::{Change, Known, diff};
pub use difference_hash::difference_hash;
pub use facts::FileFacts;
pub use file::{DecodeLimits, Decoders, PhotoFile};
pub use format::{Format, may_be_photo};
pub use format_name::format_by_name;
pub use ignore::{GlobError, IGNORE_FILE, glob_below};
pub use not_seen::{NotSeen, why_not_seen};
pub use pixseek_record::{Failure, FailureKind, bytes_of, path_of};
#[cfg(feature = "video")]
pub use pixseek_video as video;
pub use rules::{LeftOut, Rules};
pub use walk::{Links, Seen, Walk, WalkError, WalkItem, WalkOptions};
pub use worker::{Workers, serve, serve_with};
