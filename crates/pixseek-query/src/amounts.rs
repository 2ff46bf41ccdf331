//! Reads amounts in the forms that people type: times of the day, bytes, pixels, kilometres.
//!
//! The result is `None` for a text that is not an amount, and for amounts that do not fit the type:
//! a filter with another amount than the typed one would silently find other photos.

/// The minutes of a day.
pub(crate) const DAY: u64 = 24 * 60;

/// Reads minutes since midnight, up to 24:00: `14`, `14:30`, `2pm`. On a clock of twelve hours 12
/// comes before 1, so `12am` is midnight and `12pm` is noon.
pub(crate) fn minute(text: &str) -> Option<u64> {
    let text = text.trim();
    let (text, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(text), _) => (text, Some(0)),
        (_, Some(text)) => (text, Some(12)),
        _ => (text, None),
    };
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let (hour, minute): (u64, u64) = (hour.trim().parse().ok()?, minute.trim().parse().ok()?);
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    (minutes <= DAY && minute < 60).then_some(minutes)
}

/// Reads bytes. `kb` is 1000 bytes, as in the size of a disk, and `kib` 1024.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1024.0 * 1024.0,
        "gi" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "ti" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number * factor;
    // Whole numbers are exact up to 2^53; 9 petabytes are no photo's size.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 2^53"
    )]
    (0.0..=9_007_199_254_740_992.0)
        .contains(&bytes)
        .then_some(bytes as u64)
}

/// Reads pixels: `4000` or `4000px`.
pub(crate) fn pixels(text: &str) -> Option<u64> {
    text.strip_suffix("px").unwrap_or(text).parse().ok()
}

/// Reads a distance: `30km`, `500m`, `20mi`. A number alone is kilometres.
pub(crate) fn kilometres(text: &str) -> Option<f64> {
    let (number, unit) = number_and_unit(text)?;
    match unit {
        "" | "km" => Some(number),
        "m" => Some(number / 1000.0),
        "mi" => Some(number * 1.609_344),
        _ => None,
    }
}

/// Reads a duration in milliseconds: `90s`, `1.5m` or `1h`; `1:30` is minutes and seconds, `1:02:03`
/// begins with hours. A number alone is seconds.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    const SECOND: u64 = 1000;
    /// Longer than any film, and exact in a float.
    const LONGEST: u64 = 1 << 50;
    if text.contains(':') {
        let mut seconds: u64 = 0;
        for (place, part) in text.split(':').enumerate() {
            let part: u64 = part.parse().ok()?;
            if place > 2 || (place > 0 && part >= 60) {
                return None;
            }
            seconds = seconds.checked_mul(60)?.checked_add(part)?;
        }
        return seconds.checked_mul(SECOND).filter(|all| *all <= LONGEST);
    }
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let milliseconds = (number * factor * 1000.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "between 0 and 2^50"
    )]
    (0.0..=LONGEST as f64)
        .contains(&milliseconds)
        .then_some(milliseconds as u64)
}

/// Splits `1.5kb` into 1.5 and `kb`.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number = digits.trim().parse().ok()?;
    Some((number, &text[digits.len()..]))
}
