use super::{LeftOut, Rules};
use crate::{Links, WalkOptions};
use std::path::Path;

/// Why the walk of a folder with the files of [`lay_out`] does not come to a path.
fn check(root: &Path, options: &WalkOptions, path: &str, expected: Option<LeftOut>) {
    let mut rules = Rules::new(root, options).unwrap();
    // Twice: the second time the folders above are entered already.
    for _ in 0..2 {
        assert_eq!(rules.why_left_out(&root.join(path)), expected, "{path}");
    }
}

fn lay_out(root: &Path) {
    for folder in ["a/b", "c"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("a/.pixseekignore"), "cache/\n*.tmp.*\n").unwrap();
    std::fs::write(root.join("c/.pixseekignore"), b"caf\xe9").unwrap();
}

#[test]
fn paths_are_left_out_whether_they_are_there_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    lay_out(root);
    let options = WalkOptions {
        excludes: vec!["raw/*.png".into()],
        apart: vec![root.join("a/apart")],
        ..WalkOptions::default()
    };
    let on_purpose = Some(LeftOut::OnPurpose);
    for (path, expected) in [
        ("", None),
        ("gone/deep/x.png", None),
        ("a/b/x.png", None),
        ("a/b/x.tmp.png", on_purpose),
        ("a/cache/x.png", on_purpose),
        ("cache/x.png", None),
        ("a/.hidden.png", on_purpose),
        (".hidden/x.png", on_purpose),
        ("raw/x.png", on_purpose),
        ("raw/deep/x.png", None),
        ("a/apart/deep/x.png", on_purpose),
        ("a/apart-too/x.png", None),
        ("c/x.png", Some(LeftOut::Unknown)),
    ] {
        check(root, &options, path, expected);
    }
    let mut rules = Rules::new(&root.join("a"), &options).unwrap();
    assert_eq!(rules.why_left_out(&root.join("b")), on_purpose, "outside");
}

#[test]
fn one_set_of_rules_answers_for_any_order_of_paths() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    let mut rules = Rules::new(folder.path(), &WalkOptions::default()).unwrap();
    for (path, expected) in [
        ("a/b/x.tmp.png", Some(LeftOut::OnPurpose)),
        ("b/x.tmp.png", None),
        ("a/x.tmp.png", Some(LeftOut::OnPurpose)),
        ("x.tmp.png", None),
    ] {
        let why = rules.why_left_out(&folder.path().join(path));
        assert_eq!(why, expected, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn what_lies_behind_a_link_was_not_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("link")).unwrap();
    let mut options = WalkOptions::default();
    check(
        folder.path(),
        &options,
        "link/x.png",
        Some(LeftOut::BehindLink),
    );
    options.links = Links::Follow;
    check(folder.path(), &options, "link/x.png", None);
}

#[cfg(target_os = "linux")]
#[test]
fn another_file_system_was_not_looked_at() {
    let options = WalkOptions {
        one_file_system: true,
        ..WalkOptions::default()
    };
    let why = Some(LeftOut::OtherFileSystem);
    check(Path::new("/"), &options, "proc/x.png", why);
}
