//! Completions at the cursor of a query that is being typed.

use crate::filters::{FILTERS, named};
use pixseek_record::{MONTHS, places_beginning};
use pixseek_words::fold_text;
use std::ops::Range;

const HOURS: [&str; 5] = ["morning", "noon", "afternoon", "evening", "night"];
const FACTS: [&str; 6] = ["gps", "date", "camera", "lens", "rating", "motion"];
const KINDS: [&str; 2] = ["video", "photo"];
const LENGTHS: [&str; 4] = [">1m", ">10s", "<10s", "1m..5m"];
const SHAPES: [&str; 4] = ["landscape", "portrait", "square", "panorama"];
const SPEEDS: [&str; 4] = ["100", "100..800", ">=1600", ">=3200"];
const STARS: [&str; 6] = ["5", ">=4", ">=3", ">=2", ">=1", "rejected"];
const DAYS: [&str; 8] = [
    "today",
    "yesterday",
    "this week",
    "last week",
    "last month",
    "last summer",
    "last year",
    "christmas",
];
/// Today's day in every year, which only `on:` takes.
const EVERY_YEAR: &str = "this day";

/// The names in an index that completion offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Cameras.
    pub cameras: Vec<String>,
    /// Lenses.
    pub lenses: Vec<String>,
    /// Names of folders.
    pub folders: Vec<String>,
    /// Endings of file names.
    pub extensions: Vec<String>,
    /// Labels of photos.
    pub tags: Vec<String>,
    /// Taught names.
    pub names: Vec<String>,
    /// Names of saved queries.
    pub saved: Vec<String>,
}

/// One completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the query that it replaces.
    pub span: Range<usize>,
    /// The replacement.
    pub text: String,
}

impl Completion {
    /// The file that `like:` ends with at a cursor (a byte), as it was typed, and its position. The
    /// caller looks for files, because this crate reads none.
    #[must_use]
    pub fn file_at(text: &str, cursor: usize) -> Option<(&str, Range<usize>)> {
        let start = word_start(text, cursor)?;
        let (name, value) = text[start..cursor].split_once(':')?;
        let (name, _) = named(&name.to_ascii_lowercase())?;
        let typed = value.trim_start_matches('"');
        (name == "like").then_some((typed, cursor - value.len()..cursor))
    }

    /// Completes a file at a position of a query. A folder, which ends with a slash, stays open, so
    /// that its files come next.
    #[must_use]
    pub fn of_file(span: Range<usize>, file: &str) -> Self {
        let text = quoted(file);
        let text = match text.strip_suffix('"') {
            Some(open) if file.ends_with('/') => open.to_owned(),
            _ if file.ends_with('/') => text,
            _ => text + " ",
        };
        Self { span, text }
    }
}

impl Vocabulary {
    /// At most `k` completions of the word that ends at `cursor` (a byte), the likeliest first:
    /// those that begin like it, then those that contain it.
    #[must_use]
    pub fn complete(&self, text: &str, cursor: usize, k: usize) -> Vec<Completion> {
        let Some(start) = word_start(text, cursor) else {
            return Vec::new();
        };
        let word = &text[start..cursor];
        // At the end of the query the next word follows.
        let end = if cursor == text.len() { " " } else { "" };
        if let Some(begun) = word.strip_prefix('@') {
            return ways(start + 1..cursor, begun, &self.saved, end)
                .take(k)
                .collect();
        }
        let Some((name, values)) = word.split_once(':') else {
            return self.words(word, &(start..cursor), end, k);
        };
        let begun = values.rsplit(',').next().unwrap_or(values);
        let name = named(&name.to_ascii_lowercase()).map_or("", |(name, _)| name);
        let known: Vec<String> = match name {
            // Behind the city stands a distance.
            "near" if values.contains(',') => Vec::new(),
            "near" => cities(begun, k),
            _ => self.values(name),
        };
        ways(cursor - begun.len()..cursor, begun, &known, end)
            .take(k)
            .collect()
    }

