//! What a person or a pipe reads. Results go to stdout, everything else to stderr.

mod hits;

pub use hits::print_hits;

use anyhow::Error;
use std::borrow::Cow;
use std::io::ErrorKind;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    NothingFound,
    Error,
    DoneWithFailures,
}

impl Outcome {
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => 0,
            Self::NothingFound => 1,
            Self::Error => 2,
            Self::DoneWithFailures => 3,
        }
        .into()
    }
}

/// Whether an error is only that nobody reads stdout any more.
pub fn is_closed_pipe(error: &Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Text from strangers for a terminal: control characters and marks that turn the writing
/// direction are replaced, so that a file name cannot move the cursor or disguise itself.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_harmful) {
        text.replace(is_harmful, "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// `1234567` as `1,234,567`.
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

/// `1 photo`, `2,000 photos`.
pub fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped, plain};

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
        assert_eq!(counted(1, "photo"), "1 photo");
        assert_eq!(counted(2000, "photo"), "2,000 photos");
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(plain("gpj.\u{202e}exe"), "gpj.\u{fffd}exe");
        assert_eq!(plain("Müller 🏖.jpg"), "Müller 🏖.jpg");
    }
}
