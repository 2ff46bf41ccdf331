//! `@name`.

use super::{Saved, parse_with, shown_with};
use crate::is_saved_name;

#[test]
fn at_signs_stand_for_saved_queries() {
    let mut saved = Saved::new();
    saved.insert("beach".into(), "sand OR sea".into());
    saved.insert("old".into(), "in:italy".into());
    saved.insert("two".into(), "red dog".into());
    saved.insert("trip".into(), "@two @old".into());
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
    // Parts of a saved query have the position of its name.
    saved.insert("far".into(), "        snow \"red dog\"^2".into());
    let query = parse_with("cat^2 @far", &saved).unwrap();
    let parts = query.alternatives[0].parts.iter();
    let spans: Vec<_> = parts.map(|part| part.span.clone()).collect();
    assert_eq!(spans, [6..10, 0..3, 6..10]);
}

#[test]
fn mistakes_in_saved_queries_are_marked_at_the_name() {
    let mut saved = Saved::new();
    saved.insert("bad".into(), "dog on:never".into());
    saved.insert("open".into(), "(dog".into());
    saved.insert("outer".into(), "cat @bad".into());
    saved.insert("self".into(), "dog @self".into());
    saved.insert("one".into(), "@two".into());
    saved.insert("two".into(), "cat OR @one".into());
    let check = |text: &str, message: &str, at: &str| {
        let error = parse_with(text, &saved).unwrap_err();
        let place = &text[error.span.clone()];
        assert_eq!((&error.message[..], place), (message, at), "{text}");
    };
    check("dog @sky", "no saved query is called @sky", "@sky");
    let unknown = |text: &str, saved: &Saved| {
        let error = parse_with(text, saved).unwrap_err();
        error.hint.unwrap()
    };
    assert!(unknown("@sky", &saved).starts_with("saved: bad, one, open, outer, self, two;"));
    assert!(unknown("@sky", &Saved::new()).starts_with("no query is saved yet;"));
    check("dog @bad cat", "in @bad: not a date", "@bad");
    check("@open", "in @open: this parenthesis is not closed", "@open");
    check("x @outer", "in @outer: in @bad: not a date", "@outer");
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
    // The length of a saved query does not shift the positions behind its name.
    saved.insert("long".into(), "dog ".repeat(100));
    let error = parse_with("@long on:never", &saved).unwrap_err();
    assert_eq!(error.span, 9..14);
    // The limit of bytes stops queries that double at every level.
    saved.insert("0".into(), "dog ext:png".into());
    for level in 1..40 {
        let below = level - 1;
        saved.insert(level.to_string(), format!("@{below} @{below}"));
    }
    let error = parse_with("@39", &saved).unwrap_err();
    assert!(error.message.ends_with("more than 4096 bytes"), "{error}");
    let names = "@0 ".repeat(500);
    let error = parse_with(&names, &saved).unwrap_err();
    assert!(error.message.ends_with("more than 4096 bytes"), "{error}");
    assert!(parse_with("@4", &saved).is_ok());
}

#[test]
fn names_of_saved_queries_are_words() {
    for name in ["beach", "b-2", "été_2019", "犬"] {
        assert!(is_saved_name(name), "{name}");
    }
    for name in ["", "two words", "@a", "a.b", "a(b", "a/b"] {
        assert!(!is_saved_name(name), "{name}");
    }
}
