//! Reads the user's command lines: the opener, and the commands that `!` runs on photos. No shell
//! reads them, so no character in a file name is special.

mod run;

pub use run::CommandRun;

use crate::folders;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

/// The placeholder for the paths in a command line.
const PATHS: &str = "{}";

/// The reason why a command line does not run.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The line is empty.
    #[error("the command is empty")]
    Empty,
    /// A character that a shell would act on.
    #[error(
        "no shell runs this, so {0} has no meaning: quote it, or run sh -c '... \"$@\"' sh {{}}"
    )]
    Shell(char),
    /// A quote is still open at the end of the line.
    #[error("a quote is not closed: {0}")]
    Quote(String),
    /// The program does not start.
    #[error("{} does not start: {source}", program.display())]
    Start {
        /// The program.
        program: OsString,
        /// The error that the system reports.
        source: io::Error,
    },
}

/// Splits a line into the program and its arguments, with quotes as in a shell. A word `{}` becomes
/// all paths. A word that contains `{}` becomes one word per path. Without either, the paths follow
/// the last word.
pub fn words(line: &str, paths: &[PathBuf]) -> Result<Vec<OsString>, CommandError> {
    if let Some(sign) = shell_sign(line) {
        return Err(CommandError::Shell(sign));
    }
    let words = shlex::split(line).ok_or_else(|| CommandError::Quote(line.into()))?;
    if words.is_empty() {
        return Err(CommandError::Empty);
    }
    let has_place = words.iter().any(|word| word.contains(PATHS));
    let mut command = Vec::new();
    for word in &words {
        if word.contains(PATHS) {
            command.extend(paths.iter().map(|path| with_path(word, path.as_os_str())));
        } else {
            command.push(folders::with_home(word).into_os_string());
        }
    }
    if !has_place {
        command.extend(paths.iter().map(|path| path.clone().into_os_string()));
    }
    Ok(command)
}

/// The first character outside of quotes with which a shell would do more than split words.
fn shell_sign(line: &str) -> Option<char> {
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None | Some('"'), '\\') => drop(characters.next()),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '|' | '<' | '>' | '&' | ';' | '$' | '`') => return Some(character),
            _ => {}
        }
    }
    None
}

/// Replaces each `{}` in a word by a path.
fn with_path(word: &str, path: &OsStr) -> OsString {
    let mut text = OsString::new();
    for (at, part) in word.split(PATHS).enumerate() {
        if at > 0 {
            text.push(path);
        }
        text.push(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::words;
    use std::path::PathBuf;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let paths = ["/a b.jpg", "/$(id)'.jpg"].map(PathBuf::from);
        assert_eq!(words(line, &paths).unwrap(), expected, "{line}");
    }

    #[test]
    fn paths_are_whole_arguments() {
        check("feh", &["feh", "/a b.jpg", "/$(id)'.jpg"]);
        check(
            "cp -- {} '/my out'",
            &["cp", "--", "/a b.jpg", "/$(id)'.jpg", "/my out"],
        );
        check(
            "tool \"--in={}\"",
            &["tool", "--in=/a b.jpg", "--in=/$(id)'.jpg"],
        );
        assert!(
            words("feh 'a", &[])
                .unwrap_err()
                .to_string()
                .contains("not closed")
        );
        assert!(words("  ", &[]).is_err());
        let home = std::env::home_dir().unwrap().join("out");
        assert_eq!(words("cp ~/out", &[]).unwrap()[1], home);
    }

    #[test]
    fn what_only_a_shell_understands_is_refused() {
        for line in ["cat {} > out", "wc {} | sort", "ls $HOME", "a; b", "a & b"] {
            let error = words(line, &[]).unwrap_err().to_string();
            assert!(error.starts_with("no shell runs this"), "{line}: {error}");
        }
        for line in ["grep 'a|b' {}", "tool \\$5", "tool \"a > b\""] {
            assert!(words(line, &[]).is_ok(), "{line}");
        }
    }
}
