//! What is known of a photo, for the crates that find it out, keep it and search it.
//!
//! A photo is a path ([`bytes_of`]) with a version ([`Stamp`]), the facts that its file tells
//! ([`PhotoFacts`]) and what people wrote into it ([`PhotoNotes`]). Places and dates have words that
//! people ask for them with ([`place_words`], [`date_words`]). A [`Filter`] is what a query demands of
//! all this and the index evaluates. A file that cannot become a photo is a [`Failure`].
//!
//! The types are stored as postcard: the order of their fields is a part of the index's format.

mod calendar;
mod distance;
mod facts;
mod failure;
mod filter;
mod path_bytes;
mod places;
mod stamp;

pub use calendar::{MONTHS, WEEKDAYS, date_words};
pub use distance::kilometres;
pub use facts::{PhotoFacts, PhotoNotes};
pub use failure::{Failure, FailureKind};
pub use filter::{Condition, Fact, Filter};
pub use path_bytes::{bytes_of, path_of};
pub use places::{place_named, place_words};
pub use stamp::Stamp;
