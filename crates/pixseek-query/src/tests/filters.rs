//! `name:value`, and cyclic ranges.

use super::{only, parse, shown};
use crate::{Condition, Fact, Filter, Folder};
use std::ops::RangeInclusive;

#[test]
fn filters() {
    for (text, expected) in [
        ("dog ext:jpg", "1*dog, ext:jpg"),
        ("camera:a^b", "camera:a^b"),
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
            "(in:italy/2019 & in:path /photos/a/)",
        ),
        ("has:gps", "has:Place"),
        ("folder:italy path:a", "(in:italy & in:a)"),
        ("type:jpg date:2019", &shown("ext:jpg on:2019")),
        // What is no filter is searched as it was typed.
        ("what: a dog", "1*what: a dog"),
        ("a:b Foo:\"c d\"", "1*a:b Foo:, 1*c d"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    assert_eq!(only("label:dog"), only("tag:dog"));
    assert_eq!(only("lens:50MM"), Condition::Lens("50mm".into()));
}

#[test]
fn amounts_and_facts() {
    for (text, range) in [
        ("iso:3200", 3200..=3200),
        ("iso:100..800", 100..=800),
        ("iso:>=1600", 1600..=u64::MAX),
        ("iso:<400", 0..=399),
        ("iso:800..", 800..=u64::MAX),
        ("iso:..400", 0..=400),
        ("iso:\"800 ..\"", 800..=u64::MAX),
    ] {
        assert_eq!(only(text), Condition::Iso(range), "{text}");
    }
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
    assert_eq!(only("size:1mb.."), Condition::Size(1_000_000..=u64::MAX));
    assert_eq!(only("width:..1000px"), Condition::Width(0..=1000));
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
    assert_eq!(only("rating:rejected"), Condition::Rating(-1..=-1));
    assert_eq!(only("width:1000px..1000"), Condition::Width(1000..=1000));
    assert_eq!(only("rating:2..4"), Condition::Rating(2..=4));
    assert_eq!(only("rating:3.."), only("rating:>=3"));
    assert_eq!(only("rating:..3"), only("rating:<=3"));
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
    assert!(matches!(
        only("near:Venice,20mi"),
        Condition::Near { latitude, longitude, kilometres }
            if (latitude, longitude) == (45.44, 12.33) && (kilometres - 32.187).abs() < 1e-3
    ));
}

#[test]
fn films() {
    for (text, range) in [
        ("duration:>1m", 60_001..=u64::MAX),
        ("duration:90s", 90_000..=90_999),
        ("duration:1:30", 90_000..=90_999),
        ("length:1:02:03", 3_723_000..=3_723_999),
        ("duration:1.5m..2h", 90_000..=7_200_000),
        ("duration:<10", 0..=9_999),
        ("duration:1m..", 60_000..=u64::MAX),
        ("duration:..1m", 0..=60_000),
    ] {
        assert_eq!(only(text), Condition::Duration(range), "{text}");
    }
    for text in [
        "duration:1:60",
        "duration:1:2:3:4",
        "duration:x",
        "duration:1e300h",
        "is:cat",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert_eq!(only("is:Video"), Condition::Film);
    assert_eq!(only("has:motion"), Condition::Motion);
    assert_eq!(shown("is:photo"), "!Film");
}

#[test]
fn folders_are_paths_or_pieces_of_them() {
    let check = |text: &str, expected: Folder| {
        let Filter::All(filters) = parse(text).unwrap().alternatives.remove(0).filter else {
            panic!("{text}");
        };
        assert_eq!(filters, [Filter::In(expected)], "{text}");
    };
    check("in:Italy/2019", Folder::Piece("italy/2019".into()));
    check("in:Italy/", Folder::Piece("italy/".into()));
    check("in:.git", Folder::Piece(".git".into()));
    check("in:/Photos/a/", Folder::Path("/Photos/a/".into()));
    check("in:/", Folder::Path("/".into()));
    check("in:.", Folder::Path(".".into()));
    check("in:./Src", Folder::Path("./Src".into()));
}

#[test]
fn pictures_are_paths_as_they_were_typed() {
    assert_eq!(shown("like:~/a.jpg"), "1*like:~/a.jpg");
    assert_eq!(shown("like:../a.jpg"), "1*like:../a.jpg");
}

/// Months and times of the day are cyclic: a range that begins behind its end wraps around.
#[test]
fn cyclic_ranges_wrap_around() {
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
    check("month:11..", &[11..=12]);
    check("month:..february", &[1..=2]);
    check("time:22..", &[1320..=1439]);
    check("time:..8", &[0..=479]);
    check("time:0..", &[0..=1439]);
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
