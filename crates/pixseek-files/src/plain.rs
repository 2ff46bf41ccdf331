//! Prints file names safely.

use std::borrow::Cow;

/// Makes a text safe for a terminal. Replaces control characters, invisible characters and those
/// that change the writing direction, so that a file name cannot move the cursor, begin a line or
/// look like another name.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c,
                // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
                '\u{ad}' | '\u{61c}' | '\u{180e}'
                // Spaces and joiners without width, marks of direction.
                | '\u{200b}'..='\u{200f}'
                // Separators of lines and paragraphs, embeddings and overrides of direction.
                | '\u{2028}'..='\u{202e}'
                // Invisible operators, isolates of direction, deprecated formatting.
                | '\u{2060}'..='\u{206f}'
                // A byte order mark, interlinear annotations, language tags.
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
    fn names_cannot_control_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(plain("gpj.\u{202e}exe"), "gpj.\u{fffd}exe");
        assert_eq!(plain("Müller 🏖.jpg"), "Müller 🏖.jpg");
        assert_eq!(plain("محمد 東京 ไทย"), "محمد 東京 ไทย");
        for hidden in [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{2029}',
            '\u{2066}',
            '\u{2060}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0001}',
            '\u{e0041}',
        ] {
            assert_eq!(plain(&format!("a{hidden}b")), "a\u{fffd}b", "{hidden:?}");
        }
    }
}
