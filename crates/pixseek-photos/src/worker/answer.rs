//! Checks a worker's answer. A file may have taken its worker over, so an answer is as little trusted
//! as a file.

use super::message::{Outcome, PictureHeader, Task};
use crate::{DecodeLimits, FileFacts};
use jiff::civil;
use pixseek_record::{Exposure, PhotoFacts, place_words};
use std::io::{self, ErrorKind};

/// Characters of a text among the facts: no decoder hands out a longer one.
const LONGEST_TEXT: usize = 1000;

/// Keywords of a photo.
const MOST_KEYWORDS: usize = 100;

/// Characters of a time with its offset, and of the part before fractions and the offset.
const LONGEST_TIME: usize = 40;
const CLOCK: usize = "2026-01-31T12:00:00".len();

impl PictureHeader {
    /// Bytes of the pixels that follow.
    pub(super) fn bytes(self) -> u64 {
        u64::from(self.width)
            .saturating_mul(u64::from(self.height))
            .saturating_mul(3)
    }
}

/// The facts and the size of the picture of an answer that may be true.
///
/// # Errors
///
/// `InvalidData` for all others.
pub(super) fn checked(
    outcome: Outcome,
    task: Task,
    limits: DecodeLimits,
) -> io::Result<(FileFacts, Option<PictureHeader>)> {
    let Outcome {
        mut facts,
        unread,
        picture,
    } = outcome;
    let is_wanted = matches!(task, Task::Picture { .. });
    let fits = match &picture {
        Some(picture) => is_wanted && is_possible(picture, &facts, limits),
        None => !is_wanted,
    };
    if !fits || !are_possible(&facts) || !unread.as_deref().is_none_or(is_text) {
        return Err(ErrorKind::InvalidData.into());
    }
    // Derived from the place, so it need not be believed.
    facts.place_words = facts
        .place
        .map_or_else(String::new, |(north, east)| place_words(north, east));
    Ok((FileFacts { facts, unread }, picture))
}

/// Whether a picture is within the limits, and not larger than the whole one.
fn is_possible(picture: &PictureHeader, facts: &PhotoFacts, limits: DecodeLimits) -> bool {
    let pixels = u64::from(picture.width) * u64::from(picture.height);
    let of_photo = u64::from(facts.width).saturating_mul(u64::from(facts.height));
    let [width, height] = picture.whole;
    (1..=limits.pixels).contains(&pixels)
        && of_photo > 0
        && u64::from(width).saturating_mul(u64::from(height)) <= limits.pixels
        && picture.width <= width
        && picture.height <= height
        && picture.scale > 0.0
        && picture.scale <= 1.0
}

/// Whether the facts are such as this program reads from files.
fn are_possible(facts: &PhotoFacts) -> bool {
    let texts = [&facts.camera, &facts.lens];
    let notes = [&facts.notes.title, &facts.notes.caption];
    let mut texts = texts.into_iter().chain(notes).flatten();
    let keywords = &facts.notes.keywords;
    texts.all(|text| is_text(text))
        && keywords.len() <= MOST_KEYWORDS
        && keywords.iter().all(|keyword| is_text(keyword))
        && facts.taken.as_deref().is_none_or(is_time)
        && facts.taken.is_some() == facts.taken_seconds.is_some()
        && facts.taken_seconds.is_none_or(is_in_calendar)
        && facts.iso != Some(0)
        && is_exposure(facts.exposure)
        && facts.place.is_none_or(|(north, east)| {
            (-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east)
        })
        && facts
            .notes
            .rating
            .is_none_or(|rating| (-1..=5).contains(&rating))
}

fn is_exposure(exposure: Exposure) -> bool {
    let parts = [exposure.seconds, exposure.f_number, exposure.focal_length];
    let mut parts = parts.into_iter().flatten();
    parts.all(|part| part.is_finite() && part > 0.0)
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control)
}

/// Whether a text begins with a time of the calendar in ISO 8601.
fn is_time(text: &str) -> bool {
    let clock = text.get(..CLOCK).unwrap_or_default();
    text.len() <= LONGEST_TIME && text.is_ascii() && clock.parse::<civil::DateTime>().is_ok()
}

fn is_in_calendar(seconds: i64) -> bool {
    jiff::Timestamp::from_second(seconds).is_ok()
}
