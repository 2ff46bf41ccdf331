//! The facts in a photo's EXIF.

#[cfg(test)]
mod tests;

use exif::{Exif, In, Tag, Value};
use jiff::civil;
use jiff::tz::Offset;
use pixseek_record::{Exposure, PhotoFacts, camera_name, place_words};

/// The metadata of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileFacts {
    /// The facts that the index stores.
    pub facts: PhotoFacts,
    /// Why a part of the notes was not read, as a message for people.
    pub unread: Option<String>,
}

/// The time of a photo by the camera's clock.
struct Taken {
    /// ISO 8601, with the offset from UTC if EXIF has it.
    iso: String,
    /// The same time in seconds since 1970, as if the clock showed UTC.
    seconds: i64,
}

/// Characters of a camera's or lens's name; longer texts are cut.
const LONGEST_NAME: usize = 100;

/// Reads the facts of EXIF, without the picture's size and the notes.
pub(crate) fn facts_of(exif: &Exif) -> PhotoFacts {
    let taken = taken(exif);
    let place = place(exif);
    PhotoFacts {
        taken_seconds: taken.as_ref().map(|taken| taken.seconds),
        taken: taken.map(|taken| taken.iso),
        camera: camera(exif),
        lens: text(exif, Tag::LensModel),
        iso: iso(exif),
        exposure: exposure(exif),
        place_words: place.map_or_else(String::new, |(north, east)| place_words(north, east)),
        place,
        ..PhotoFacts::default()
    }
}

/// Reads the EXIF orientation, 1 to 8; 1 is upright.
pub(crate) fn orientation(exif: &Exif) -> u8 {
    own_orientation(exif).unwrap_or(1)
}

/// Reads the EXIF orientation, if there is one.
pub(crate) fn own_orientation(exif: &Exif) -> Option<u8> {
    number(exif, Tag::Orientation)
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
}

/// Reads the time of the original, else of its digitising, else of the last change.
fn taken(exif: &Exif) -> Option<Taken> {
    [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ]
    .into_iter()
    .find_map(|(time, offset)| {
        let mut clock = exif::DateTime::from_ascii(ascii(exif, time)?).ok()?;
        if let Some(offset) = ascii(exif, offset) {
            // The time counts without its offset, too.
            let _ = clock.parse_offset(offset);
        }
        moment(&clock)
    })
}

fn moment(clock: &exif::DateTime) -> Option<Taken> {
    let civil = civil::DateTime::new(
        i16::try_from(clock.year).ok()?,
        i8::try_from(clock.month).ok()?,
        i8::try_from(clock.day).ok()?,
        i8::try_from(clock.hour).ok()?,
        i8::try_from(clock.minute).ok()?,
        i8::try_from(clock.second).ok()?,
        0,
    )
    .ok()?;
    let offset = clock
        .offset
        .and_then(|minutes| Offset::from_seconds(i32::from(minutes) * 60).ok());
    let suffix = offset.map_or_else(String::new, |offset| {
        let minutes = offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    });
    let seconds = Offset::UTC.to_timestamp(civil).ok()?.as_second();
    Some(Taken {
        iso: format!("{civil}{suffix}"),
        seconds,
    })
}

fn camera(exif: &Exif) -> Option<String> {
    camera_name(text(exif, Tag::Make), text(exif, Tag::Model))
}

/// The ISO speed. EXIF 2.3 has 16 bits for it and writes 65535 for more; another tag then has the
/// number.
fn iso(exif: &Exif) -> Option<u32> {
    const MORE: u32 = 65_535;
    let sensitivity = number(exif, Tag::PhotographicSensitivity)?;
    let tags = [
        Tag::RecommendedExposureIndex,
        Tag::StandardOutputSensitivity,
        Tag::ISOSpeed,
    ];
    let more = || tags.into_iter().find_map(|tag| number(exif, tag));
    let speed = match sensitivity {
        MORE => more().unwrap_or(MORE),
        speed => speed,
    };
    (speed > 0).then_some(speed)
}

fn exposure(exif: &Exif) -> Exposure {
    Exposure {
        seconds: fraction(exif, Tag::ExposureTime),
        f_number: fraction(exif, Tag::FNumber),
        focal_length: fraction(exif, Tag::FocalLength),
    }
}

/// Reads a fraction that is above 0: cameras write 0, or a denominator of 0, for what they do not
/// know.
fn fraction(exif: &Exif, tag: Tag) -> Option<f32> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else {
        return None;
    };
    #[expect(clippy::cast_possible_truncation, reason = "shown with few digits")]
    let fraction = parts.first()?.to_f64() as f32;
    (fraction.is_finite() && fraction > 0.0).then_some(fraction)
}

/// Reads latitude and longitude, in degrees. Cameras write 0, 0 for an unknown place.
fn place(exif: &Exif) -> Option<(f64, f64)> {
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S')?;
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W')?;
    let is_on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    let is_known = latitude != 0.0 || longitude != 0.0;
    (is_on_earth && is_known).then_some((latitude, longitude))
}

fn degrees(exif: &Exif, value: Tag, reference: Tag, negative: u8) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(value, In::PRIMARY)?.value else {
        return None;
    };
    let [degrees, minutes, seconds] = parts.get(..3)? else {
        return None;
    };
    let total = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let is_negative =
        ascii(exif, reference).is_some_and(|letters| letters.first() == Some(&negative));
    total
        .is_finite()
        .then_some(if is_negative { -total } else { total })
}

fn number(exif: &Exif, tag: Tag) -> Option<u32> {
    exif.get_field(tag, In::PRIMARY)?.value.get_uint(0)
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => parts.first().map(Vec::as_slice),
        _ => None,
    }
}

/// Reads a name, and removes the padding and control characters that some cameras write.
fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let text: String = String::from_utf8_lossy(ascii(exif, tag)?)
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}
