//! Reads dates in the forms that people type, as days of the camera's clock.

use jiff::civil::{Date, Weekday, date};
use jiff::{Span, ToSpan};
use pixseek_record::{MONTHS, WEEKDAYS};
use std::ops::RangeInclusive;

/// The hemisphere of a season.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hemisphere {
    /// North of the equator, or unknown.
    Northern,
    /// South of it.
    Southern,
}

/// A range of days, including the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    first: Date,
    last: Date,
}

impl Days {
    fn one(day: Date) -> Self {
        Self {
            first: day,
            last: day,
        }
    }

    fn new(first: Date, last: Date) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    pub(crate) fn year(year: i16) -> Option<Self> {
        Self::new(Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)
    }

    fn month(year: i16, month: i8) -> Option<Self> {
        let first = Date::new(year, month, 1).ok()?;
        Self::new(first, first.last_of_month())
    }

    /// A season, in full months. The one that begins in December begins in the year before.
    fn season(name: &str, year: i16, hemisphere: Hemisphere) -> Option<Self> {
        let is_northern = hemisphere == Hemisphere::Northern;
        let (first, last) = match (name, is_northern) {
            ("spring", true) | ("autumn" | "fall", false) => ((year, 3), (year, 5)),
            ("summer", true) | ("winter", false) => ((year, 6), (year, 8)),
            ("autumn" | "fall", true) | ("spring", false) => ((year, 9), (year, 11)),
            ("winter", true) | ("summer", false) => ((year.checked_sub(1)?, 12), (year, 2)),
            _ => return None,
        };
        Self::new(
            Self::month(first.0, first.1)?.first,
            Self::month(last.0, last.1)?.last,
        )
    }

    fn holiday(name: &str, year: i16) -> Option<Self> {
        let (first, last) = match name {
            "christmas" | "xmas" => ((12, 24), (12, 26)),
            "halloween" => ((10, 31), (10, 31)),
            "new year" | "newyear" => ((1, 1), (1, 1)),
            "valentine" | "valentines" => ((2, 14), (2, 14)),
            _ => return None,
        };
        Self::new(
            Date::new(year, first.0, first.1).ok()?,
            Date::new(year, last.0, last.1).ok()?,
        )
    }

    pub(crate) fn first_second(self) -> i64 {
        seconds(self.first)
    }

    pub(crate) fn seconds(self) -> RangeInclusive<i64> {
        seconds(self.first)..=seconds(self.last) + 86_399
    }
}

/// The seconds from 1970 to the beginning of a day, on a clock without time zone.
fn seconds(day: Date) -> i64 {
    let days = day
        .since((jiff::Unit::Day, date(1970, 1, 1)))
        .map_or(0, |span| span.get_days());
    i64::from(days) * 86_400
}

/// Reads a month, 1 to 12, from a number, a name, or the first three or more letters of a name.
pub(crate) fn month(text: &str) -> Option<u8> {
    let text = text.trim().to_lowercase();
    if let Ok(number) = text.parse::<u8>() {
        return (1..=12).contains(&number).then_some(number);
    }
    let found = MONTHS
        .iter()
        .position(|name| text.len() >= 3 && name.starts_with(&text))?;
    u8::try_from(found + 1).ok()
}

/// Reads `2019`, `2019-06`, `2019-06-30`, `june 2019`, `30 june 2019`, `last summer`, `yesterday`,
/// `3 days ago`, `christmas 2018`; `-` and `_` may stand for spaces between words.
pub(crate) fn read(text: &str, today: Date, hemisphere: Hemisphere) -> Option<Days> {
    let text = text.trim().to_lowercase();
    numeric(&text).or_else(|| {
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | ','))
            .filter(|word| !word.is_empty() && *word != "of")
            .collect();
        relative(&words, today)
            .or_else(|| named(&words, today, hemisphere))
            .or_else(|| calendar(&words, today))
    })
}

/// The first year in which a day of every year is looked for: hardly a photo has an earlier date.
const FIRST_YEAR: i16 = 1900;

/// Reads a day without its year, `11-26` or `this day`, as that day of every year up to this one.
/// `None` for other texts, and for a day that no year has.
pub(crate) fn every_year(text: &str, today: Date) -> Option<Vec<Days>> {
    let text = text.trim().to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '/' | '.'))
        .collect();
    let (month, day) = match words[..] {
        ["this", "day"] => (today.month(), today.day()),
        [month, day] => {
            let number = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() <= 2);
            (number(month)?, number(day)?)
        }
        _ => return None,
    };
    // Most years lack the 29th of February.
    let days = (FIRST_YEAR..=today.year()).filter_map(|year| Date::new(year, month, day).ok());
    let days: Vec<Days> = days.map(Days::one).collect();
    (!days.is_empty()).then_some(days)
}

