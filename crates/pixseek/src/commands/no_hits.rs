//! Why a search finds nothing: which filter is empty, and what is near its value.

use super::readings::passing;
use crate::output::{counted, plain};
use pixseek_engine::{Answer, Query, Searcher, Vocabulary};

/// Values that are offered instead of one that matches nothing.
const OFFERED: usize = 4;
/// The share of a value's letters that may differ from it in a near one.
const NEAR: f64 = 0.5;

/// Explains why there is no hit.
pub fn why_no_hits(searcher: &Searcher, answer: &Answer, text: &str) -> String {
    if searcher.photo_count() == 0 {
        return "the index holds no photos; add some with `pixseek index DIR`".into();
    }
    let passing = answer.explanations.iter().filter_map(|of| of.passing).max();
    if passing == Some(0) {
        return plain(&empty_filters(searcher, text)).into_owned();
    }
    match answer.best_below {
        Some(best) => format!(
            "no good match: the best scores {best:.0} of 100, a match 50 and more; --all shows them"
        ),
        None => "no good match".into(),
    }
}

/// Names the filters that nothing passes, or else how many photos pass each.
fn empty_filters(searcher: &Searcher, text: &str) -> String {
    let vocabulary = searcher.vocabulary().unwrap_or_default();
    let mut counts = Vec::new();
    let mut empty = Vec::new();
    for filter in Query::filters_of(text).into_iter().map(|span| &text[span]) {
        match passing(searcher, filter) {
            Some(0) => empty.push(about(filter, &vocabulary)),
            Some(photos) => counts.push(format!("{filter} ({})", counted(photos as u64, "photo"))),
            None => {}
        }
    }
    if !empty.is_empty() {
        return empty.join("\n");
    }
    match counts.as_slice() {
        [] => "no photos match these filters".into(),
        counts => format!(
            "no photos match these filters together: {}",
            counts.join(", ")
        ),
    }
}

/// What a filter matches none of, and the values that are near.
fn about(filter: &str, vocabulary: &Vocabulary) -> String {
    let (name, value) = filter.split_once(':').unwrap_or((filter, ""));
    let value = value.trim_matches('"');
    let (noun, known) = match name {
        "in" | "folder" | "dir" | "path" => ("folder", &vocabulary.folders),
        "tag" | "label" => ("label", &vocabulary.tags),
        "camera" => ("camera", &vocabulary.cameras),
        "lens" => ("lens", &vocabulary.lenses),
        "ext" | "type" => ("file name ending", &vocabulary.extensions),
        _ => return format!("{filter} matches no photo"),
    };
    match nearest(value, known).as_slice() {
        [] => format!("{filter} matches no {noun}"),
        near => format!("{filter} matches no {noun}; near: {}", near.join(", ")),
    }
}

/// The known values nearest to one: all of a few, of many only those that are alike.
fn nearest<'a>(value: &str, known: &'a [String]) -> Vec<&'a str> {
    let value = value.to_lowercase();
    // A camera's name has several words, and people type one.
    let distance = |known: &str| {
        let parts = known.split_whitespace().chain([known]);
        let alike = parts.map(|part| strsim::normalized_damerau_levenshtein(&value, part));
        1.0 - alike.fold(0.0, f64::max)
    };
    let mut near: Vec<(f64, &str)> = known
        .iter()
        .map(|known| (distance(&known.to_lowercase()), known.as_str()))
        .filter(|(distance, _)| *distance <= NEAR || known.len() <= OFFERED)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    near.into_iter()
        .take(OFFERED)
        .map(|(_, known)| known)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::about;
    use pixseek_engine::Vocabulary;

    #[test]
    fn empty_filters_name_what_is_near() {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let vocabulary = Vocabulary {
            folders: owned(&["captioned", "cameras", "objects", "library", "odd"]),
            tags: owned(&["beach", "dog"]),
            ..Vocabulary::default()
        };
        for (filter, expected) in [
            ("in:camera", "in:camera matches no folder; near: cameras"),
            ("in:nowhere", "in:nowhere matches no folder"),
            ("tag:zebra", "tag:zebra matches no label; near: beach, dog"),
            ("camera:x", "camera:x matches no camera"),
            ("has:gps", "has:gps matches no photo"),
        ] {
            assert_eq!(about(filter, &vocabulary), expected);
        }
    }
}
