//! Photos with captions or labels, for measuring and training models.

use crate::{LabError, ListError};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A photo with its captions or its label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Described {
    /// The photo; relative to the list's folder until [`Described::read`] returns it.
    pub file: PathBuf,
    /// Sentences that describe the photo.
    #[serde(default)]
    pub captions: Vec<String>,
    /// The name of its subject.
    #[serde(default)]
    pub label: Option<String>,
}

impl Described {
    /// Reads a list with one JSON object per line: `file` with `captions` or `label`. Other fields
    /// are ignored.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read, is empty, or a line is something else.
    pub fn read(list: &Path) -> Result<Vec<Self>, LabError> {
        let refused = |source: ListError| LabError::List {
            path: list.into(),
            source,
        };
        let text = std::fs::read_to_string(list).map_err(|error| refused(error.into()))?;
        let folder = list.parent().unwrap_or(Path::new("."));
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let mut described: Self = serde_json::from_str(line).map_err(|source| {
                refused(ListError::Line {
                    line: number,
                    source: source.into(),
                })
            })?;
            if described.captions.is_empty() && described.label.is_none() {
                return Err(refused(ListError::Undescribed { line: number }));
            }
            described.file = folder.join(described.file);
            all.push(described);
        }
        if all.is_empty() {
            return Err(refused(ListError::Empty));
        }
        Ok(all)
    }

    /// Lists photos that are sorted into folders: a folder's name is the label of its photos. Only
    /// folders directly below `root` are labels; photos in `root` itself are skipped.
    ///
    /// # Errors
    ///
    /// Fails when `root` cannot be read or has no folder with a file.
    pub fn sorted_into(root: &Path) -> Result<Vec<Self>, LabError> {
        let refused = |source: ListError| LabError::Sorted {
            path: root.into(),
            source,
        };
        let list = |folder: &Path| -> Result<Vec<PathBuf>, LabError> {
            let entries = std::fs::read_dir(folder).map_err(|error| refused(error.into()))?;
            let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            Ok(paths)
        };
        let mut all = Vec::new();
        for folder in list(root)?.into_iter().filter(|path| path.is_dir()) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let label = name.replace(['_', '-'], " ");
            let files = list(&folder)?.into_iter().filter(|path| path.is_file());
            all.extend(files.map(|file| Self {
                file,
                captions: Vec::new(),
                label: Some(label.clone()),
            }));
        }
        if all.is_empty() {
            return Err(refused(ListError::NoFolders));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_mistakes_name_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("captions.jsonl");
        let read = |text: &str| {
            std::fs::write(&list, text).unwrap();
            Described::read(&list)
        };
        let all = read("{\"file\": \"a.jpg\", \"captions\": [\"a dog\"], \"id\": 7}\n\n{\"file\": \"b.jpg\", \"label\": \"cat\"}\n").unwrap();
        assert_eq!(all[0].file, folder.path().join("a.jpg"));
        assert_eq!(all[0].captions, ["a dog"]);
        assert_eq!(all[1].label.as_deref(), Some("cat"));
        for (text, reason) in [
            ("", "it is empty"),
            ("{\"file\": \"a.jpg\"}", "line 1 has neither"),
            ("{\"file\": \"a.jpg\", \"label\": \"x\"}\n[]", "line 2"),
        ] {
            let error = read(text).unwrap_err();
            let LabError::List { source, .. } = error else {
                panic!("{error}");
            };
            assert!(source.to_string().starts_with(reason), "{source}");
        }
        assert!(Described::read(Path::new("not there")).is_err());
    }

    #[test]
    fn folders_are_labels() {
        let root = tempfile::tempdir().unwrap();
        for path in ["grey_cat/1.jpg", "grey_cat/2.jpg", "dog/3.jpg", "4.jpg"] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let all = Described::sorted_into(root.path()).unwrap();
        let labels: Vec<_> = all
            .iter()
            .map(|one| one.label.as_deref().unwrap())
            .collect();
        assert_eq!(labels, ["dog", "grey cat", "grey cat"]);
        assert!(Described::sorted_into(&root.path().join("dog")).is_err());
    }
}