    /// Completions of a word without a colon: filters and taught names.
    fn words(&self, word: &str, span: &Range<usize>, end: &str, k: usize) -> Vec<Completion> {
        if word.is_empty() {
            return Vec::new();
        }
        let lower = word.to_lowercase();
        let filters = FILTERS.iter().filter(|(name, _)| name.starts_with(&lower));
        let filters = filters.map(|(name, _)| format!("{name}:"));
        let names = self.names.iter();
        let names = names.filter(|name| name.starts_with(&lower) && **name != lower);
        let completion = |text| Completion {
            span: span.clone(),
            text,
        };
        filters
            .chain(names.map(|name| format!("{name}{end}")))
            .map(completion)
            .take(k)
            .collect()
    }

    fn values(&self, name: &str) -> Vec<String> {
        let fixed = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        if let Some((_, known)) = self.known_values(name) {
            return known.to_vec();
        }
        match name {
            "after" | "before" => fixed(&DAYS),
            "on" => [fixed(&DAYS), vec![EVERY_YEAR.to_owned()]].concat(),
            "month" => fixed(&MONTHS),
            "time" => fixed(&HOURS),
            "has" => fixed(&FACTS),
            "is" => fixed(&KINDS),
            "duration" => fixed(&LENGTHS),
            "orientation" => fixed(&SHAPES),
            "iso" => fixed(&SPEEDS),
            "rating" => fixed(&STARS),
            _ => Vec::new(),
        }
    }
}

/// The cities that begin like a text, as the folded names that people type.
fn cities(begun: &str, k: usize) -> Vec<String> {
    let begun = begun.trim_start_matches('"');
    if begun.is_empty() {
        return Vec::new();
    }
    // One more, because the typed name itself is no completion.
    let found = places_beginning(begun, k + 1, fold_text);
    found.into_iter().map(str::to_lowercase).collect()
}

/// The position behind the signs of the word that ends at the cursor; `None` inside a phrase or in
/// the middle of a word.
fn word_start(text: &str, cursor: usize) -> Option<usize> {
    let is_end = |next: char| next.is_whitespace() || next == ')';
    if !text.get(cursor..)?.chars().next().is_none_or(is_end) {
        return None;
    }
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, c) in text[..cursor].char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            c if !is_quoted && (c.is_whitespace() || c == '(') => start = at + c.len_utf8(),
            _ => {}
        }
    }
    let word = &text[start..cursor];
    let word = word.trim_start_matches(['+', '-', '!']);
    (!word.starts_with('"')).then_some(cursor - word.len())
}

/// Values that begin like the typed text, then those that contain it, quoted if they need it.
fn ways<'a>(
    span: Range<usize>,
    begun: &str,
    known: &'a [String],
    end: &'a str,
) -> impl Iterator<Item = Completion> + use<'a> {
    let begun = begun.trim_start_matches('"');
    let folded = fold_text(begun);
    let (first, second): (Vec<&String>, Vec<&String>) = known
        .iter()
        .filter(|value| fold_text(value).contains(&*folded) && **value != begun.to_lowercase())
        .partition(|value| fold_text(value).starts_with(&*folded));
    first
        .into_iter()
        .chain(second)
        .map(move |value| Completion {
            span: span.clone(),
            text: format!("{}{end}", quoted(value)),
        })
}

