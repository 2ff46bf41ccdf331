use super::{CommonRules, Roots, SettingsChange, add_folder};
use pixseek_index::{ModelIdentity, RootSettings, Writer, WriterOptions};
use std::path::{Path, PathBuf};

/// Opens an index with these roots and these forgotten folders.
fn roots(index: &Path, roots: &[&str], forgotten: &[&str]) -> Writer {
    let model = ModelIdentity {
        name: "test".into(),
        fingerprint: "a".into(),
        dimension: 32,
        folder: None,
    };
    let mut writer = Writer::open(index, &model, WriterOptions::default()).unwrap();
    for root in roots {
        writer
            .set_settings(root.as_bytes(), RootSettings::default())
            .unwrap();
    }
    for folder in forgotten {
        writer.forget(folder.as_bytes()).unwrap();
    }
    writer
}

fn check_scopes(writer: &Writer, folders: &[&str], expected: &[(&str, &str)]) {
    let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    let roots = Roots::of(writer, &CommonRules::default()).unwrap();
    let scopes: Vec<(String, String)> = roots
        .scopes(&folders)
        .iter()
        .map(|scope| {
            let text = |path: &Path| path.to_str().unwrap().to_owned();
            (text(&scope.root), text(&scope.start))
        })
        .collect();
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(root, start)| ((*root).into(), (*start).into()))
        .collect();
    assert_eq!(scopes, expected, "{folders:?}");
}

#[test]
fn each_root_is_walked_once_and_by_itself() {
    let index = tempfile::tempdir().unwrap();
    // '-' sorts before '/', so the paths around /p sort as /p, /p-old, /p/x.
    let writer = roots(index.path(), &["/p", "/p-old", "/p/x"], &[]);
    let all = [("/p", "/p"), ("/p-old", "/p-old"), ("/p/x", "/p/x")];
    check_scopes(&writer, &[], &all);
    check_scopes(&writer, &["/p"], &[("/p", "/p"), ("/p/x", "/p/x")]);
    check_scopes(&writer, &["/p-old"], &[("/p-old", "/p-old")]);
    check_scopes(&writer, &["/p/x/deep"], &[("/p/x", "/p/x/deep")]);
    check_scopes(&writer, &["/p/y", "/p/y/z"], &[("/p", "/p/y")]);
    check_scopes(
        &writer,
        &["/p/y/z", "/p"],
        &[("/p", "/p"), ("/p/x", "/p/x")],
    );
    check_scopes(&writer, &["/elsewhere"], &[]);
    let roots = Roots::of(&writer, &CommonRules::default()).unwrap();
    let outer = &roots.scopes(&["/p".into()])[0];
    for (path, expected) in [("/p/x", true), ("/p/x/a", true), ("/p/xy", false)] {
        assert_eq!(outer.is_of_other_root(Path::new(path)), expected, "{path}");
    }
}

#[test]
fn a_named_folder_becomes_a_root_only_where_no_walk_reaches_it() {
    let index = tempfile::tempdir().unwrap();
    let mut writer = roots(index.path(), &["/p"], &["/p/forgotten"]);
    let common = CommonRules {
        excludes: vec!["thumbs".into()],
        ..CommonRules::default()
    };
    let unchanged = SettingsChange::default();
    let hidden = SettingsChange {
        hidden: Some(true),
        exclude: vec!["*.tmp.*".into(), "c/d".into()],
        ..SettingsChange::default()
    };
    let mut check = |folder: &str, change, expected: &[&str], forgotten: usize| {
        add_folder(&mut writer, Path::new(folder), change, &common).unwrap();
        let roots = writer.roots().unwrap();
        let roots: Vec<_> = roots.iter().map(|root| root.path.bytes()).collect();
        let expected: Vec<_> = expected.iter().map(|root| root.as_bytes()).collect();
        assert_eq!(roots, expected, "{folder}");
        assert_eq!(writer.forgotten().unwrap().len(), forgotten, "{folder}");
    };
    check("/p/a", &unchanged, &["/p"], 1);
    check("/p", &unchanged, &["/p"], 1);
    check(
        "/p/forgotten/deep",
        &unchanged,
        &["/p", "/p/forgotten/deep"],
        1,
    );
    let mut expected = vec!["/p", "/p/forgotten/deep"];
    check("/p/forgotten", &unchanged, &expected, 0);
    expected.insert(1, "/p/.h");
    check("/p/.h", &unchanged, &expected, 0);
    expected.push("/p/thumbs");
    check("/p/thumbs", &unchanged, &expected, 0);
    expected.insert(2, "/p/b");
    check("/p/b", &hidden, &expected, 0);
    expected.insert(3, "/p/b/c");
    let followed = SettingsChange {
        follow_links: Some(true),
        ..SettingsChange::default()
    };
    check("/p/b/c", &followed, &expected, 0);
    let roots = writer.roots().unwrap();
    let inherited = RootSettings {
        hidden: true,
        follow_links: true,
        one_file_system: false,
        excludes: vec!["*.tmp.*".into(), "/d".into()],
    };
    assert_eq!(roots[3].settings, inherited);
    let bad = SettingsChange {
        exclude: vec!["[".into()],
        ..SettingsChange::default()
    };
    assert!(add_folder(&mut writer, Path::new("/p"), &bad, &common).is_err());
    assert_eq!(writer.roots().unwrap(), roots, "nothing is stored");
}
