//! What to say about a filter that no photo passes.

use crate::Vocabulary;
use crate::filters::named;
use pixseek_words::fold_text;

/// The most values to offer instead of one that matches nothing.
const OFFERED: usize = 4;
/// The largest share of a value's letters that may differ from it in a near one.
const NEAR: f64 = 0.5;

impl Vocabulary {
    /// Says that nothing passes a filter, and which known values are near, as in `in:libary matches
    /// no folder; near: library`.
    #[must_use]
    pub fn about_empty(&self, filter: &str) -> String {
        let Some((value, noun, known)) = self.known(filter) else {
            return format!("{filter} matches no photo");
        };
        match nearest(value, known).as_slice() {
            [] => format!("{filter} matches no {noun}"),
            near => format!("{filter} matches no {noun}; near: {}", near.join(", ")),
        }
    }

    /// Whether no known value contains that of a filter. False for filters whose values are not
    /// known here, and for pieces of paths, which span several folders.
    #[must_use]
    pub fn is_empty_filter(&self, filter: &str) -> bool {
        self.known(filter).is_some_and(|(value, _, known)| {
            let value = fold_text(value);
            let contains = |known: &String| fold_text(known).contains(&*value);
            !value.contains(['/', ',']) && !value.starts_with('.') && !known.iter().any(contains)
        })
    }

    /// The noun for the values of a filter, and those that the index has. `None` for a filter whose
    /// values are not listed, such as a date. Takes synonyms of filters, too.
    #[must_use]
    pub fn known_values(&self, name: &str) -> Option<(&'static str, &[String])> {
        let (name, _) = named(name)?;
        Some(match name {
            "in" => ("folder", &self.folders),
            "tag" => ("label", &self.tags),
            "camera" => ("camera", &self.cameras),
            "lens" => ("lens", &self.lenses),
            "ext" => ("file name ending", &self.extensions),
            _ => return None,
        })
    }

    /// The value of a filter, the noun for such values, and the known ones.
    fn known<'a>(&'a self, filter: &'a str) -> Option<(&'a str, &'static str, &'a [String])> {
        let (name, value) = filter.split_once(':')?;
        let (noun, known) = self.known_values(name)?;
        Some((value.trim_matches('"'), noun, known))
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
    use crate::Vocabulary;

    #[test]
    fn empty_filters_name_what_is_near() {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let vocabulary = Vocabulary {
            folders: owned(&["captioned", "cameras", "objects", "library", "odd"]),
            tags: owned(&["beach", "dog"]),
            ..Vocabulary::default()
        };
        for (filter, expected) in [
            ("in:camera", false),
            ("in:nowhere", true),
            ("in:odd/nowhere", false),
            ("tag:Dog", false),
            ("has:gps", false),
        ] {
            assert_eq!(vocabulary.is_empty_filter(filter), expected, "{filter}");
        }
        for (filter, expected) in [
            ("in:camera", "in:camera matches no folder; near: cameras"),
            ("in:nowhere", "in:nowhere matches no folder"),
            ("tag:zebra", "tag:zebra matches no label; near: beach, dog"),
            ("camera:x", "camera:x matches no camera"),
            ("has:gps", "has:gps matches no photo"),
        ] {
            assert_eq!(vocabulary.about_empty(filter), expected);
        }
    }
}
