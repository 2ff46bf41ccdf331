//! Scores as numbers that people read.

/// The score from which a hit is a match, of 100.
pub const MATCH: f32 = 50.0;

/// Rounds a score to a multiple of `1 / parts`. What is below [`MATCH`] stays below it, so that the
/// number tells a weak hit from a match.
#[must_use]
pub fn rounded_score(score: f32, parts: u32) -> f64 {
    let (parts, line) = (f64::from(parts), f64::from(MATCH));
    let rounded = (f64::from(score) * parts).round() / parts;
    if score < MATCH && rounded >= line {
        line - 1.0 / parts
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::rounded_score;

    #[test]
    fn weak_hits_are_printed_below_the_line() {
        for (score, whole, tenths) in [
            (0.0, "0", "0.0"),
            (48.6, "49", "48.6"),
            (49.6, "49", "49.6"),
            (49.97, "49", "49.9"),
            (50.0, "50", "50.0"),
            (50.04, "50", "50.0"),
            (62.5, "63", "62.5"),
            (100.0, "100", "100.0"),
        ] {
            assert_eq!(format!("{:.0}", rounded_score(score, 1)), whole, "{score}");
            let of_tenths = format!("{:.1}", rounded_score(score, 10));
            assert_eq!(of_tenths, tenths, "{score}");
        }
    }
}