fn quoted(value: &str) -> String {
    let needs = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | ',' | '^' | '\\');
    if value.contains(needs) {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Completion, Vocabulary};
    use crate::Query;

    fn vocabulary() -> Vocabulary {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Vocabulary {
            cameras: owned(&["canon eos 40d", "nikon", "x100v"]),
            lenses: owned(&["50mm", "xf23mm"]),
            extensions: owned(&["jpg", "png"]),
            tags: owned(&["beach", "dog"]),
            folders: owned(&["italy", "łódź", "new york", "york"]),
            names: owned(&["rex"]),
            saved: owned(&["dogs"]),
        }
    }

    /// The text with `|` for the cursor, and each text that a completion would make of it.
    fn check(typed: &str, expected: &[&str]) {
        let cursor = typed.find('|').unwrap();
        let text = typed.replace('|', "");
        let completions = vocabulary().complete(&text, cursor, 9);
        let made: Vec<String> = completions
            .into_iter()
            .map(|one| {
                let mut text = text.clone();
                text.replace_range(one.span, &one.text);
                text
            })
            .collect();
        assert_eq!(made, expected, "{typed}");
    }

    #[test]
    fn words_become_filters_names_and_values() {
        check("|", &[]);
        check("dog cam|", &["dog camera:"]);
        check("-re|", &["-rex "]);
        check(
            "dog camera:|",
            &[
                "dog camera:\"canon eos 40d\" ",
                "dog camera:nikon ",
                "dog camera:x100v ",
            ],
        );
        check("camera:nikon,x1|", &["camera:nikon,x100v "]);
        check("camera:nikon|", &[]);
        check("!in:york|", &["!in:\"new york\" "]);
        check("in:Lo|", &["in:łódź "]);
        check("in:Łó|", &["in:łódź "]);
        check("in:LO\u{301}D|", &["in:łódź "]);
        check("in:\"new y|", &["in:\"new york\" "]);
        check("(@d|) cat", &["(@dogs) cat"]);
        check(
            "time:n|",
            &[
                "time:noon ",
                "time:night ",
                "time:morning ",
                "time:afternoon ",
                "time:evening ",
            ],
        );
        check("lens:|", &["lens:50mm ", "lens:xf23mm "]);
        check("ext:|", &["ext:jpg ", "ext:png "]);
        check("tag:d|", &["tag:dog "]);
        for name in ["after", "before", "on"] {
            check(&format!("{name}:tod|"), &[&format!("{name}:today ")]);
            let quoted = format!("{name}:\"this week\" ");
            check(&format!("{name}:\"this w|"), &[&quoted]);
        }
        check("on:this|", &["on:\"this week\" ", "on:\"this day\" "]);
        check("after:this|", &["after:\"this week\" "]);
        check("month:ju|", &["month:june ", "month:july "]);
        check("has:l|", &["has:lens "]);
        check("orientation:l|", &["orientation:landscape "]);
        check("iso:>=3|", &["iso:>=3200 "]);
        check("rating:re|", &["rating:rejected "]);
        check("width:1|", &[]);
        check("near:|", &[]);
        check("near:Reykj|", &["near:reykjavík ", "near:reykjanesbær "]);
        check("near:\"buenos ai|", &["near:\"buenos aires\" "]);
        check("near:berlin,3|", &[]);
        check("\"a cam|", &[]);
        check("a\\ cam|", &[]);
        check("ca|mera", &[]);
    }

    #[test]
    fn files_of_like_are_completed() {
        for (text, typed) in [
            ("dog like:", Some("")),
            ("-like:~/a.j", Some("~/a.j")),
            ("like:\"my d", Some("my d")),
            ("like:a.jpg ", None),
            ("in:it", None),
        ] {
            let found = Completion::file_at(text, text.len());
            assert_eq!(found.map(|(typed, _)| typed), typed, "{text}");
        }
        for (file, expected) in [
            ("a.jpg", "like:a.jpg "),
            ("my a.jpg", "like:\"my a.jpg\" "),
            ("dir/", "like:dir/"),
            ("my dir/", "like:\"my dir/"),
        ] {
            let mut text = "like:\"m".to_owned();
            let (_, span) = Completion::file_at(&text, text.len()).unwrap();
            let completion = Completion::of_file(span, file);
            text.replace_range(completion.span, &completion.text);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn positions_of_filters_include_their_signs() {
        let text = "dog !camera:\"x 1\" -(in:a OR cat) 2:on:june";
        let filters = Query::filters_of(text);
        let texts: Vec<&str> = filters.into_iter().map(|at| &text[at]).collect();
        assert_eq!(texts, ["!camera:\"x 1\"", "in:a", "on:june"]);
        assert!(Query::filters_of("in:\"open").is_empty());
    }
}
