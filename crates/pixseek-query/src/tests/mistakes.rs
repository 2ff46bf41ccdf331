//! Mistakes and how they are shown.

use super::parse;

#[test]
fn mistakes_are_marked() {
    for (text, expected) in [
        (
            "dog afer:2019",
            "unknown filter afer\n  dog afer:2019\n      ^^^^\ndid you mean after:? \\: is a colon as it \
             is, as in afer\\:",
        ),
        (
            "dog after:soon",
            "not a date\n  dog after:soon\n            ^^^^\nas in 2019, 2019-06, \
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
            "only words or only filters can be excluded together\n  a -(dog ext:png) b\n    \
             ^^^^^^^^^^^^^^",
        ),
        (
            "dog like:",
            "like: needs a value\n  dog like:\n      ^^^^^\nas in like:photo.jpg",
        ),
        (
            "near:",
            "near: needs a value\n  near:\n  ^^^^^\nas in near:venice,30km",
        ),
        ("(^2)", "there is nothing to weigh\n  (^2)\n   ^^"),
        (
            "time:13pm",
            "not a time of the day\n  time:13pm\n       ^^^^\nwith am and pm hours go from 1 to \
             12: 12am is midnight, 12pm is noon",
        ),
        (
            "cat size:5mb..1mb",
            "this range runs backwards and holds nothing\n  cat size:5mb..1mb\n           \
             ^^^^^^^^\ndid you mean size:1mb..5mb?",
        ),
        (
            "iso:fast",
            "not an amount\n  iso:fast\n      ^^^^\nas in iso:400, iso:100..800, iso:800.. or iso:>=1600",
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
fn the_mark_has_the_columns_of_the_mistake() {
    for (text, place) in [("dog \"red", 4..5), ("dog^1000 cat", 3..8)] {
        assert_eq!(parse(text).unwrap_err().span, place, "{text}");
    }
}

#[test]
fn queries_without_a_meaning_are_refused() {
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
        "year:..",
        "year:19..",
        "year:..19",
        "year:2019..2020..",
        "iso:..",
        "iso:1..2..",
        "iso:..fast",
        "month:..",
        "month:..13",
        "time:..",
        "time:24..",
        "time:..0",
        "time:..25",
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
        "on:\"june july 2019\"",
        "on:\"last blueday\"",
        "on:201",
        "on:+201",
        "on:999-06",
        "on:999-06-01",
        "on:\"31 june\"",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
