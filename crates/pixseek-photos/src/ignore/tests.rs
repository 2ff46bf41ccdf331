use super::glob_below;
use std::ffi::OsStr;
use std::path::Path;

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
