//! The globs that a walk leaves out: excludes, and the lines of `.pixseekignore` files.
//!
//! An ignore file has one glob a line, as in `.gitignore`: a glob without `/` matches a name at any
//! depth below, and one with `/` a path from the file's folder; `/` at the end means folders only; `#`
//! begins a comment. `!`, which takes an exclusion back, is not supported and is reported.

#[cfg(test)]
mod tests;

use crate::walk::WalkError;
use globset::{GlobBuilder, GlobSet};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The name of an ignore file.
pub const IGNORE_FILE: &str = ".pixseekignore";

/// The largest ignore file, in bytes; people write a few hundred.
const LARGEST: u64 = 1 << 20;

/// A glob that is not valid, or too large.
#[derive(Debug, thiserror::Error)]
#[error("{glob:?} cannot be used as a glob")]
pub struct GlobError {
    /// The glob.
    pub glob: String,
    /// Why not.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A glob, and the folder below which it applies.
pub(crate) struct Pattern {
    folder: PathBuf,
    /// A set of one glob: building a set fails if the glob's regular expression is too large, while
    /// `compile_matcher` panics.
    matcher: GlobSet,
    whole_path: bool,
    folders_only: bool,
}

impl Pattern {
    /// Parses a glob that applies below `folder`.
    pub(crate) fn new(folder: &Path, glob: &str) -> Result<Self, GlobError> {
        let folders_only = glob.ends_with('/');
        let glob = glob.trim_end_matches('/');
        let whole_path = glob.contains('/');
        let matcher = matcher(glob.trim_start_matches('/'))?;
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

fn matcher(glob: &str) -> Result<GlobSet, GlobError> {
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    built
        .and_then(|built| GlobSet::builder().add(built).build())
        .map_err(|source| GlobError {
            glob: glob.into(),
            source: source.into(),
        })
}

/// Translates a glob of a folder into one with the same meaning in the folder that `names` lead to.
/// Returns `None` if it matches nothing below, or if it matches a folder on the way: a person who names
/// such a folder overrules the glob.
#[must_use]
pub fn glob_below(glob: &str, names: &[&OsStr]) -> Option<String> {
    let matches = |part: &str, name: &OsStr| matcher(part).is_ok_and(|part| part.is_match(name));
    let plain = glob.trim_end_matches('/');
    if !plain.contains('/') {
        let matches_folder = names.iter().any(|name| matches(plain, name));
        return (!matches_folder).then(|| glob.into());
    }
    let mut rest = glob.trim_start_matches('/');
    for name in names {
        let (part, behind) = rest.split_once('/').unwrap_or((rest, ""));
        if part == "**" {
            break;
        }
        if !matches(part, name) || behind.is_empty() {
            return None;
        }
        rest = behind;
    }
    Some(format!("/{rest}"))
}

/// Reads a folder's ignore file, if there is one. Returns its globs, and the lines that are not valid
/// globs, which the walk reports.
///
/// # Errors
///
/// Fails when the file is not readable text. The folder must then not be walked, because its rules are
/// unknown.
pub(crate) fn read_ignore_file(folder: &Path) -> Result<(Vec<Pattern>, Vec<WalkError>), WalkError> {
    let path = folder.join(IGNORE_FILE);
    let (mut patterns, mut mistakes) = (Vec::new(), Vec::new());
    let text = match read_text(&path) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok((patterns, mistakes)),
        Err(reason) => {
            return Err(WalkError {
                path: folder.into(),
                reason: format!("nothing below it is looked at: its {IGNORE_FILE} {reason}"),
            });
        }
    };
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let reason = if line.starts_with('!') {
            "`!` is not supported".to_owned()
        } else {
            match Pattern::new(folder, line) {
                Ok(pattern) => {
                    patterns.push(pattern);
                    continue;
                }
                Err(error) => error.to_string(),
            }
        };
        mistakes.push(WalkError {
            path: path.clone(),
            reason: format!("line {}: {reason}", number + 1),
        });
    }
    Ok((patterns, mistakes))
}

/// Reads a small text file; `None` if it does not exist. Anything but a regular file is refused before
/// it is opened, because opening a pipe waits for a writer.
fn read_text(path: &Path) -> Result<Option<String>, String> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Err("is not a regular file".into()),
        Ok(_) => {}
        // If the folder itself has vanished or become a file, the walk reports that.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("is larger than {} MiB", LARGEST >> 20));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n');
        format!("is not UTF-8 in line {}", line.count() + 1)
    })
}
