//! Filters: the conditions on a photo's record that a query states and the index evaluates.

use std::ops::RangeInclusive;
use std::path::PathBuf;

/// A condition, or several combined.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Passes photos that pass every filter: all photos if the list is empty.
    All(Vec<Filter>),
    /// Passes photos that pass at least one filter.
    Any(Vec<Filter>),
    /// Passes photos that do not pass the filter.
    Not(Box<Filter>),
    /// Passes photos below this folder.
    In(Folder),
    /// Passes photos that meet the condition. A photo whose fact is unknown does not meet it.
    Is(Condition),
}

/// A folder, or several whose paths have a piece in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// `/photos/italy`: the folder at this path.
    Path(PathBuf),
    /// `italy` or `italy/2019`: every folder whose path contains this text, because in many scripts
    /// people cannot say where a name begins. A `/` at its end is the end of a name.
    Piece(String),
}

/// One condition on a photo's facts. Whoever compares texts ignores case and accents.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Taken in these seconds since 1970, by the camera's clock.
    Taken(RangeInclusive<i64>),
    /// Taken in these months, 1 to 12.
    Month(RangeInclusive<u64>),
    /// Taken in these minutes of the day, from 0.
    Minute(RangeInclusive<u64>),
    /// The camera's name contains this text.
    Camera(String),
    /// The lens's name contains this text.
    Lens(String),
    /// Taken at this ISO speed.
    Iso(RangeInclusive<u64>),
    /// The file's name ends like this, after its last dot.
    Extension(String),
    /// The file's size in bytes.
    Size(RangeInclusive<u64>),
    /// The width in pixels, upright.
    Width(RangeInclusive<u64>),
    /// The height in pixels, upright.
    Height(RangeInclusive<u64>),
    /// 1000 · width / height.
    Aspect(RangeInclusive<u64>),
    /// Taken at most this far from a place, by [`crate::kilometres`].
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// The distance.
        kilometres: f64,
    },
    /// Stars; -1 for a photo that was rejected.
    Rating(RangeInclusive<i64>),
    /// The fact is known.
    Known(Fact),
    /// A person gave the photo this label, or it is the one of the computed labels that describes
    /// the photo best.
    Tag(String),
    /// It is a film.
    Film,
    /// A film that lasts this long, in milliseconds.
    Duration(RangeInclusive<u64>),
    /// A photo with a short film: a Live Photo or a motion photo.
    Motion,
}

/// A fact that may be known of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// When it was taken.
    Date,
    /// Where it was taken.
    Place,
    /// The camera that took it.
    Camera,
    /// The lens that took it.
    Lens,
    /// How a person rated it.
    Rating,
}

impl Filter {
    /// Whether every photo passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::All(filters) if filters.iter().all(Self::is_open))
    }

    /// The labels that the filter asks for. The index keeps them apart from the records.
    #[must_use]
    pub fn labels(&self) -> Vec<&str> {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().flat_map(Self::labels).collect()
            }
            Self::Not(filter) => filter.labels(),
            Self::Is(Condition::Tag(label)) => vec![label],
            Self::In(_) | Self::Is(_) => Vec::new(),
        }
    }

    /// The same filter with each folder replaced by `folder` of it.
    #[must_use]
    pub fn with_folders(&self, folder: &dyn Fn(&Folder) -> Folder) -> Self {
        let all = |filters: &[Self]| filters.iter().map(|one| one.with_folders(folder)).collect();
        match self {
            Self::All(filters) => Self::All(all(filters)),
            Self::Any(filters) => Self::Any(all(filters)),
            Self::Not(filter) => Self::Not(Box::new(filter.with_folders(folder))),
            Self::In(name) => Self::In(folder(name)),
            Self::Is(condition) => Self::Is(condition.clone()),
        }
    }
}
