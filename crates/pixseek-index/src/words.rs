//! Paths as words: `~/Italy2019/IMG_2043.jpg` is found by "italy", "2019", "img" and "2043".

/// Splits at everything that is not a letter or digit, and between letters and digits, and
/// where a capital follows a small letter. Lower case, one space between.
pub(crate) fn words(path: &str) -> String {
    let mut words = String::with_capacity(path.len());
    let mut last: Option<char> = None;
    for c in path.chars() {
        let breaks = last.is_some_and(|last| {
            last.is_numeric() != c.is_numeric() || (last.is_lowercase() && c.is_uppercase())
        });
        if c.is_alphanumeric() {
            if breaks && !words.ends_with(' ') {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        last = c.is_alphanumeric().then_some(c);
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn paths_become_words() {
        for (path, expected) in [
            (
                "/home/me/Italy2019/IMG_2043.jpg",
                "home me italy 2019 img 2043 jpg",
            ),
            ("sunsetByTheSea.JPG", "sunset by the sea jpg"),
            ("Größe/Ärger.png", "größe ärger png"),
            ("写真/犬1.jpg", "写真 犬 1 jpg"),
            ("", ""),
            ("///", ""),
        ] {
            assert_eq!(words(path), expected);
        }
    }
}
