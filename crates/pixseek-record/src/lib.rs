//! The record of a photo, shared by the crates that read it from files, store it and search it.
//!
//! A photo has a path ([`bytes_of`]), a version ([`Stamp`]), the facts that its file tells
//! ([`PhotoFacts`]), and the notes that people wrote into it ([`PhotoNotes`]). [`place_words`] and
//! [`date_words`] are the words by which people search for places and dates. A [`Filter`] states
//! conditions on a record: queries have them, and the index evaluates them. A file that cannot
//! become a photo is a [`Failure`]. Files that belong together have one [`FamilyName`]. A picture that
//! shows nothing [`is_blank`].
//!
//! The index stores these types as postcard, so the order of their fields is part of its format.

mod blank;
mod calendar;
mod distance;
mod facts;
mod failure;
mod family;
mod filter;
mod path_bytes;
mod places;
mod stamp;

pub use blank::is_blank;
pub use calendar::{MONTHS, WEEKDAYS, date_words};
pub use distance::kilometres;
pub use facts::{Exposure, FilmFacts, PhotoFacts, PhotoNotes, camera_name, clock};
pub use failure::{Failure, FailureKind};
pub use family::FamilyName;
pub use filter::{Condition, Fact, Filter, Folder};
pub use path_bytes::{bytes_of, path_of};
pub use places::{place_named, place_words, places_beginning};
pub use stamp::Stamp;
