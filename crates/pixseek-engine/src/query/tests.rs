use super::dates::{self, Hemisphere};
use super::{Query, QueryError, Subject};
use crate::Saved;
use jiff::civil::{DateTime, date};
use pixseek_index::{Condition, Fact, Filter};
use std::ops::RangeInclusive;

/// A Wednesday.
fn now() -> DateTime {
    date(2026, 11, 25).at(12, 0, 0, 0)
}

fn parse(text: &str) -> Result<Query, QueryError> {
    Query::parse(text, now())
}

fn shown(text: &str) -> String {
    shown_with(text, &Saved::default())
}

/// Parts as `weight*text`, then filters, alternatives between bars.
fn shown_with(text: &str, saved: &Saved) -> String {
    let query = Query::parse_with(text, now(), saved);
    let query = query.unwrap_or_else(|error| panic!("{}", error.pointed(text)));
    let alternatives = query.alternatives.iter().map(|alternative| {
        let mut parts: Vec<String> = alternative
            .parts
            .iter()
            .map(|part| {
                let subject = match &part.subject {
                    Subject::Words(text) => text.clone(),
                    Subject::Text(text) => format!("text:{text}"),
                    Subject::Picture(file) => format!("like:{}", file.display()),
                };
                format!("{}*{subject}", part.weight)
            })
            .collect();
        if !alternative.filter.is_open() {
            parts.push(filter(&alternative.filter));
        }
        parts.join(", ")
    });
    alternatives.collect::<Vec<_>>().join(" | ")
}

fn filter(of: &Filter) -> String {
    let all = |filters: &[Filter], sign: &str| match filters {
        [only] => filter(only),
        filters => {
            let filters: Vec<String> = filters.iter().map(filter).collect();
            format!("({})", filters.join(sign))
        }
    };
    match of {
        Filter::All(filters) => all(filters, " & "),
        Filter::Any(filters) => all(filters, " / "),
        Filter::Not(inner) => format!("!{}", filter(inner)),
        Filter::Is(condition) => match condition {
            Condition::Extension(end) => format!("ext:{end}"),
            Condition::Camera(name) => format!("camera:{name}"),
            Condition::Folder(name) => format!("in:{name}"),
            Condition::Known(fact) => format!("has:{fact:?}"),
            other => format!("{other:?}"),
        },
    }
}

