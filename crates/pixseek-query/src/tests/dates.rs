//! Dates in the forms that people type.

use super::{now, only, parse};
use crate::dates::{self, Hemisphere};
use crate::{Condition, Filter};
use jiff::civil::date;

/// Days as `first..last`. Also checks the second of the last moment.
fn days(text: &str) -> String {
    let Condition::Taken(range) = only(&format!("on:\"{text}\"")) else {
        panic!("{text}");
    };
    let day = |seconds: i64| {
        let days = i32::try_from(seconds.div_euclid(86_400)).unwrap();
        let span = jiff::Span::new().days(days);
        date(1970, 1, 1).checked_add(span).unwrap().to_string()
    };
    assert_eq!(range.start().rem_euclid(86_400), 0, "{text}");
    assert_eq!(range.end().rem_euclid(86_400), 86_399, "{text}");
    let (first, last) = (day(*range.start()), day(*range.end()));
    if first == last {
        first
    } else {
        format!("{first}..{last}")
    }
}

#[test]
fn a_day_without_a_year_is_that_of_every_year() {
    let years = |text: &str| match parse(text).unwrap().alternatives.remove(0).filter {
        Filter::All(mut all) => match all.remove(0) {
            Filter::Any(days) => days,
            other => panic!("{text}: {other:?}"),
        },
        other => panic!("{text}: {other:?}"),
    };
    let day = |text: &str| Filter::Is(only(text));
    for text in ["on:11-26", "on:11/26", "on:11.26", "date:11-26"] {
        let days = years(text);
        assert_eq!(days.len(), 127, "{text}");
        assert_eq!(days[0], day("on:1900-11-26"), "{text}");
        assert_eq!(days[126], day("on:2026-11-26"), "{text}");
    }
    assert_eq!(years("on:\"this day\""), years("on:11-25"));
    assert_eq!(years("on:this-day"), years("on:11-25"));
    let leap = years("on:2-29");
    assert_eq!((leap.len(), &leap[0]), (31, &day("on:1904-02-29")));
    assert!(parse("on:2-30").is_err() && parse("on:13-1").is_err());
    let error = parse("after:11-26").unwrap_err();
    assert_eq!(error.message, "this day has no year");
}

#[test]
fn dates() {
    let season = |text: &str| {
        let today = now().date();
        let days = dates::read(text, today, Hemisphere::Northern).unwrap();
        (*days.seconds().start(), *days.seconds().end())
    };
    // On its last day a holiday is not over.
    let evening = date(2026, 10, 31);
    let last = dates::read("last halloween", evening, Hemisphere::Northern).unwrap();
    assert_eq!(last.seconds(), {
        let day = dates::read("2025-10-31", evening, Hemisphere::Northern).unwrap();
        day.seconds()
    });
    for (text, first, last) in [
        ("last summer", "2026-06-01", "2026-08-31"),
        ("summer 2019", "2019-06-01", "2019-08-31"),
        ("winter 2020", "2019-12-01", "2020-02-29"),
        ("last autumn", "2025-09-01", "2025-11-30"),
        ("autumn", "2026-09-01", "2026-11-30"),
    ] {
        let expected = (season(first).0, season(last).1);
        assert_eq!(season(text), expected, "{text}");
    }
    for (text, expected) in [
        ("2019", "2019-01-01..2019-12-31"),
        ("2019-06", "2019-06-01..2019-06-30"),
        ("2020/02", "2020-02-01..2020-02-29"),
        ("2019-06-30", "2019-06-30"),
        ("2019.6.3", "2019-06-03"),
        ("june 2019", "2019-06-01..2019-06-30"),
        ("june-2019", "2019-06-01..2019-06-30"),
        ("jun", "2026-06-01..2026-06-30"),
        ("december", "2025-12-01..2025-12-31"),
        ("30 june 2019", "2019-06-30"),
        ("June 3rd 2019", "2019-06-03"),
        ("1 may", "2026-05-01"),
        ("today", "2026-11-25"),
        ("yesterday", "2026-11-24"),
        ("day before yesterday", "2026-11-23"),
        ("this month", "2026-11-01..2026-11-30"),
        ("this year", "2026-01-01..2026-12-31"),
        ("30th of june 2019", "2019-06-30"),
        ("last friday", "2026-11-20"),
        ("this week", "2026-11-23..2026-11-29"),
        ("last week", "2026-11-16..2026-11-22"),
        ("last weekend", "2026-11-21..2026-11-22"),
        ("last month", "2026-10-01..2026-10-31"),
        ("last year", "2025-01-01..2025-12-31"),
        ("3 days ago", "2026-11-22"),
        ("two weeks ago", "2026-11-09..2026-11-15"),
        ("a month ago", "2026-10-01..2026-10-31"),
        ("5 years ago", "2021-01-01..2021-12-31"),
        ("christmas", "2025-12-24..2025-12-26"),
        ("christmas 2018", "2018-12-24..2018-12-26"),
        ("new year 2020", "2020-01-01"),
        ("halloween", "2026-10-31"),
        ("last valentines", "2026-02-14"),
        ("1969-12-31", "1969-12-31"),
    ] {
        assert_eq!(days(text), expected, "{text}");
    }
    assert_eq!(
        only("after:1970-01-02"),
        Condition::Taken(86_400..=i64::MAX)
    );
    assert_eq!(only("before:1970"), Condition::Taken(i64::MIN..=-1));
    assert_eq!(only("year:2019..2019"), only("on:2019"));
    assert_eq!(only("year:2019.."), only("after:2019"));
    assert_eq!(only("year:..2018"), only("before:2019"));
    assert_eq!(
        only("year:1970..1971"),
        Condition::Taken(0..=2 * 365 * 86_400 - 1)
    );
}
