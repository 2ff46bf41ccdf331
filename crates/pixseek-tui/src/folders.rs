//! Reads and completes the folders and files that the user types, including `~/`.

use std::path::{Path, PathBuf};

/// The most folders offered.
const MOST: usize = 200;

/// Replaces `~/` by the home folder, as a shell does.
pub fn with_home(folder: &str) -> PathBuf {
    let rest = folder
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let home = rest.zip(std::env::home_dir());
    home.map_or_else(
        || folder.into(),
        |(rest, home)| home.join(rest.trim_start_matches('/')),
    )
}

/// Returns the folder as a person writes it, with `~/` for the home folder.
pub fn with_tilde(folder: &Path) -> String {
    let below = std::env::home_dir().and_then(|home| {
        let below = folder.strip_prefix(home).ok()?;
        Some(format!("~/{}", below.display()))
    });
    below.unwrap_or_else(|| folder.display().to_string())
}

/// Returns the folders that complete the typed text, in the same notation and with a slash at the
/// end. Offers hidden folders only after a typed dot.
pub fn complete(typed: &str) -> Vec<String> {
    completed(typed, Path::is_dir)
}

/// Returns the folders and files that complete the typed text.
pub fn complete_files(typed: &str) -> Vec<String> {
    completed(typed, |_| true)
}

fn completed(typed: &str, is_wanted: fn(&Path) -> bool) -> Vec<String> {
    let (parent, begun) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None if typed == "~" => return vec!["~/".into()],
        None => ("", typed),
    };
    let folder = if parent.is_empty() {
        PathBuf::from(".")
    } else {
        with_home(parent)
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| {
        // The user cannot type a name that is not UTF-8.
        let name = entry.file_name().into_string().ok()?;
        let is_begun = name.to_lowercase().starts_with(&begun.to_lowercase());
        let is_shown = begun.starts_with('.') || !name.starts_with('.');
        let is_plain = !name.contains(char::is_control);
        let path = entry.path();
        let slash = if path.is_dir() { "/" } else { "" };
        (is_begun && is_shown && is_plain && is_wanted(&path))
            .then(|| format!("{parent}{name}{slash}"))
    });
    let mut folders: Vec<String> = names.collect();
    folders.sort();
    folders.truncate(MOST);
    folders
}

#[cfg(test)]
mod tests {
    use super::{complete, complete_files, with_home};

    #[test]
    fn folders_are_completed_as_they_are_typed() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["Pictures/2019", "Pictures/2020", ".hidden", "People"] {
            std::fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        std::fs::write(place.path().join("Pinned"), "").unwrap();
        let root = place.path().to_str().unwrap();
        let check = |typed: &str, expected: &[&str]| {
            let found = complete(&format!("{root}/{typed}"));
            let expected: Vec<String> =
                expected.iter().map(|end| format!("{root}/{end}")).collect();
            assert_eq!(found, expected, "{typed}");
        };
        check("p", &["People/", "Pictures/"]);
        check("Pi", &["Pictures/"]);
        check("Pictures/", &["Pictures/2019/", "Pictures/2020/"]);
        check(".", &[".hidden/"]);
        check("nothing/x", &[]);
        let files = complete_files(&format!("{root}/Pi"));
        let expected = ["Pictures/", "Pinned"].map(|end| format!("{root}/{end}"));
        assert_eq!(files, expected);
        assert_eq!(complete("~"), ["~/"]);
        assert_eq!(with_home("~x"), std::path::Path::new("~x"));
    }
}
