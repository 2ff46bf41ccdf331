//! Splits texts into words: `~/Italy2019/IMG_2043.jpg` is found by "italy", "2019", "img" and
//! "2043".
//!
//! Chinese, Japanese, Thai and related scripts have no spaces between words, and Korean glues words
//! together. Splitting them needs a dictionary for each language. Here each character is a word
//! instead, and a query is looked up by pairs of neighbours: `京都` finds `東京都庁` and `京都旅行`. Lucene's
//! analyzer for these languages indexes pairs. Single characters with positions, which the index
//! has anyway, give the same pairs, and single characters are found, too.

use crate::fold::{push_lower_case, without_accents};
use unicode_normalization::char::is_combining_mark;

/// The words of a text, folded, with one space between. Texts and queries must both use this
/// function.
///
/// A text is split at every character that is not a letter or digit, between letters and digits,
/// and where a capital follows a small letter. Words are in lower case and without accents, and
/// English plurals and possessives become singulars. A word that a capital splits is also kept
/// whole: `FinePix` is found by "finepix".
#[must_use]
pub fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    split(text, &mut |word, _| {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    });
    words
}

/// The terms to look up for a description: each of its [`words()`], and for scripts without spaces
/// each pair of neighbours, with a space between.
#[must_use]
pub fn search_terms(text: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    let mut previous = String::new();
    let mut has_pair = false;
    split(text, &mut |word, link| {
        match link {
            Link::Apart => {
                terms.push(word.to_owned());
                has_pair = false;
            }
            Link::Adjoining => {
                if !has_pair {
                    terms.pop();
                }
                terms.push(format!("{previous} {word}"));
                has_pair = true;
            }
        }
        word.clone_into(&mut previous);
    });
    terms
}

/// The relation of a word to the word before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Two separate words.
    Apart,
    /// Both are neighbouring characters of a script without spaces.
    Adjoining,
}

/// Calls `found` with each word of a text, folded.
fn split(text: &str, found: &mut dyn FnMut(&str, Link)) {
    let text = without_accents(text);
    let mut word = String::new();
    let mut link = Link::Apart;
    // The letters since the last other character, if a capital has split them.
    let mut whole = String::new();
    let mut last: Option<char> = None;
    for (at, c) in text.char_indices() {
        if last.is_some_and(char::is_alphabetic) && is_possessive(&text[at..]) {
            continue;
        }
        if is_combining_mark(c) {
            // For example the vowel of an Indian or Thai letter.
            if !word.is_empty() {
                word.push(c);
            }
            continue;
        }
        let is_word = c.is_alphanumeric();
        let is_split = last.is_some_and(|last| last.is_lowercase() && c.is_uppercase());
        let ends = !is_word
            || is_unspaced(c)
            || last.is_some_and(|last| last.is_numeric() != c.is_numeric() || is_unspaced(last));
        if is_split {
            whole.push_str(&word);
        }
        if ends && !whole.is_empty() {
            whole.push_str(&word);
        }
        if is_split || ends {
            finish(&mut word, link, found);
            link = Link::Apart;
        }
        if ends {
            finish(&mut whole, link, found);
            if is_unspaced(c) && last.is_some_and(is_unspaced) {
                link = Link::Adjoining;
            }
        }
        if is_word {
            push_lower_case(&mut word, c);
        }
        last = is_word.then_some(c);
    }
    if !whole.is_empty() {
        whole.push_str(&word);
    }
    finish(&mut word, link, found);
    finish(&mut whole, Link::Apart, found);
}

/// Whether the text begins with a possessive `'s`.
fn is_possessive(text: &str) -> bool {
    text.strip_prefix(['\'', '\u{2019}'])
        .and_then(|rest| rest.strip_prefix(['s', 'S']))
        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

fn finish(word: &mut String, link: Link, found: &mut dyn FnMut(&str, Link)) {
    if !word.is_empty() {
        found(singular(word), link);
        word.clear();
    }
}

/// The singular of an English plural: `dogs` becomes `dog`; `glass`, `gps` and `bus` stay. Names
/// that end in s lose it, too, which is harmless because texts and queries are treated alike.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => word,
    }
}

/// Letters of scripts without spaces between words, and of Korean, which glues words together.
fn is_unspaced(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c,
            // Thai, Lao, Burmese, Khmer.
            '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            // Japanese syllables, and the marks for repetition and long vowels.
            | '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            // Chinese characters.
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{20000}'..='\u{3ffff}'
            // Korean.
            | '\u{ac00}'..='\u{d7a3}')
}
