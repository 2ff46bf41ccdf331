//! A date as the words that people ask for it with.

#[cfg(test)]
mod tests;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From 1 January 1970, a Thursday.
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// `2019-12-25T...` as "2019 December 25 Wednesday winter christmas". The season is that of the
/// photo's latitude; a photo without a place counts as northern, where nine of ten people live.
pub(crate) fn date_words(iso: &str, latitude: Option<f64>) -> String {
    let number = |range| {
        iso.get(range)
            .and_then(|text: &str| text.parse::<i64>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return String::new();
    };
    let Some(name) = usize::try_from(month - 1)
        .ok()
        .and_then(|at| MONTHS.get(at))
    else {
        return String::new();
    };
    let weekday = days_since_1970(year, month, day).rem_euclid(7);
    let weekday = usize::try_from(weekday).map_or("", |at| WEEKDAYS[at]);
    let is_southern = latitude.is_some_and(|latitude| latitude < 0.0);
    // Summer is in January there.
    let northern_month = if is_southern {
        (month + 5) % 12 + 1
    } else {
        month
    };
    let season = match northern_month {
        3..=5 => "spring",
        6..=8 => "summer",
        9..=11 => "autumn fall",
        _ => "winter",
    };
    let holiday = match (month, day) {
        (12, 24..=26) => " christmas xmas",
        (12, 31) | (1, 1) => " new year",
        (10, 31) => " halloween",
        (2, 14) => " valentine",
        _ => "",
    };
    format!("{year} {name} {day} {weekday} {season}{holiday}")
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
