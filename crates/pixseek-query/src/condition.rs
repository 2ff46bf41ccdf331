//! What a photo must be to be found: filters, and the conditions that they are made of.

use std::ops::RangeInclusive;
use std::path::PathBuf;

/// A condition, or conditions together.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All pass; none at all pass everything.
    All(Vec<Filter>),
    /// One passes.
    Any(Vec<Filter>),
    /// It does not pass.
    Not(Box<Filter>),
    /// This is so. What is not known of a photo is not so.
    Is(Condition),
}

/// One thing about a photo. Texts are in lower case; whoever compares them ignores accents.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Taken in these seconds since 1970, by the camera's clock.
    Taken(RangeInclusive<i64>),
    /// Taken in these months, 1 to 12.
    Month(RangeInclusive<u64>),
    /// Taken in these minutes of the day, from 0.
    Minute(RangeInclusive<u64>),
    /// The camera's name has this in it.
    Camera(String),
    /// The lens's name has this in it.
    Lens(String),
    /// Below this folder.
    Folder(Folder),
    /// The ending of the file's name, without its dot.
    Extension(String),
    /// Bytes.
    Size(RangeInclusive<u64>),
    /// Pixels, upright.
    Width(RangeInclusive<u64>),
    /// Pixels, upright.
    Height(RangeInclusive<u64>),
    /// A thousand times width through height.
    Aspect(RangeInclusive<u64>),
    /// Taken within a distance, on a sphere of 6,371 km.
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// The distance.
        kilometres: f64,
    },
    /// Stars; -1 is a photo that was rejected.
    Rating(RangeInclusive<i64>),
    /// This is known.
    Known(Fact),
    /// It has this label.
    Tag(String),
}

/// A folder as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// `/photos/italy`, `./italy` or `.`: the folder at this path.
    Path(PathBuf),
    /// `italy` or `italy/2019`: folders with these names, one in the other, wherever they are;
    /// in lower case.
    Piece(String),
}

/// What may be known of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// When it was taken.
    Date,
    /// Where it was taken.
    Place,
    /// With which camera.
    Camera,
    /// With which lens.
    Lens,
    /// How a person rated it.
    Rating,
}

impl Filter {
    /// Whether everything passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::All(filters) if filters.iter().all(Self::is_open))
    }
}
