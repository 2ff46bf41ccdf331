//! Names of files on the terminal: a name from a stranger must not steer it.

use pixseek_engine::plain;
use std::path::Path;

/// A path as it may be printed.
pub fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}

/// Prints an error with its causes, which may name files.
pub fn print_error(error: &anyhow::Error) {
    for line in format!("pixseek-train: {error:#}").lines() {
        eprintln!("{}", plain(line));
    }
}
