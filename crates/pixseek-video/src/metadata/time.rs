//! The times that containers state.

use jiff::civil;
use jiff::tz::Offset;
use std::ops::RangeInclusive;

/// A time by the camera's clock.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// ISO 8601, with the offset from UTC if it is known.
    pub iso: String,
    /// The same clock in seconds since 1970.
    pub seconds: i64,
}

/// Seconds from 1904, where `QuickTime` counts from, to 1970.
const FROM_1904: i64 = 2_082_844_800;

/// Cameras wrote no such films before 1985: clocks that were never set begin in 1904, 1970 or 1980.
const FIRST: i64 = 473_385_600;
const ALL_ONES: i64 = 0xffff_ffff;
/// Times of other years are not believed. Digitised films may have the time of the old film, and no photo
/// is older than these.
const YEARS: RangeInclusive<i16> = 1826..=2100;

/// Reads `2024-05-17T08:09:10+0200`, with or without the offset, and with `Z` for UTC.
pub(super) fn parse(text: &str) -> Option<Taken> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let (clock, rest) = rest.get(1..)?.split_at_checked(8)?;
    let numbers = |text: &str, sign: char| -> Option<[i16; 3]> {
        let mut parts = text.split(sign).map(|part| part.parse().ok());
        Some([parts.next()??, parts.next()??, parts.next()??])
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let small = |number: i16| i8::try_from(number).ok();
    let time = civil::DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    );
    // Fractions of a second are not kept.
    let offset = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    taken(time.ok()?, &offset_of(offset).unwrap_or_default())
}

/// Reads a time of the header, which is by UTC; 0 is none.
pub(super) fn since_1904(seconds: u64) -> Option<Taken> {
    let seconds = i64::try_from(seconds).ok()?;
    // Some programs count from 1970.
    let since_1970 = match seconds {
        FIRST..FROM_1904 => seconds,
        // All ones are no time.
        ALL_ONES => return None,
        _ => seconds.checked_sub(FROM_1904).filter(|it| *it >= FIRST)?,
    };
    let moment = jiff::Timestamp::from_second(since_1970).ok()?;
    taken(Offset::UTC.to_datetime(moment), "+00:00")
}

fn taken(time: civil::DateTime, offset: &str) -> Option<Taken> {
    if !YEARS.contains(&time.year()) {
        return None;
    }
    Some(Taken {
        iso: format!("{time}{offset}"),
        seconds: Offset::UTC.to_timestamp(time).ok()?.as_second(),
    })
}

/// Reads `Z`, `+0200` or `+02:00` as `+02:00`.
fn offset_of(text: &str) -> Option<String> {
    let text = text.trim();
    if text == "Z" {
        return Some("+00:00".to_owned());
    }
    let sign = text.chars().next().filter(|sign| "+-".contains(*sign))?;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    (minutes.len() == 2).then(|| format!("{sign}{hours}:{minutes}"))
}
