//! Prints names of files and errors without the control characters that they may contain.

use pixseek_engine::plain;
use std::path::Path;

/// A path without control characters.
pub fn printed(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}

/// Prints an error with its causes.
pub fn print_error(error: &anyhow::Error) {
    for line in format!("pixseek-train: {error:#}").lines() {
        eprintln!("{}", plain(line));
    }
}
