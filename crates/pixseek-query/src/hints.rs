//! Remarks on words that look like filters, signs or weights. The program shows them beside the
//! hits, because a query with such words is valid. And the one mistake that every text with a phrase
//! has while it is typed: an open quote.

use crate::tokens::{Kind, tokens};
use crate::{Query, QueryError};

impl Query {
    /// Remarks on words that look like filters, signs or weights and are searched as words; none
    /// of a text that cannot be read.
    #[must_use]
    pub fn hints(text: &str) -> Vec<String> {
        let tokens = tokens(text).unwrap_or_default().into_iter();
        let words = tokens.filter(|token| matches!(token.kind, Kind::Word(_)));
        words.filter_map(|word| hint(&text[word.span])).collect()
    }

    /// The mistake of a text that lacks nothing but the quote at its end.
    #[must_use]
    pub fn open_quote(text: &str) -> Option<QueryError> {
        let mistake = tokens(text).err()?;
        tokens(&format!("{text}\"")).is_ok().then_some(mistake)
    }
}

/// The remark on a word as it was typed.
fn hint(word: &str) -> Option<String> {
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
    let (name, _) = word.split_once(':').unwrap_or_default();
    if is_name(&name) {
        return Some(format!("{name}: is no filter; searched as words"));
    }
    match word {
        "+" | "-" | "!" => Some(format!(
            "{word} stands alone; a sign touches what it belongs to, as in {word}{}",
            if word == "!" { "ext:png" } else { "people" }
        )),
        _ if has_power(word) => Some(format!(
            "{word} has no weight; a weight is a number, as in snow^2"
        )),
        _ => None,
    }
}

/// Whether a letter follows a `^` behind a letter, as in `dog^x`.
fn has_power(word: &str) -> bool {
    let sides = word.split_once('^');
    sides.is_some_and(|(before, behind)| {
        before.ends_with(char::is_alphanumeric) && behind.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use crate::Query;

    #[test]
    fn a_quote_is_open_until_it_is_closed() {
        for (text, is_open) in [
            ("\"red umb", true),
            ("dog in:\"new y", true),
            ("\"", true),
            ("\"red\"", false),
            ("dog", false),
            ("\"red\\", false),
        ] {
            assert_eq!(Query::open_quote(text).is_some(), is_open, "{text}");
        }
    }

    #[test]
    fn words_that_look_like_more_are_hinted_at() {
        for (text, expected) in [
            ("a dog in:italy +snow snow^2 10:30", &[][..]),
            ("foo:", &["foo: is no filter; searched as words"]),
            (
                "what: a dog a:b",
                &[
                    "what: is no filter; searched as words",
                    "a: is no filter; searched as words",
                ],
            ),
            (r"what\: a dog", &[]),
            (
                "dog -",
                &["- stands alone; a sign touches what it belongs to, as in -people"],
            ),
            (
                "dog^x",
                &["dog^x has no weight; a weight is a number, as in snow^2"],
            ),
            ("^_^ \"foo:bar\"", &[]),
        ] {
            assert_eq!(Query::hints(text), expected, "{text}");
        }
    }
}
