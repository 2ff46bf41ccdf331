use super::{index_filter, picture_file, query_context};
use crate::Query;
use pixseek_index::Filter;
use pixseek_record::Condition;
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

#[test]
fn folders_are_translated_to_parts_or_whole_paths() {
    let check = |text: &str, expected: &str| {
        assert_eq!(filters(text), [Filter::In(expected.into())], "{text}");
    };
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    let here = here.to_str().unwrap().to_lowercase();
    check("in:.", &format!("{here}/"));
    check("in:./src", &format!("{here}/src/"));
    check("in:/no/Such/folder/", "/no/such/folder/");
    check("in:/", "/");
    check("in:Italy/2019", "italy/2019");
    let other = |folder: &str| Filter::In(folder.into());
    assert_eq!(
        filters("!in:a (in:b OR ext:c)"),
        [
            Filter::Not(Box::new(other("a"))),
            Filter::Any(vec![
                Filter::All(vec![other("b")]),
                Filter::All(vec![Filter::Is(Condition::Extension("c".into()))]),
            ]),
        ]
    );
}

#[test]
fn places_are_resolved_to_cities() {
    let place = |text: &str| match filters(text)[..] {
        [
            Filter::Is(Condition::Near {
                latitude,
                longitude,
                kilometres,
            }),
        ] => [latitude, longitude, kilometres],
        ref other => panic!("{other:?}"),
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
    assert_eq!(filters("near:\"sao paulo\""), filters("near:\"São Paulo\""));
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
