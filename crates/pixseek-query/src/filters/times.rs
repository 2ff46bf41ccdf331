//! Filters by time: `after:`, `before:`, `on:`, `year:`, `month:` and `time:`.

use super::FilterReader;
use super::bounds::Ends;
use crate::amounts::{DAY, minute};
use crate::dates::{self, Days, Hemisphere};
use crate::{Condition, Filter, QueryError};
use std::ops::RangeInclusive;

/// South of the equator: closer to the South Pole than a quarter of the circumference of a sphere
/// of 6,371 km.
const SOUTHERN: Condition = Condition::Near {
    latitude: -90.0,
    longitude: 0.0,
    kilometres: 10_007.5,
};

impl FilterReader<'_> {
    /// Reads `after:`, `before:` and `on:`. A season is that of the place where a photo was taken.
    pub(super) fn taken(&self, value: &str) -> Result<Filter, QueryError> {
        let days = |hemisphere| {
            dates::read(value, self.context.now.date(), hemisphere).ok_or_else(|| {
                self.error(
                    "not a date",
                    "as in 2019, 2019-06, 2019-06-30, \"june 2019\", yesterday, \"last summer\", \"3 days ago\"",
                )
            })
        };
        if let Some(days) = dates::every_year(value, self.context.now.date()) {
            return self.every_year(&days);
        }
        let taken = |days: Days| {
            Filter::Is(Condition::Taken(match self.name {
                "after" => days.first_second()..=i64::MAX,
                "before" => i64::MIN..=days.first_second() - 1,
                _ => days.seconds(),
            }))
        };
        let (northern, southern) = (days(Hemisphere::Northern)?, days(Hemisphere::Southern)?);
        if northern == southern {
            return Ok(taken(northern));
        }
        let is_southern = Filter::Is(SOUTHERN);
        Ok(Filter::Any(vec![
            Filter::All(vec![
                taken(northern),
                Filter::Not(Box::new(is_southern.clone())),
            ]),
            Filter::All(vec![taken(southern), is_southern]),
        ]))
    }

    /// A day of every year, for `on:` only: it has no first moment.
    fn every_year(&self, days: &[Days]) -> Result<Filter, QueryError> {
        if self.name != "on" {
            return Err(self.error(
                "this day has no year",
                &format!(
                    "as in {}:2019-11-26; on:11-26 is that day in every year",
                    self.name
                ),
            ));
        }
        let years = days.iter().map(|day| Condition::Taken(day.seconds()));
        Ok(Filter::Any(years.map(Filter::Is).collect()))
    }

    pub(super) fn year(&self, value: &str) -> Result<Condition, QueryError> {
        let wrong = || {
            self.error(
                "not a year",
                "as in year:2019, year:2015..2018 or year:2019..",
            )
        };
        let year = |text: &str| {
            let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_year
                .then(|| text.parse().ok())
                .flatten()
                .and_then(Days::year)
        };
        let seconds = |text: &str| year(text).map(Days::seconds).ok_or_else(wrong);
        let Some(ends) = Ends::of(value) else {
            return Ok(Condition::Taken(seconds(value)?));
        };
        let first = ends.from.map(seconds).transpose()?;
        let last = ends.to.map(seconds).transpose()?;
        let first = first.map_or(i64::MIN, |year| *year.start());
        let last = last.map_or(i64::MAX, |year| *year.end());
        if first > last {
            return Err(self.backwards(&ends));
        }
        Ok(Condition::Taken(first..=last))
    }

    /// Reads `month:`. The range `month:11..2` includes the turn of the year; `month:11..` ends
    /// with it.
    pub(super) fn month(&self, value: &str) -> Result<Filter, QueryError> {
        let month = |text: &str| {
            dates::month(text).map(u64::from).ok_or_else(|| {
                self.error("not a month", "as in month:june, month:6..8 or month:11..2")
            })
        };
        let (from, to) = match Ends::of(value) {
            Some(Ends { from, to }) => (from.map_or(Ok(1), month)?, to.map_or(Ok(12), month)?),
            None => (month(value)?, month(value)?),
        };
        Ok(cyclic(from..=to, 1..=12, Condition::Month))
    }

    /// Reads `time:`. The range `time:22..2` includes midnight; `time:22..` ends with it.
    pub(super) fn time(&self, value: &str) -> Result<Filter, QueryError> {
        let hours = |from: u64, to: u64| (from * 60, to * 60);
        let (from, to) = match value {
            "morning" => hours(5, 12),
            "noon" => hours(11, 14),
            "afternoon" => hours(12, 17),
            "evening" => hours(17, 22),
            "night" => hours(21, 5),
            range => {
                let at = |text: &str| minute(text).ok_or_else(|| self.no_time(text));
                match Ends::of(range) {
                    Some(Ends { from, to }) => (from.map_or(Ok(0), at)?, to.map_or(Ok(DAY), at)?),
                    // A single time means the hour from then on.
                    None => (at(range)?, at(range)? + 60),
                }
            }
        };
        if from == to || (from, to) == (DAY, 0) {
            return Err(self.error(
                "this range is empty",
                "one time is its hour: time:14 is 14:00..15:00",
            ));
        }
        // The end is not part of the range: 14:00..16:30 ends with 16:29.
        let (first, last) = (from % DAY, (to + DAY - 1) % DAY);
        Ok(cyclic(first..=last, 0..=DAY - 1, Condition::Minute))
    }

    fn no_time(&self, text: &str) -> QueryError {
        let has_half = text.ends_with("am") || text.ends_with("pm");
        self.error(
            "not a time of the day",
            if has_half {
                "with am and pm hours go from 1 to 12: 12am is midnight, 12pm is noon"
            } else {
                "morning, noon, afternoon, evening, night, 2pm, or 14:00..16:30"
            },
        )
    }
}

/// A range of a cyclic quantity. If it begins behind its end, it wraps around.
fn cyclic(
    range: RangeInclusive<u64>,
    all: RangeInclusive<u64>,
    condition: fn(RangeInclusive<u64>) -> Condition,
) -> Filter {
    if range.is_empty() {
        Filter::Any(vec![
            Filter::Is(condition(*range.start()..=*all.end())),
            Filter::Is(condition(*all.start()..=*range.end())),
        ])
    } else {
        Filter::Is(condition(range))
    }
}
