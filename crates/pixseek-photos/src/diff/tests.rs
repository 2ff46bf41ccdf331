use super::{Change, Known, diff};
use crate::Seen;
use pixseek_record::Stamp;
use std::path::PathBuf;

fn stamp(version: i64) -> Stamp {
    Stamp {
        size: 1,
        modified: version,
        changed: 0,
        identity: 7,
    }
}

/// Paths with versions, seen and known; what is found, as `+ ~ = -` before the path.
fn check(seen: &[(&str, i64)], known: &[(&str, i64)], expected: &[&str]) {
    let seen = seen.iter().map(|(path, version)| Seen {
        path: PathBuf::from(path),
        stamp: stamp(*version),
    });
    let known = known.iter().map(|(path, version)| Known {
        path: PathBuf::from(path),
        stamp: stamp(*version),
        offline: false,
    });
    let found: Vec<String> = diff(seen, known)
        .map(|change| match change {
            Change::Added(seen) => format!("+{}", seen.path.display()),
            Change::Changed(seen) => format!("~{}", seen.path.display()),
            Change::Unchanged(known) => format!("={}", known.path.display()),
            Change::Missing(path) => format!("-{}", path.display()),
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn differences_are_found() {
    check(&[], &[], &[]);
    check(&[("a", 1)], &[], &["+a"]);
    check(&[], &[("a", 1)], &["-a"]);
    check(&[("a", 1)], &[("a", 1)], &["=a"]);
    check(&[("a", 2)], &[("a", 1)], &["~a"]);
    check(&[("a", 1)], &[("a", 2)], &["~a"]);
    check(
        &[("a", 1), ("c", 1), ("d", 2), ("e", 1)],
        &[("b", 1), ("c", 1), ("d", 1), ("f", 1)],
        &["+a", "-b", "=c", "~d", "+e", "-f"],
    );
}

#[test]
fn order_is_that_of_bytes() {
    // '-' < '.' < '/' < 'b': a folder's content comes between.
    check(
        &[("a-b", 1), ("a.b", 1), ("a/b", 1), ("ab", 1)],
        &[("a-b", 1), ("a.b", 1), ("a/b", 1), ("ab", 1)],
        &["=a-b", "=a.b", "=a/b", "=ab"],
    );
}
