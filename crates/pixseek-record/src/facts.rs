//! Facts about a photo that its file tells and the index stores.

use serde::{Deserialize, Serialize};

/// Facts about a photo. Most may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoFacts {
    /// The width in pixels, upright.
    pub width: u32,
    /// The height in pixels, upright.
    pub height: u32,
    /// The time when it was taken: ISO 8601 by the camera's clock, with the offset from UTC if
    /// known.
    pub taken: Option<String>,
    /// The same clock as seconds since 1970, for ordering and ranges.
    pub taken_seconds: Option<i64>,
    /// Maker and model of the camera, without repeating the maker.
    pub camera: Option<String>,
    /// The model of the lens.
    pub lens: Option<String>,
    /// The ISO speed, 1 or more.
    pub iso: Option<u32>,
    /// How the camera exposed it.
    pub exposure: Exposure,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
    /// The names of the place: see [`crate::place_words`]. Empty if no city is near.
    pub place_words: String,
    /// The notes that people wrote into it.
    pub notes: PhotoNotes,
    /// The picture's 128-bit difference hash. It distinguishes edits of the same picture from
    /// similar pictures. `None` if the picture was not decoded.
    pub difference_hash: Option<u128>,
    /// Whether a short film belongs to the photo. In the index: whether it is in the photo's file, as
    /// that of a motion photo. Searches add the film beside a Live Photo, which may come and go.
    pub has_motion: bool,
    /// Set for a film, whose key frames stand for it.
    pub film: Option<FilmFacts>,
}

/// Shutter, aperture and focal length of a photo. Each is finite and above 0, or unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The exposure time in seconds.
    pub seconds: Option<f32>,
    /// The f-number.
    pub f_number: Option<f32>,
    /// The focal length in millimetres, not converted to another sensor's size.
    pub focal_length: Option<f32>,
}

impl Exposure {
    /// These facts; those that are unknown, from another exposure.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.or(other.seconds),
            f_number: self.f_number.or(other.f_number),
            focal_length: self.focal_length.or(other.focal_length),
        }
    }
}

/// Facts about a film.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilmFacts {
    /// The duration in milliseconds; 0 if it is unknown: see [`FilmFacts::duration`].
    pub milliseconds: u64,
    /// The times of its key frames in milliseconds, ascending, one for each of its rows. Empty if
    /// they are unknown; a single unknown one is [`FilmFacts::UNKNOWN_TIME`].
    pub frames: Vec<u32>,
}

impl FilmFacts {
    /// The time of a key frame of which the film does not say when it is shown.
    pub const UNKNOWN_TIME: u32 = u32::MAX;

    /// The duration in milliseconds, if it is known.
    #[must_use]
    pub fn duration(&self) -> Option<u64> {
        (self.milliseconds > 0).then_some(self.milliseconds)
    }

    /// The time of a key frame in milliseconds, if it is known.
    #[must_use]
    pub fn time_of(&self, frame: usize) -> Option<u32> {
        let time = self.frames.get(frame).copied();
        time.filter(|time| *time != Self::UNKNOWN_TIME)
    }
}

/// Notes that people wrote into a photo (XMP, IPTC, EXIF).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoNotes {
    /// The title, a few words.
    pub title: Option<String>,
    /// The caption, a sentence or more.
    pub caption: Option<String>,
    /// Keywords and names of people and places. Each is kept once, whatever its case.
    pub keywords: Vec<String>,
    /// One to five stars, or -1 for a photo that was rejected.
    pub rating: Option<i8>,
}

/// Writes milliseconds as players do: `0:41`, `12:05` or `1:02:03`.
#[must_use]
pub fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Names a camera by its maker and model, without repeating the maker.
#[must_use]
pub fn camera_name(maker: Option<String>, model: Option<String>) -> Option<String> {
    match (maker, model) {
        (Some(maker), Some(model)) => {
            let brand = maker.split_whitespace().next().unwrap_or_default();
            let is_said = model.to_lowercase().starts_with(&brand.to_lowercase());
            Some(if is_said {
                model
            } else {
                format!("{maker} {model}")
            })
        }
        (maker, model) => model.or(maker),
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn times_are_written_as_players_do() {
        for (milliseconds, expected) in [
            (0, "0:00"),
            (41_999, "0:41"),
            (725_000, "12:05"),
            (3_723_000, "1:02:03"),
            (u64::MAX, "5124095576030:25:51"),
        ] {
            assert_eq!(clock(milliseconds), expected);
        }
    }
}
