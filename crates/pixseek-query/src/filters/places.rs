//! Filters by place: `near:` and `in:`.

use super::FilterReader;
use crate::amounts::kilometres;
use crate::{Condition, Filter, Folder, QueryError};
use std::path::Path;

/// The distance of `near:` without a distance.
const KILOMETRES: f64 = 10.0;
/// The largest distance: half the circumference of the Earth.
const FARTHEST: f64 = 20_038.0;

impl FilterReader<'_> {
    /// Reads `45.44,12.33,30km`, or the name of a city and a distance.
    pub(super) fn near(&self, value: &str) -> Result<Filter, QueryError> {
        let hint = "as in near:45.44,12.33,30km or near:venice,30km";
        let parts: Vec<&str> = value.split(',').map(str::trim).collect();
        let degrees = |text: &str, most: f64| {
            let value: f64 = text.parse().ok()?;
            (value.abs() <= most).then_some(value)
        };
        let (place, rest) = match parts.as_slice() {
            [latitude, longitude, rest @ ..] if degrees(latitude, f64::MAX).is_some() => {
                let place = degrees(latitude, 90.0).zip(degrees(longitude, 180.0));
                let wrong = "a latitude is from -90 to 90, a longitude from -180 to 180";
                (place.ok_or_else(|| self.error(wrong, hint))?, rest)
            }
            [name, rest @ ..] => {
                let place = (self.context.place_named)(name);
                let wrong = "unknown place";
                (place.ok_or_else(|| self.error(wrong, hint))?, rest)
            }
            [] => return Err(self.error("not a place", hint)),
        };
        let kilometres = match rest {
            [] => Some(KILOMETRES),
            [distance] => kilometres(&distance.to_lowercase()),
            _ => None,
        };
        let kilometres = kilometres
            .filter(|kilometres| (0.0..=FARTHEST).contains(kilometres))
            .ok_or_else(|| self.error("not a distance", "as in 30km, 500m or 20mi"))?;
        Ok(Filter::Is(Condition::Near {
            latitude: place.0,
            longitude: place.1,
            kilometres,
        }))
    }
}

/// Reads a folder: a path if it begins like one, as it was typed. Only the machine knows where
/// `./italy` is.
pub(super) fn folder(value: &str) -> Folder {
    let is_path = Path::new(value).is_absolute() || value.starts_with("./") || value == ".";
    if is_path {
        Folder::Path(value.into())
    } else {
        Folder::Piece(value.to_lowercase())
    }
}
