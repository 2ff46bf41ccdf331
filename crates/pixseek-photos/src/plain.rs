//! Names of files on a screen.

use std::borrow::Cow;

/// Text from strangers for a terminal: control characters and marks that turn the writing
/// direction are replaced, so that a file name cannot move the cursor or disguise itself.
#[must_use]
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

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(plain("gpj.\u{202e}exe"), "gpj.\u{fffd}exe");
        assert_eq!(plain("Müller 🏖.jpg"), "Müller 🏖.jpg");
    }
}
