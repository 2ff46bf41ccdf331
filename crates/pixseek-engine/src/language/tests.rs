use super::{index_filter, picture_file, query_context};
use crate::Query;
use pixseek_index::{Condition, Fact, Filter};
use std::path::{Path, PathBuf};

/// The index's filters of a query with one alternative.
fn filters(text: &str) -> Vec<Filter> {
    let query = Query::parse(text, query_context());
    let query = query.unwrap_or_else(|error| panic!("{}", error.pointed(text)));
    assert_eq!(query.alternatives.len(), 1);
    match index_filter(&query.alternatives[0].filter) {
        Filter::All(filters) => filters,
        other => panic!("{other:?}"),
    }
}

fn only(text: &str) -> Condition {
    match &filters(text)[..] {
        [Filter::Is(condition)] => condition.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_condition_is_translated_to_the_index() {
    for (text, expected) in [
        ("after:1970-01-02", Condition::Taken(86_400..=i64::MAX)),
        ("month:6", Condition::Month(6..=6)),
        ("time:2pm", Condition::Minute(840..=899)),
        ("camera:X100", Condition::Camera("x100".into())),
        ("lens:50MM", Condition::Lens("50mm".into())),
        ("ext:.JPG", Condition::Extension("jpg".into())),
        ("size:5", Condition::Size(5..=5)),
        ("width:<6", Condition::Width(0..=5)),
        ("height:>=7", Condition::Height(7..=u64::MAX)),
        ("orientation:square", Condition::Aspect(950..=1050)),
        ("rating:2..4", Condition::Rating(2..=4)),
        ("has:date", Condition::Known(Fact::Date)),
        ("has:gps", Condition::Known(Fact::Place)),
        ("has:camera", Condition::Known(Fact::Camera)),
        ("has:lens", Condition::Known(Fact::Lens)),
        ("has:rating", Condition::Known(Fact::Rating)),
        ("tag:Dog", Condition::Tag("dog".into())),
    ] {
        assert_eq!(only(text), expected, "{text}");
    }
    let is = |end: &str| Filter::Is(Condition::Extension(end.into()));
    assert_eq!(
        filters("!ext:a (ext:b OR (ext:c ext:d))"),
        [
            Filter::Not(Box::new(is("a"))),
            Filter::Any(vec![
                Filter::All(vec![is("b")]),
                Filter::All(vec![Filter::All(vec![is("c"), is("d")])]),
            ]),
        ]
    );
}

#[test]
fn folders_are_translated_to_parts_or_whole_paths() {
    let check = |text: &str, expected: &str| {
        assert_eq!(only(text), Condition::Folder(expected.into()), "{text}");
    };
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    let here = here.to_str().unwrap().to_lowercase();
    check("in:.", &format!("{here}/"));
    check("in:./src", &format!("{here}/src/"));
    check("in:/no/Such/folder/", "/no/such/folder/");
    check("in:/", "/");
    check("in:Italy/2019", "/italy/2019/");
}

#[test]
fn places_are_resolved_to_cities() {
    let place = |text: &str| match only(text) {
        Condition::Near {
            latitude,
            longitude,
            kilometres,
        } => [latitude, longitude, kilometres],
        other => panic!("{other:?}"),
    };
    let check = |text: &str, expected: [f64; 3]| {
        let found = place(text);
        let is_near = |(a, b): (f64, f64)| (a - b).abs() < 0.1;
        assert!(
            found.into_iter().zip(expected).all(is_near),
            "{text}: {found:?}"
        );
    };
    check("near:Łódź", [51.77, 19.47, 10.0]);
    check("near:lodz", [51.77, 19.47, 10.0]);
    check(
        "near:\"LO\u{301}DZ\u{301} poland\",5km",
        [51.77, 19.47, 5.0],
    );
    check("near:venice,20mi", [45.43, 12.33, 32.2]);
    assert_eq!(only("near:\"sao paulo\""), only("near:\"São Paulo\""));
}

#[test]
fn a_tilde_expands_to_the_home_folder() {
    let file = |typed: &str| picture_file(Path::new(typed));
    let home = std::env::home_dir().unwrap();
    assert_eq!(file("~/a/b.jpg"), home.join("a/b.jpg"));
    for typed in ["a.jpg", "~a.jpg", "a/~/b.jpg", "/a/b.jpg"] {
        assert_eq!(file(typed), PathBuf::from(typed));
    }
}
