//! What a walk leaves out: globs given by hand and `.pixseekignore` files.
//!
//! An ignore file holds one glob a line, as in `.gitignore`: a glob without `/` matches a
//! name at any depth below, one with `/` a path from the file's folder; `/` at its end means
//! folders only; `#` begins a comment. `!` is not known and is reported.

#[cfg(test)]
mod tests;

use crate::walk::WalkError;
use globset::{GlobBuilder, GlobSet};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The file that a folder may hold.
pub const IGNORE_FILE: &str = ".pixseekignore";

/// Bytes of an ignore file; people write a few hundred.
const LARGEST: u64 = 1 << 20;

/// One glob, and the folder below which it counts.
pub(crate) struct Pattern {
    folder: PathBuf,
    /// Of one glob. A set reports a glob whose regular expression would be too large; a matcher of
    /// one glob panics.
    matcher: GlobSet,
    whole_path: bool,
    folders_only: bool,
}

impl Pattern {
    /// Reads one glob that counts below `folder`.
    pub(crate) fn new(folder: &Path, glob: &str) -> Result<Self, globset::Error> {
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

fn matcher(glob: &str) -> Result<GlobSet, globset::Error> {
    let glob = GlobBuilder::new(glob).literal_separator(true).build()?;
    GlobSet::builder().add(glob).build()
}

/// A glob of a folder as one that means the same in the folder that `names` lead to. `None`
/// where it matches nothing below, or the folders on the way themselves: to name such a folder
/// overrules it.
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

/// Reads a folder's ignore file, if there is one. Returns its globs, and the lines that are
/// none: those are reported, not obeyed.
///
/// # Errors
///
/// When it cannot be read as text. Nobody knows then what it would leave out, so the folder
/// must not be walked.
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
        mistakes.push(WalkError {
            path: path.clone(),
            reason: format!("line {}: {reason}", number + 1),
        });
    }
    Ok((patterns, mistakes))
}

/// The text of a small file; `None` when there is none. Opening anything but a file could
/// wait for ever.
fn read_text(path: &Path) -> Result<Option<String>, String> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Err("is no file".into()),
        Ok(_) => {}
        // Also for a folder that vanished or turned into a file: the walk says so.
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
