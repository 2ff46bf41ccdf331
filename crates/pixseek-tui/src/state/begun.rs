//! Rewrites a query whose last filter is half typed, so that it finds the photos of all
//! completions.

use pixseek_engine::{Completion, Query, Vocabulary, query_context};

/// Closes an open quote, and replaces the unfinished word that `completions` would replace. A
/// half-typed value becomes all known values that begin with it, and a filter without a value is
/// left out. Other words stay.
pub fn finished(text: &str, completions: &[Completion]) -> String {
    let text = with_unfinished_word(text, completions);
    closed(&text)
}

/// Closes an open quote.
pub fn closed(text: &str) -> String {
    let quote = Query::open_quote(text).map_or("", |_| "\"");
    format!("{text}{quote}")
}

/// Whether a filter is valid with a value, as far as no index is needed to tell.
fn is_valid(name: &str, value: &str) -> bool {
    Query::parse(&format!("{name}:{value}"), query_context()).is_ok()
}

fn with_unfinished_word(text: &str, completions: &[Completion]) -> String {
    let Some(span) = completions.first().map(|first| first.span.clone()) else {
        return text.to_owned();
    };
    let (Some(before), Some(word), Some(after)) = (
        text.get(..span.start),
        text.get(span.clone()),
        text.get(span.end..),
    ) else {
        return text.to_owned();
    };
    let begun = word.trim_start_matches('"').to_lowercase();
    let is_begun_so = |value: &&str| {
        value
            .trim_start_matches('"')
            .to_lowercase()
            .starts_with(&begun)
    };
    let values = completions
        .iter()
        .map(|completion| completion.text.trim_end());
    let mut values: Vec<&str> = values.filter(is_begun_so).collect();
    match before.chars().next_back() {
        Some(':') if begun.is_empty() => {
            let is_outside = |c: char| c.is_whitespace() || c == '(';
            let start = before.rfind(is_outside).map_or(0, |at| at + 1);
            [&before[..start], after].concat()
        }
        Some(':' | ',') if !values.is_empty() => {
            let filter = before.rfind(':').unwrap_or(0);
            let is_letter = |c: char| c.is_ascii_alphabetic();
            let name = before[..filter].rsplit(|c| !is_letter(c)).next();
            let name = name.unwrap_or_default();
            // The typed text may be a complete value already.
            let is_complete = !word.starts_with('"') && is_valid(name, word);
            // One file of many that begin alike says nothing about the photo that is meant.
            if name.eq_ignore_ascii_case("like") {
                return text.to_owned();
            }
            // A place is one, however many begin like it.
            if name.eq_ignore_ascii_case("near") {
                values.truncate(usize::from(!is_complete));
            }
            if is_complete {
                values.push(word);
            }
            [before, &values.join(","), after].concat()
        }
        Some('@') if !values.is_empty() => [before, values[0], after].concat(),
        _ => text.to_owned(),
    }
}

/// Whether the filter value that ends at the cursor is valid as it stands. If the index lists the
/// values of the filter, it must have this one; for cameras and lenses, a whole word is enough.
pub fn is_whole(text: &str, cursor: usize, vocabulary: &Vocabulary) -> bool {
    let is_outside = |c: char| c.is_whitespace() || c == '(';
    let Some(before) = text.get(..cursor) else {
        return false;
    };
    let start = before.rfind(is_outside).map_or(0, |at| at + 1);
    let Some((name, values)) = before[start..].split_once(':') else {
        return false;
    };
    let value = values.rsplit(',').next().unwrap_or(values).to_lowercase();
    let has = |known: &[String]| known.iter().any(|known| known.to_lowercase() == value);
    let has_word = |known: &[String]| {
        let mut words = known.iter().flat_map(|known| known.split_whitespace());
        words.any(|word| word.to_lowercase() == value)
    };
    let name = name.trim_start_matches(['+', '-', '!']);
    match vocabulary.known_values(name) {
        Some(("camera" | "lens", known)) => has_word(known),
        Some((_, known)) => has(known),
        None => !values.is_empty() && is_valid(name, values),
    }
}

#[cfg(test)]
mod tests {
    use super::{finished, is_whole};
    use pixseek_engine::Vocabulary;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let vocabulary = Vocabulary {
            cameras: owned(&["canon eos 40d", "x100v"]),
            folders: owned(&["italy", "italy 2", "library"]),
            saved: owned(&["dogs"]),
            ..Vocabulary::default()
        };
        let completions = vocabulary.complete(text, text.len(), 12);
        assert_eq!(finished(text, &completions), expected);
    }

    #[test]
    fn a_begun_value_counts_for_all_that_begin_like_it() {
        check("dog in:lib", "dog in:library,lib");
        check("in:it", "in:italy,\"italy 2\",it");
        check("in:library,It", "in:library,italy,\"italy 2\",It");
        check("camera:\"can", "camera:\"canon eos 40d\"");
        check("dog -camera:", "dog ");
        check("(in:", "(");
        check("@do", "@dogs");
        check("a cam", "a cam");
        check("in:nowhere", "in:nowhere");
        check("in:brary", "in:brary");
        check("month:ju", "month:june,july");
        check("on:tod", "on:today");
        check("near:berli", "near:berlin");
        check("near:berlin", "near:berlin");
        check("near:", "near:");
        check("dog \"red umb", "dog \"red umb\"");
        check("year:2", "year:2");
    }

    #[test]
    fn a_value_that_the_index_has_is_whole() {
        let vocabulary = Vocabulary {
            cameras: vec!["canon eos 40d".into()],
            folders: vec!["italy".into(), "italy 2".into()],
            ..Vocabulary::default()
        };
        for (text, expected) in [
            ("dog camera:Canon", true),
            ("camera:can", false),
            ("-in:italy", true),
            ("in:ital", false),
            ("in:x,italy", true),
            ("in", false),
            ("near:paris", true),
            ("near:par", false),
            ("iso:100", true),
            ("month:ju", false),
            ("on:", false),
        ] {
            assert_eq!(is_whole(text, text.len(), &vocabulary), expected, "{text}");
        }
    }
}
