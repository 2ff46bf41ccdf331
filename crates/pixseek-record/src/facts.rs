//! What a photo's file tells of it, as far as it is kept.

use serde::{Deserialize, Serialize};

/// Facts about a photo; each may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoFacts {
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// When it was taken: ISO 8601 by the camera's clock, with the offset from UTC if known.
    pub taken: Option<String>,
    /// The same clock as seconds since 1970, for ordering and ranges.
    pub taken_seconds: Option<i64>,
    /// Maker and model, the maker not said twice.
    pub camera: Option<String>,
    /// Lens model.
    pub lens: Option<String>,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
    /// What the place is called: see [`crate::place_words`]. Empty where nothing is near.
    pub place_words: String,
    /// What people wrote into it.
    pub notes: PhotoNotes,
    /// The picture's 128-bit difference hash, for telling edits of one picture from pictures that
    /// are alike; `None` where the picture was not decoded.
    pub difference_hash: Option<u128>,
}

/// What people wrote into a photo (XMP, IPTC, EXIF).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoNotes {
    /// A few words.
    pub title: Option<String>,
    /// A sentence or more.
    pub caption: Option<String>,
    /// Keywords, people's and places' names; each once, however its letters are cased.
    pub keywords: Vec<String>,
    /// One to five stars, or -1 for a photo that was rejected.
    pub rating: Option<i8>,
}