#[test]
fn descriptions() {
    for (text, expected) in [
        ("dog on a beach", "1*dog on a beach"),
        ("dog -people on a beach", "1*dog on a beach, -1*people"),
        (r#"dog "red umbrella"^2"#, "1*dog, 2*red umbrella"),
        ("dog +snow^0.5", "1*dog, 0.5*snow"),
        ("2:dog cat", "1*cat, 2*dog"),
        ("-(dog cat)", "-1*dog cat"),
        (r#"-"red car"^3"#, "-3*red car"),
        ("-(dog OR cat) beach", "1*beach, -1*dog, -1*cat"),
        ("dog OR cat", "1*dog | 1*cat"),
        ("(dog OR cat) snow", "1*dog snow | 1*cat snow"),
        ("(red dog)^2 snow", "1*snow, 2*red dog"),
        ("a t-shirt - and + more", "1*a t-shirt - and + more"),
        (r"\-5 degrees\: cold", "1*-5 degrees: cold"),
        ("\\OR \\(x", "1*OR (x"),
        (r#"text:"IMG 2043" dog"#, "1*dog, 1*text:IMG 2043"),
        (
            r#"like:"my dog.jpg" -like:b.png"#,
            "1*like:my dog.jpg, -1*like:b.png",
        ),
        ("größe 犬", "1*größe 犬"),
        ("snow^x", "1*snow^x"),
        ("^2 snow ^2", "1*^2 snow ^2"),
        ("((red dog)^2 snow)^3", "3*snow, 6*red dog"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn filters() {
    for (text, expected) in [
        ("dog ext:jpg", "1*dog, ext:jpg"),
        ("ext:.JPG,png", "(ext:jpg / ext:png)"),
        ("!ext:png camera:X100", "(!ext:png & camera:x100)"),
        ("-ext:png", "!ext:png"),
        ("!(ext:png camera:x)", "!(ext:png & camera:x)"),
        ("ext:png OR camera:x", "(ext:png / camera:x)"),
        ("dog (ext:png OR ext:gif)", "1*dog, (ext:png / ext:gif)"),
        (
            "(dog ext:png) OR (dog ext:gif)",
            "1*dog, (ext:png / ext:gif)",
        ),
        ("(dog ext:png) OR cat", "1*dog, ext:png | 1*cat"),
        (
            "in:Italy/2019 in:/photos/a/",
            "(in:/italy/2019/ & in:/photos/a/)",
        ),
        ("has:gps", "has:Place"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    assert_eq!(only("lens:50MM"), Condition::Lens("50mm".into()));
    assert_eq!(only("tag:Dog"), Condition::Tag("dog".into()));
    assert_eq!(only("size:>5mb"), Condition::Size(5_000_001..=u64::MAX));
    for (size, bytes) in [
        ("500", 500),
        ("500b", 500),
        ("1.5kb", 1_500),
        ("1.5k", 1_500),
        ("1.5KiB", 1_536),
        ("2ki", 2_048),
        ("5MB", 5_000_000),
        ("5mib", 5_242_880),
        ("1gb", 1_000_000_000),
        ("1gib", 1_073_741_824),
        ("1tb", 1_000_000_000_000),
        ("1tib", 1_099_511_627_776),
    ] {
        let expected = Condition::Size(bytes..=bytes);
        assert_eq!(only(&format!("size:{size}")), expected, "{size}");
    }
    assert_eq!(only("size:1.5kb..2kb"), Condition::Size(1500..=2000));
    assert_eq!(only("width:<1000"), Condition::Width(0..=999));
    assert_eq!(only("height:>=1080"), Condition::Height(1080..=u64::MAX));
    for (orientation, range) in [
        ("portrait", 0..=949),
        ("square", 950..=1050),
        ("landscape", 1051..=u64::MAX),
        ("panorama", 2000..=u64::MAX),
    ] {
        let found = only(&format!("orientation:{orientation}"));
        assert_eq!(found, Condition::Aspect(range));
    }
    for (fact, known) in [
        ("place", Fact::Place),
        ("date", Fact::Date),
        ("camera", Fact::Camera),
        ("lens", Fact::Lens),
        ("rating", Fact::Rating),
    ] {
        assert_eq!(only(&format!("has:{fact}")), Condition::Known(known));
    }
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    let here = here.to_str().unwrap().to_lowercase();
    assert_eq!(only("in:."), Condition::Folder(format!("{here}/")));
    assert_eq!(only("in:./src"), Condition::Folder(format!("{here}/src/")));
    assert_eq!(only("rating:rejected"), Condition::Rating(-1..=-1));
    assert_eq!(only("width:1000px..1000"), Condition::Width(1000..=1000));
    assert_eq!(only("rating:2..4"), Condition::Rating(2..=4));
    assert_eq!(only("month:june..8"), Condition::Month(6..=8));
    assert_eq!(only("month:6..6"), Condition::Month(6..=6));
    assert_eq!(
        only("near:45.44,12.33,30km"),
        Condition::Near {
            latitude: 45.44,
            longitude: 12.33,
            kilometres: 30.0
        }
    );
    for (distance, expected) in [("", 10.0), (",5", 5.0), (",2km", 2.0), (",500m", 0.5)] {
        assert!(matches!(
            only(&format!("near:1,2{distance}")),
            Condition::Near { kilometres, .. } if (kilometres - expected).abs() < 1e-9
        ));
    }
    let lodz = only("near:Łódź");
    assert!(matches!(
        lodz,
        Condition::Near { latitude, longitude, .. }
            if (latitude - 51.77).abs() < 0.1 && (longitude - 19.47).abs() < 0.1
    ));
    assert_eq!(only("near:lodz"), lodz);
    assert_eq!(only("near:\"LO\u{301}DZ\u{301} poland\""), lodz);
    assert_eq!(only("near:\"sao paulo\""), only("near:\"São Paulo\""));
    assert!(matches!(
        only("near:venice,20mi"),
        Condition::Near { latitude, kilometres, .. }
            if (latitude - 45.43).abs() < 0.1 && (kilometres - 32.2).abs() < 0.1
    ));
}

fn only(text: &str) -> Condition {
    let query = parse(text).unwrap_or_else(|error| panic!("{}", error.pointed(text)));
    match &query.alternatives[0].filter {
        Filter::All(filters) => match &filters[..] {
            [Filter::Is(condition)] => condition.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Months and times of the day go round: what runs backwards goes on from the last to the first.
#[test]
fn ranges_go_on_through_the_turn() {
    let check = |text: &str, expected: &[RangeInclusive<u64>]| {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.pointed(text)));
        let Filter::All(filters) = &query.alternatives[0].filter else {
            panic!("{query:?}");
        };
        let parts = match &filters[..] {
            [Filter::Any(parts)] => &parts[..],
            only => only,
        };
        let ranges = parts.iter().map(|part| match part {
            Filter::Is(Condition::Month(range) | Condition::Minute(range)) => range.clone(),
            other => panic!("{other:?}"),
        });
        assert_eq!(ranges.collect::<Vec<_>>(), expected, "{text}");
    };
    check("month:11..2", &[11..=12, 1..=2]);
    check("month:december..january", &[12..=12, 1..=1]);
    check("month:2..1", &[2..=12, 1..=1]);
    check("month:1..12", &[1..=12]);
    check("time:14:00..16:30", &[840..=989]);
    check("time:14..14:01", &[840..=840]);
    check("time:2pm", &[840..=899]);
    check("time:14:30", &[870..=929]);
    check("time:0", &[0..=59]);
    check("time:24", &[0..=59]);
    check("time:23:30", &[1410..=1439, 0..=29]);
    check("time:23", &[1380..=1439]);
    check("time:22..2", &[1320..=1439, 0..=119]);
    check("time:22..24", &[1320..=1439]);
    check("time:22..0", &[1320..=1439]);
    check("time:0..24", &[0..=1439]);
    check("time:night", &[1260..=1439, 0..=299]);
    check("time:morning", &[300..=719]);
    check("time:noon", &[660..=839]);
    check("time:afternoon", &[720..=1019]);
    check("time:evening", &[1020..=1319]);
    // A clock of twelve hours.
    check("time:12am", &[0..=59]);
    check("time:12:30AM", &[30..=89]);
    check("time:12am..1am", &[0..=59]);
    check("time:1am", &[60..=119]);
    check("time:11am", &[660..=719]);
    check("time:12pm", &[720..=779]);
    check("time:1pm", &[780..=839]);
    check("time:11pm..12am", &[1380..=1439]);
    check("time:\"9 am .. 5 pm\"", &[540..=1019]);
}

#[test]
fn seasons_are_those_of_the_hemisphere() {
    let check = |text: &str, northern: &str, southern: &str| {
        let query = parse(text).unwrap();
        let Filter::All(filters) = &query.alternatives[0].filter else {
            panic!("{query:?}");
        };
        let [Filter::Any(choices)] = &filters[..] else {
            panic!("{query:?}");
        };
        let south = Filter::Is(Condition::Near {
            latitude: -90.0,
            longitude: 0.0,
            kilometres: 10_007.5,
        });
        let of = |days: &str| {
            let Condition::Taken(range) = only(days) else {
                panic!("{days}");
            };
            Filter::Is(Condition::Taken(range))
        };
        let north = Filter::Not(Box::new(south.clone()));
        assert_eq!(
            choices[..],
            [
                Filter::All(vec![of(northern), north]),
                Filter::All(vec![of(southern), south]),
            ],
            "{text}"
        );
    };
    check("after:\"summer 2019\"", "after:2019-06", "after:2018-12");
    check("before:\"winter 2020\"", "before:2019-12", "before:2020-06");
    check("after:\"spring 2019\"", "after:2019-03", "after:2019-09");
    check("after:\"fall 2019\"", "after:2019-09", "after:2019-03");
    // It is November: summer has begun in the north and not yet in the south.
    check("after:summer", "after:2026-06", "after:2025-12");
    check("after:\"last winter\"", "after:2025-12", "after:2026-06");
}

/// Days as `first..last`, the second of the last moment checked.
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
fn dates() {
    let season = |text: &str| {
        let today = now().date();
        let days = dates::read(text, today, Hemisphere::Northern).unwrap();
        (*days.seconds().start(), *days.seconds().end())
    };
    // On its last day a holiday is not yet the last one.
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
    assert_eq!(
        only("year:1970..1971"),
        Condition::Taken(0..=2 * 365 * 86_400 - 1)
    );
}

#[test]
fn mistakes_are_pointed_at() {
    for (text, expected) in [
        (
            "dog afer:2019",
            "no filter is called afer:\n  dog afer:2019\n      ^^^^\ndid you mean after:?",
        ),
        (
            "dog after:soon",
            "this is no date\n  dog after:soon\n            ^^^^\nas in 2019, 2019-06, \
             2019-06-30, \"june 2019\", yesterday, \"last summer\", \"3 days ago\"",
        ),
        (
            "größe \"red",
            "this quote is not closed\n  größe \"red\n        ^\nput a \" at its end, or \\\" \
             for a quote as it is",
        ),
        (
            "(dog",
            "this parenthesis is not closed\n  (dog\n  ^\nput a ) at its end, or \\( for a \
             parenthesis as it is",
        ),
        ("dog)", "this parenthesis closes none\n  dog)\n     ^"),
        (
            "OR dog",
            "OR stands between two things\n  OR dog\n  ^^\nas in: dog OR cat; \\OR is the word itself",
        ),
        (
            "a -(dog ext:png) b",
            "only words or only filters can be taken away together\n  a -(dog ext:png) b\n    \
             ^^^^^^^^^^^^^^",
        ),
        ("(^2)", "there is nothing to weigh\n  (^2)\n   ^^"),
        (
            "time:13pm",
            "this is no time of the day\n  time:13pm\n       ^^^^\nwith am and pm hours go from 1 to \
             12: 12am is midnight, 12pm is noon",
        ),
        (
            "cat size:5mb..1mb",
            "this range runs backwards and holds nothing\n  cat size:5mb..1mb\n           \
             ^^^^^^^^\ndid you mean size:1mb..5mb?",
        ),
        (
            "year:2018..2015",
            "this range runs backwards and holds nothing\n  year:2018..2015\n       \
             ^^^^^^^^^^\ndid you mean year:2015..2018?",
        ),
        (
            "((a b)^20 c)^10",
            "these weights are more than 100 together\n  ((a b)^20 c)^10\n              ^^^\nweights in \
             and around parentheses are multiplied",
        ),
    ] {
        assert_eq!(parse(text).unwrap_err().pointed(text), expected, "{text}");
    }
}

#[test]
fn what_means_nothing_is_refused() {
    for text in [
        "",
        "   ",
        "OR",
        "dog OR",
        "OR dog",
        "()",
        "\"\"",
        "ext:",
        "year:19",
        "month:13",
        "time:25",
        "size:big",
        "width:<0",
        "near:95,0",
        "near:1,2,3,4",
        "near:nowhere-at-all",
        "orientation:up",
        "has:wings",
        "like:https://example.org/a.jpg",
        "!dog",
        "ext:jpg^2",
        "-(dog ext:png)",
        "snow^1000",
        "width:9..8",
        "height:9..8",
        "rating:4..2",
        "time:0am",
        "time:13am",
        "time:24:01",
        "time:14:60",
        "time:14..14",
        "time:24..0",
        "time:99999999999999999999",
        "time:307445734561825861",
        "size:5bb",
        "size:-5mb",
        "size:99999999999999999999gb",
        "size:nan",
        "width:>18446744073709551615",
        "width:5pxpx",
        "ext:jpg,",
        "camera:,",
        "on:2019-02-30",
        "on:\"christmas soon\"",
        "on:\"new year soon\"",
        "on:\"june 2019 2020\"",
        "on:201",
        "on:+201",
        "on:999-06",
        "on:999-06-01",
        "on:\"31 june\"",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn too_much_is_refused() {
    let deep = format!("{}dog", "(".repeat(2000));
    let signs = format!("{}dog", "-".repeat(4000));
    let many = "(a OR b) ".repeat(12);
    let long = "dog ".repeat(2000);
    for text in [deep, signs, many, long] {
        assert!(parse(&text).is_err());
    }
    let nested = |depth: usize| format!("{}dog{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(63)).is_ok());
    assert_eq!(parse(&nested(64)).unwrap_err().message, "this is too deep");
    let padded = |bytes: usize| format!("{:bytes$}", "dog");
    assert!(parse(&padded(4096)).is_ok());
    assert!(parse(&padded(4097)).is_err());
    assert!(parse("(a^10 b)^10 c^100").is_ok());
}

#[test]
fn there_are_at_most_32_alternatives() {
    let either = |count: usize, name: &str| -> String {
        let all: Vec<String> = (0..count).map(|number| format!("{name}{number}")).collect();
        format!("({})", all.join(" OR "))
    };
    let alternatives = |text: &str| parse(text).map(|query| query.alternatives.len()).ok();
    assert_eq!(alternatives(&either(32, "a")), Some(32));
    assert_eq!(alternatives(&either(33, "a")), None);
    let four = format!("{} {}", either(4, "a"), either(4, "b"));
    assert_eq!(
        alternatives(&format!("{four} {}", either(2, "c"))),
        Some(32)
    );
    assert_eq!(alternatives(&format!("{four} {}", either(3, "c"))), None);
    // A choice between filters is one filter.
    assert_eq!(alternatives(&either(40, "ext:a")), Some(1));
}

#[test]
fn marked_photos_move_every_alternative() {
    let mut query = parse("dog OR cat").unwrap();
    query.move_by(&["a".into(), "b".into()], &["c".into()]);
    for alternative in &query.alternatives {
        let weights: Vec<f32> = alternative.parts.iter().map(|part| part.weight).collect();
        assert_eq!(weights, [1.0, 0.375, 0.375, -0.3]);
    }
    let before = query.clone();
    query.move_by(&[], &[]);
    assert_eq!(query, before);
}

#[test]
fn a_query_names_its_model() {
    assert_eq!(parse("dog model:SigLIP").unwrap().model(), Some("siglip"));
    assert_eq!(parse("cat OR dog model:b").unwrap().model(), Some("b"));
    assert_eq!(parse("dog").unwrap().model(), None);
}

#[test]
fn at_signs_stand_for_saved_queries() {
    let mut saved = Saved::default();
    saved.set("beach", Some("sand OR sea"));
    saved.set("old", Some("in:italy"));
    saved.set("two", Some("red dog"));
    saved.set("trip", Some("@two @old"));
    for (text, same) in [
        ("@beach", "(sand OR sea)"),
        ("dog @beach after:2019", "dog (sand OR sea) after:2019"),
        ("-@beach^2 (@beach)", "-(sand OR sea)^2 ((sand OR sea))"),
        ("!@old -@old", "!in:italy -in:italy"),
        ("2:@two cat", "2:(red dog) cat"),
        ("@trip", "red dog in:italy"),
        // No names.
        ("me@example.org", "me\\@example.org"),
        ("a \\@beach @", "\"a @beach @\""),
        ("\"a @beach\"", "\"a \\@beach\""),
        ("like:\"/x/a @y.jpg\"", "like:/x/a\\ @y.jpg"),
        ("text:@beach in:@old", "text:\\@beach in:\\@old"),
    ] {
        assert_eq!(shown_with(text, &saved), shown_with(same, &saved), "{text}");
    }
    // Whatever a name stands for is at the name.
    saved.set("far", Some("        snow \"red dog\"^2"));
    let query = Query::parse_with("cat^2 @far", now(), &saved).unwrap();
    let parts = query.alternatives[0].parts.iter();
    let spans: Vec<_> = parts.map(|part| part.span.clone()).collect();
    assert_eq!(spans, [6..10, 0..3, 6..10]);
}

#[test]
fn mistakes_in_saved_queries_are_pointed_at() {
    let mut saved = Saved::default();
    saved.set("bad", Some("dog on:never"));
    saved.set("open", Some("(dog"));
    saved.set("outer", Some("cat @bad"));
    saved.set("self", Some("dog @self"));
    saved.set("one", Some("@two"));
    saved.set("two", Some("cat OR @one"));
    let check = |text: &str, message: &str, at: &str| {
        let error = Query::parse_with(text, now(), &saved).unwrap_err();
        let place = &text[error.span.clone()];
        assert_eq!((&error.message[..], place), (message, at), "{text}");
    };
    check("dog @sky", "no saved query is called @sky", "@sky");
    let unknown = |text: &str, saved: &Saved| {
        let error = Query::parse_with(text, now(), saved).unwrap_err();
        error.hint.unwrap()
    };
    assert!(unknown("@sky", &saved).starts_with("saved: bad, one, open, outer, self, two;"));
    assert!(unknown("@sky", &Saved::default()).starts_with("`pixseek save NAME QUERY`"));
    check("dog @bad cat", "in @bad: this is no date", "@bad");
    check("@open", "in @open: this parenthesis is not closed", "@open");
    check("x @outer", "in @outer: in @bad: this is no date", "@outer");
    check("@old)", "no saved query is called @old", "@old");
    check(
        "@self",
        "in @self: the saved query @self names itself",
        "@self",
    );
    check(
        "dog @one",
        "in @one: in @two: the saved query @one names itself",
        "@one",
    );
    // A mistake behind a name is where it was typed, however long what the name stands for.
    saved.set("long", Some(&"dog ".repeat(100)));
    let error = Query::parse_with("@long on:never", now(), &saved).unwrap_err();
    assert_eq!(error.span, 9..14);
    // Doubling at every level is stopped by how much is read, however short the query.
    saved.set("0", Some("dog ext:png"));
    for level in 1..40 {
        let below = level - 1;
        saved.set(&level.to_string(), Some(&format!("@{below} @{below}")));
    }
    let error = Query::parse_with("@39", now(), &saved).unwrap_err();
    assert!(error.message.ends_with("more than 4096 bytes"), "{error}");
    let names = "@0 ".repeat(500);
    let error = Query::parse_with(&names, now(), &saved).unwrap_err();
    assert!(error.message.ends_with("more than 4096 bytes"), "{error}");
    assert!(Query::parse_with("@4", now(), &saved).is_ok());
}

/// Whatever is typed: an answer or an error that can be shown, never a panic.
#[test]
fn no_query_panics() {
    const PIECES: [&str; 40] = [
        "dog",
        " ",
        "\"",
        "(",
        ")",
        "OR",
        "-",
        "+",
        "!",
        "^",
        "2",
        ":",
        ".",
        "..",
        ",",
        "\\",
        "after:",
        "on:",
        "near:",
        "time:",
        "size:",
        "in:",
        "like:",
        "text:",
        "month:",
        "year:",
        "has:",
        "2019-06",
        "last ",
        "summer",
        "ago",
        "9999999999999999999",
        "-1",
        "é",
        "犬",
        "\u{0}",
        "\u{202e}",
        "🏖",
        ">",
        "12:30",
    ];
    let mut state = 4u64;
    let mut below = |end: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % end
    };
    for _ in 0..50_000 {
        let pieces = 1 + below(12);
        let text: String = (0..pieces).map(|_| PIECES[below(PIECES.len())]).collect();
        if let Err(error) = parse(&text) {
            assert!(!error.pointed(&text).is_empty());
        }
    }
}
