mod dates;
mod filters;
mod mistakes;
mod saved;

use crate::{
    Completion, Condition, Context, Filter, Folder, Query, QueryError, Subject, Vocabulary,
    requoted,
};
use jiff::civil::{DateTime, date};
use std::collections::BTreeMap;

/// A Wednesday.
fn now() -> DateTime {
    date(2026, 11, 25).at(12, 0, 0, 0)
}

type Saved = BTreeMap<String, String>;

fn parse(text: &str) -> Result<Query, QueryError> {
    parse_with(text, &Saved::new())
}

fn parse_with(text: &str, saved: &Saved) -> Result<Query, QueryError> {
    let context = Context {
        now: now(),
        place_named: |name| (name == "Venice").then_some((45.44, 12.33)),
        saved,
    };
    Query::parse(text, context)
}

fn shown(text: &str) -> String {
    shown_with(text, &Saved::new())
}

/// Shows parts as `weight*text`, then filters, with bars between alternatives.
fn shown_with(text: &str, saved: &Saved) -> String {
    let query = parse_with(text, saved);
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
        Filter::In(Folder::Piece(name)) => format!("in:{name}"),
        Filter::In(Folder::Path(path)) => format!("in:path {}", path.display()),
        Filter::Is(condition) => match condition {
            Condition::Extension(end) => format!("ext:{end}"),
            Condition::Camera(name) => format!("camera:{name}"),
            Condition::Known(fact) => format!("has:{fact:?}"),
            other => format!("{other:?}"),
        },
    }
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
        (":b c", "1*:b c"),
        (r"\in:italy", "1*in:italy"),
        ("snow^.5", "0.5*snow"),
        (".5:dog cat", "1*cat, 0.5*dog"),
        ("1e1:x", "1*1e1:x"),
        ("snow^x", "1*snow^x"),
        ("^2 snow ^2", "1*^2 snow ^2"),
        ("((red dog)^2 snow)^3", "3*snow, 6*red dog"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
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

/// Release builds check for overflow, too (`Cargo.toml`).
#[test]
#[should_panic(expected = "attempt to add with overflow")]
fn sums_do_not_wrap() {
    let sum = std::hint::black_box(u64::MAX) + std::hint::black_box(1);
    std::hint::black_box(sum);
}

/// Every text results in a query or in an error that can be shown, never in a panic. 50,000 by default;
/// the environment variable `PIXSEEK_MUTATIONS` asks for another number.
#[test]
fn no_query_panics() {
    const PIECES: [&str; 43] = [
        "dog",
        "@dog",
        "camera:",
        "\u{130}",
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
    let mutations = std::env::var("PIXSEEK_MUTATIONS");
    let mutations = mutations.map_or(50_000, |number| number.parse().unwrap());
    let saved = Saved::from([("dog".into(), "@dog OR cat".into())]);
    let vocabulary = Vocabulary {
        cameras: vec!["é犬🏖".into(), "x \"100".into()],
        names: vec!["dog犬".into()],
        ..Vocabulary::default()
    };
    for _ in 0..mutations {
        let pieces = 1 + below(12);
        let text: String = (0..pieces).map(|_| PIECES[below(PIECES.len())]).collect();
        if let Err(error) = parse_with(&text, &saved) {
            assert!(!error.pointed(&text).is_empty());
        }
        let cursor = text.floor_char_boundary(below(text.len() + 1));
        for completion in vocabulary.complete(&text, cursor, 5) {
            assert!(text.get(completion.span).is_some(), "{text:?} {cursor}");
        }
        for filter in Query::filters_of(&text) {
            assert!(text.get(filter).is_some(), "{text:?}");
        }
        let _ = (Completion::file_at(&text, cursor), requoted(&text));
        let _ = (Query::hints(&text), Query::open_quote(&text));
    }
}
