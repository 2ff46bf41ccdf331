//! What a photo must be to be found.

use std::ops::RangeInclusive;

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

/// One thing about a photo. Names are compared as [`crate::fold_text`] folds them: neither case
/// nor accents count.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Taken in these seconds since 1970, by the camera's clock.
    Taken(RangeInclusive<i64>),
    /// Taken in these months, 1 to 12.
    Month(RangeInclusive<u64>),
    /// Taken in these minutes of the day.
    Minute(RangeInclusive<u64>),
    /// The camera's name has this in it.
    Camera(String),
    /// The lens's name has this in it.
    Lens(String),
    /// The folder's path has this in it; slashes end folders' names.
    Folder(String),
    /// The ending of the file's name.
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
    /// It has this label as its first ([`crate::Tags`]).
    Tag(String),
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
    /// Whether a label is asked for.
    pub(crate) fn has_tag(&self) -> bool {
        match self {
            Self::All(filters) | Self::Any(filters) => filters.iter().any(Self::has_tag),
            Self::Not(filter) => filter.has_tag(),
            Self::Is(condition) => matches!(condition, Condition::Tag(_)),
        }
    }
}
