use super::{picture_file, query_context, with_resolved_folders};
use crate::Query;
use pixseek_record::{Condition, Filter, Folder};
use std::path::{Path, PathBuf};

/// The filters of a query with one alternative.
fn filters(text: &str) -> Vec<Filter> {
    let query = Query::parse(text, query_context());
    let query = query.unwrap_or_else(|error| panic!("{}", error.pointed(text)));
    assert_eq!(query.alternatives.len(), 1);
    match with_resolved_folders(&query.alternatives[0].filter) {
        Filter::All(filters) => filters,
        other => panic!("{other:?}"),
    }
}

#[test]
fn paths_of_folders_are_resolved() {
    let at = |path: &Path| Filter::In(Folder::Path(path.into()));
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    let check = |text: &str, expected: Filter| assert_eq!(filters(text), [expected], "{text}");
    check("in:.", at(&here));
    check("in:./src", at(&here.join("src")));
    check("in:/no/Such/folder/", at(Path::new("/no/Such/folder/")));
    check(
        "in:Italy/2019",
        Filter::In(Folder::Piece("italy/2019".into())),
    );
    assert_eq!(
        filters("!in:. (in:. OR ext:c)"),
        [
            Filter::Not(Box::new(at(&here))),
            Filter::Any(vec![
                Filter::All(vec![at(&here)]),
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
