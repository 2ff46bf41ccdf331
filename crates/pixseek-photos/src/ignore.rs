//! What a walk leaves out: globs given by hand and `.pixseekignore` files.
//!
//! An ignore file holds one glob a line, as in `.gitignore`: a glob without `/` matches a
//! name at any depth below, one with `/` a path from the file's folder; `/` at its end means
//! folders only; `#` begins a comment. `!` is not known and is reported.

use crate::walk::WalkError;
use globset::{GlobBuilder, GlobMatcher};
use std::path::{Path, PathBuf};

/// The file that a folder may hold.
pub(crate) const IGNORE_FILE: &str = ".pixseekignore";

/// One glob, and the folder below which it counts.
pub(crate) struct Pattern {
    folder: PathBuf,
    matcher: GlobMatcher,
    whole_path: bool,
    folders_only: bool,
}

impl Pattern {
    /// Reads one glob that counts below `folder`.
    pub(crate) fn new(folder: &Path, glob: &str) -> Result<Self, globset::Error> {
        let folders_only = glob.ends_with('/');
        let glob = glob.trim_end_matches('/');
        let whole_path = glob.contains('/');
        let matcher = GlobBuilder::new(glob.trim_start_matches('/'))
            .literal_separator(true)
            .build()?
            .compile_matcher();
        Ok(Self {
            folder: folder.into(),
            matcher,
            whole_path,
            folders_only,
        })
    }

    /// Whether the pattern leaves out `path`.
    pub(crate) fn matches(&self, path: &Path, is_folder: bool) -> bool {
        if self.folders_only && !is_folder {
            return false;
        }
        let Ok(relative) = path.strip_prefix(&self.folder) else {
            return false;
        };
        if self.whole_path {
            self.matcher.is_match(relative)
        } else {
            relative
                .file_name()
                .is_some_and(|name| self.matcher.is_match(name))
        }
    }
}

/// Reads a folder's ignore file, if there is one; bad lines are reported, not obeyed.
pub(crate) fn read_ignore_file(folder: &Path, errors: &mut Vec<WalkError>) -> Vec<Pattern> {
    let path = folder.join(IGNORE_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            errors.push(WalkError {
                path,
                reason: error.to_string(),
            });
            return Vec::new();
        }
    };
    let mut patterns = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let reason = if line.starts_with('!') {
            "`!` is not known here".to_owned()
        } else {
            match Pattern::new(folder, line) {
                Ok(pattern) => {
                    patterns.push(pattern);
                    continue;
                }
                Err(error) => error.to_string(),
            }
        };
        errors.push(WalkError {
            path: path.clone(),
            reason: format!("line {}: {reason}", number + 1),
        });
    }
    patterns
}
