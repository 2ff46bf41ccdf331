//! Formats output for people and pipes. Results go to stdout, everything else to stderr.

mod hits;
mod paths;
mod template;

pub use hits::{explain_hits, print_hits};
pub use paths::json_path;
pub use pixseek_engine::plain;
pub use template::Template;

use crate::advice::explained;
use anyhow::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

/// How a command ended; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    NothingFound,
    Error,
    DoneWithFailures,
    /// A person ended the command: Ctrl-C, or nothing was picked.
    Interrupted,
    /// A signal with this number ended the command.
    Signalled(i32),
}

impl Outcome {
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => 0,
            Self::NothingFound => 1,
            Self::Error => 2,
            Self::DoneWithFailures => 3,
            // The exit code that a shell reports for a program that Ctrl-C ended.
            Self::Interrupted => 130,
            Self::Signalled(number) => u8::try_from(128 + number).unwrap_or(2),
        }
        .into()
    }
}

/// Prints an error with its causes and advice.
pub fn say_error(error: &(dyn std::error::Error + 'static)) {
    for line in format!("error: {}", explained(error)).lines() {
        eprintln!("{}", plain(line));
    }
}

/// Whether an error only says that the reader of stdout has closed the pipe.
pub fn is_closed_pipe(error: &Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Formats `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a size in three digits or less: `512 bytes`, `1.2 MB`, `605 MB`.
pub fn sized(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes / unit >= 100 => {
            format!("{} {name}", (bytes + unit / 2) / unit)
        }
        Some((unit, name)) => {
            let tenths = (bytes * 10 + unit / 2) / unit;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => counted(bytes, "byte"),
    }
}

/// Formats a number with its noun: `1 photo`, `2,000 photos`.
pub fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped, sized};

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        for (bytes, expected) in [
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_050, "1.1 kB"),
            (1_949_000, "1.9 MB"),
            (605_400_000, "605 MB"),
            (12_000_000_000, "12.0 GB"),
        ] {
            assert_eq!(sized(bytes), expected);
        }
        assert_eq!(counted(1, "photo"), "1 photo");
        assert_eq!(counted(2000, "photo"), "2,000 photos");
    }
}
