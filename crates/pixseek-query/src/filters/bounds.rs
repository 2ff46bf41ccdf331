//! Filters by amounts: ranges of bytes, pixels and stars, and names of orientations.

use super::FilterReader;
use crate::QueryError;
use crate::amounts::milliseconds;
use std::ops::RangeInclusive;

const MOST_STARS: u64 = 5;
/// 1000 · width / height.
const SQUARE: RangeInclusive<u64> = 950..=1050;
const PANORAMA: u64 = 2000;

/// The ends of a range as they were typed. At most one of them is left out, and the range is open
/// there.
pub(super) struct Ends<'a> {
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

impl<'a> Ends<'a> {
    /// The ends of `1..5`, `1..` or `..5`; `None` for a value that is no range.
    pub(super) fn of(value: &'a str) -> Option<Self> {
        let (from, to) = value.split_once("..")?;
        let end = |text: &'a str| Some(text.trim()).filter(|text| !text.is_empty());
        let (from, to) = (end(from), end(to));
        (from.is_some() || to.is_some()).then_some(Self { from, to })
    }
}

impl FilterReader<'_> {
    /// Reads `>5`, `>=5`, `<5`, `<=5`, `1..5`, `1..`, `..5` or a number.
    pub(super) fn bounds(
        &self,
        value: &str,
        number: impl Fn(&str) -> Option<u64>,
        hint: &str,
    ) -> Result<RangeInclusive<u64>, QueryError> {
        let of = |text: &str| number(text.trim()).ok_or_else(|| self.error("not an amount", hint));
        if let Some(rest) = value.strip_prefix(">=") {
            Ok(of(rest)?..=u64::MAX)
        } else if let Some(rest) = value.strip_prefix('>') {
            let first = of(rest)?
                .checked_add(1)
                .ok_or_else(|| self.error("nothing is larger than this", hint))?;
            Ok(first..=u64::MAX)
        } else if let Some(rest) = value.strip_prefix("<=") {
            Ok(0..=of(rest)?)
        } else if let Some(rest) = value.strip_prefix('<') {
            let end = of(rest)?;
            let last = end
                .checked_sub(1)
                .ok_or_else(|| self.error("nothing is smaller than 0", hint))?;
            Ok(0..=last)
        } else if let Some(ends) = Ends::of(value) {
            let first = ends.from.map_or(Ok(0), of)?;
            let last = ends.to.map_or(Ok(u64::MAX), of)?;
            if first > last {
                return Err(self.backwards(&ends));
            }
            Ok(first..=last)
        } else {
            let exactly = of(value)?;
            Ok(exactly..=exactly)
        }
    }

    /// The error for a range with its ends in the wrong order.
    pub(super) fn backwards(&self, ends: &Ends<'_>) -> QueryError {
        let (name, from, to) = (self.name, ends.from, ends.to);
        self.error(
            "this range runs backwards and holds nothing",
            &format!(
                "did you mean {name}:{}..{}?",
                to.unwrap_or_default(),
                from.unwrap_or_default()
            ),
        )
    }

    /// Reads stars. A rejected photo has -1.
    pub(super) fn rating(&self, value: &str) -> Result<RangeInclusive<i64>, QueryError> {
        if value == "rejected" {
            return Ok(-1..=-1);
        }
        let stars = |text: &str| text.parse().ok().filter(|stars| *stars <= MOST_STARS);
        let hint = "as in rating:5, rating:>=4, rating:1..3 or rating:rejected";
        let range = self.bounds(value, stars, hint)?;
        let end = |stars: u64| i64::try_from(stars).unwrap_or(i64::MAX);
        Ok(end(*range.start())..=end(*range.end()))
    }

    /// Reads durations as milliseconds. A duration alone is all films of that second.
    pub(super) fn duration(&self, value: &str) -> Result<RangeInclusive<u64>, QueryError> {
        let hint = "as in duration:>1m, duration:90s or duration:10s..1:30";
        let range = self.bounds(value, milliseconds, hint)?;
        if range.start() == range.end() {
            return Ok(*range.start()..=range.end() + 999);
        }
        Ok(range)
    }

    pub(super) fn aspect(&self, value: &str) -> Result<RangeInclusive<u64>, QueryError> {
        match value {
            "portrait" => Ok(0..=SQUARE.start() - 1),
            "square" => Ok(SQUARE),
            "landscape" => Ok(SQUARE.end() + 1..=u64::MAX),
            "panorama" => Ok(PANORAMA..=u64::MAX),
            _ => Err(self.error(
                "not an orientation",
                "portrait, landscape, square or panorama",
            )),
        }
    }
}
