//! The words by which people search for a date.

#[cfg(test)]
mod tests;

use jiff::civil::Date;

/// The months from January on.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The days of the week from Monday on, as in ISO 8601.
pub const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The words of a date: `2019-12-25T...` becomes "2019 december 25 wednesday winter christmas
/// xmas". The season is that of the photo's latitude. A photo without a place counts as northern,
/// because nine of ten people live there. A text that is not a date has no words.
#[must_use]
pub fn date_words(iso: &str, latitude: Option<f64>) -> String {
    let Some(date) = iso.get(..10).and_then(|day| day.parse::<Date>().ok()) else {
        return String::new();
    };
    let name = |names: &[&'static str], number: i8| {
        let at = usize::try_from(number - 1).ok();
        at.and_then(|at| names.get(at)).copied().unwrap_or_default()
    };
    let month = name(&MONTHS, date.month());
    let weekday = name(&WEEKDAYS, date.weekday().to_monday_one_offset());
    let is_southern = latitude.is_some_and(|latitude| latitude < 0.0);
    // Southern seasons are shifted by half a year.
    let northern_month = if is_southern {
        (date.month() + 5) % 12 + 1
    } else {
        date.month()
    };
    let season = match northern_month {
        3..=5 => "spring",
        6..=8 => "summer",
        9..=11 => "autumn fall",
        _ => "winter",
    };
    let holiday = match (date.month(), date.day()) {
        (12, 24..=26) => " christmas xmas",
        (12, 31) | (1, 1) => " new year",
        (10, 31) => " halloween",
        (2, 14) => " valentine",
        _ => "",
    };
    let (year, day) = (date.year(), date.day());
    format!("{year} {month} {day} {weekday} {season}{holiday}")
}