/// Reads numbers with the same separator between them, the year first.
fn numeric(text: &str) -> Option<Days> {
    let mark = text.chars().find(|c| matches!(c, '-' | '/' | '.'));
    let mut parts = Vec::new();
    for part in text.split(|c| Some(c) == mark) {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.push(part.parse::<i16>().ok().filter(|_| is_number)?);
    }
    let small = |number: i16| i8::try_from(number).ok();
    match parts[..] {
        [year] if text.len() == 4 => Days::year(year),
        [year, month] if year > 999 => Days::month(year, small(month)?),
        [year, month, day] if year > 999 => {
            let day = Date::new(year, small(month)?, small(day)?).ok()?;
            Some(Days::one(day))
        }
        _ => None,
    }
}

fn relative(words: &[&str], today: Date) -> Option<Days> {
    let back = |span: Span| today.checked_sub(span).ok();
    match words {
        ["today"] => Some(Days::one(today)),
        ["yesterday"] => Some(Days::one(back(1.day())?)),
        ["day", "before", "yesterday"] => Some(Days::one(back(2.days())?)),
        ["this", "week"] => week(today),
        ["last", "week"] => week(back(7.days())?),
        ["this", "month"] => Days::month(today.year(), today.month()),
        ["last", "month"] => {
            let day = today.first_of_month().yesterday().ok()?;
            Days::month(day.year(), day.month())
        }
        ["this", "year"] => Days::year(today.year()),
        ["last", "year"] => Days::year(today.year() - 1),
        ["last", "weekend"] | ["weekend"] => {
            let monday = week(today)?.first;
            Days::new(monday.checked_sub(2.days()).ok()?, monday.yesterday().ok()?)
        }
        ["last", name] => {
            let weekday = weekday(name)?;
            (1..=7)
                .filter_map(|days: i64| back(days.days()))
                .find(|day| day.weekday() == weekday)
                .map(Days::one)
        }
        [count, unit, "ago"] => {
            let count: i64 = match *count {
                "a" | "an" | "one" => 1,
                "two" => 2,
                "three" => 3,
                number => number.parse().ok()?,
            };
            let (years, months, days) = match unit.trim_end_matches('s') {
                "day" => (0, 0, count),
                "week" => (0, 0, count.checked_mul(7)?),
                "month" => (0, count, 0),
                "year" => (count, 0, 0),
                _ => return None,
            };
            let span = Span::new()
                .try_years(years)
                .and_then(|span| span.try_months(months))
                .and_then(|span| span.try_days(days))
                .ok()?;
            let day = back(span)?;
            match unit.trim_end_matches('s') {
                "day" => Some(Days::one(day)),
                "week" => week(day),
                "month" => Days::month(day.year(), day.month()),
                _ => Days::year(day.year()),
            }
        }
        _ => None,
    }
}

/// Reads seasons and holidays. Without a year, the last one that has begun; with "last", the last
/// one that is over.
fn named(words: &[&str], today: Date, hemisphere: Hemisphere) -> Option<Days> {
    let (words, is_last) = match words {
        ["last", rest @ ..] => (rest, true),
        ["this", rest @ ..] | rest => (rest, false),
    };
    let (name, year) = match words {
        [name, year] if is_year(year) => ((*name).to_owned(), year.parse::<i16>().ok()),
        ["new", "year", year] if is_year(year) => ("new year".into(), year.parse().ok()),
        rest => (rest.join(" "), None),
    };
    let of = |year| Days::season(&name, year, hemisphere).or_else(|| Days::holiday(&name, year));
    if let Some(year) = year {
        return of(year);
    }
    (-2..=1)
        .rev()
        .filter_map(|back| of(today.year().checked_add(back)?))
        .find(|days| {
            if is_last {
                days.last < today
            } else {
                days.first <= today
            }
        })
}

/// Reads `june`, `june 2019`, `30 june 2019` and `june 30 2019`. Without a year, the last one.
fn calendar(words: &[&str], today: Date) -> Option<Days> {
    let words = words.strip_prefix(&["last"]).unwrap_or(words);
    let mut name = None;
    let mut year = None;
    let mut day = None;
    for word in words {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if is_year(word) && year.is_none() {
            year = word.parse::<i16>().ok();
        } else if let Ok(number) = digits.parse::<i8>()
            && day.is_none()
        {
            day = Some(number);
        } else if word.parse::<u8>().is_err() && name.is_none() {
            name = Some(i8::try_from(month(word)?).ok()?);
        } else {
            return None;
        }
    }
    let month = name?;
    let of = |year| match day {
        None => Days::month(year, month),
        Some(day) => Date::new(year, month, day).ok().map(Days::one),
    };
    match year {
        Some(year) => of(year),
        None => of(today.year())
            .filter(|days| days.first <= today)
            .or_else(|| of(today.year() - 1)),
    }
}

/// The week of a day, from Monday.
fn week(day: Date) -> Option<Days> {
    let monday = day
        .checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
        .ok()?;
    Days::new(monday, monday.checked_add(6.days()).ok()?)
}

fn weekday(text: &str) -> Option<Weekday> {
    let found = WEEKDAYS
        .iter()
        .position(|name| text.len() >= 3 && name.starts_with(text))?;
    Weekday::from_monday_zero_offset(i8::try_from(found).ok()?).ok()
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}
