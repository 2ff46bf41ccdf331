use super::{Pattern, glob_below};
use std::ffi::OsStr;
use std::path::Path;

#[test]
fn a_glob_that_is_too_large_is_refused() {
    let nested = "{a,".repeat(200) + "x" + &"}".repeat(200);
    let wide: Vec<String> = (0..60_000).map(|number| format!("abc{number}")).collect();
    for glob in [nested, format!("{{{}}}", wide.join(","))] {
        assert!(Pattern::new(Path::new("/p"), &glob).is_err());
        assert_eq!(glob_below(&format!("{glob}/x"), &[OsStr::new("a")]), None);
    }
}

#[test]
fn globs_mean_the_same_in_a_folder_below() {
    for (glob, folder, expected) in [
        ("*.tmp.*", "a", Some("*.tmp.*")),
        ("cache/", "a", Some("cache/")),
        ("*", "a", None),
        ("a", "x/a", None),
        ("a/private", "a", Some("/private")),
        ("/a/private/", "a", Some("/private/")),
        ("a/b/*.raw", "a/b", Some("/*.raw")),
        ("b/private", "a", None),
        ("a/private", "a/private", None),
        ("**/raw/*", "a/b", Some("/**/raw/*")),
        ("a/**", "a", Some("/**")),
    ] {
        let names: Vec<&OsStr> = Path::new(folder).iter().collect();
        let below = glob_below(glob, &names);
        assert_eq!(below.as_deref(), expected, "{glob} in {folder}");
    }
}
