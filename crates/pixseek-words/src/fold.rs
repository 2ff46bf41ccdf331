//! Folds spellings that people read as the same text: `Łódź`, `LODZ` and macOS's decomposed
//! `Łódź` all become "lodz".
//!
//! Unicode's compatibility decomposition (NFKD) separates letters from their accents and
//! replaces ligatures, full-width and half-width forms. The accents are dropped and the rest is
//! composed again, because the marks of other scripts carry meaning: Japanese が without its
//! mark is か, and Thai or Hindi without marks is without vowels.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Folds a text for comparison: lower case, without accents, in one Unicode form.
/// [`crate::words()`] also splits it into words.
#[must_use]
pub fn fold_text(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        };
    }
    let mut folded = String::with_capacity(text.len());
    each_without_accents(text, &mut |c| push_lower_case(&mut folded, c));
    folded.into()
}

/// As [`fold_text`], but keeps capitals.
pub(crate) fn without_accents(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut kept = String::with_capacity(text.len());
    each_without_accents(text, &mut |c| kept.push(c));
    kept.into()
}

/// Calls `found` with each character of the text without accents, in composed form. Only normalises
/// runs of other characters than ASCII, which halves the time because most of a path is ASCII. That
/// is correct because no character that is kept composes with ASCII.
fn each_without_accents(text: &str, found: &mut dyn FnMut(char)) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len());
        let (plain, behind) = rest.split_at(end);
        plain.chars().for_each(&mut *found);
        let end = behind.find(|c: char| c.is_ascii()).unwrap_or(behind.len());
        let (other, behind) = behind.split_at(end);
        let kept = other.nfkd().filter(|c| !is_dropped(*c));
        kept.nfc().for_each(&mut *found);
        rest = behind;
    }
}

/// Appends a character in lower case. Unicode does not decompose letters such as those with a
/// stroke, so they become the letters that people type for them.
pub(crate) fn push_lower_case(folded: &mut String, c: char) {
    for c in c.to_lowercase() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ŋ' => folded.push('n'),
            'ŧ' => folded.push('t'),
            // The Greek sigma at the end of a word.
            'ς' => folded.push('σ'),
            other => folded.push(other),
        }
    }
}

/// Accents of Latin, Greek and Cyrillic letters, vowel points of Hebrew and Arabic, and
/// characters that only change how their neighbours are drawn.
fn is_dropped(c: char) -> bool {
    let is_accent = matches!(c,
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}');
    let is_vowel_point = matches!(c,
        '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}');
    // The soft hyphen, joiners, and selectors between forms of a character.
    let is_invisible = matches!(
        c,
        '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
    );
    is_accent || is_vowel_point || is_invisible
}
