//! Quotes that a shell took away: `tag:"a dog"` arrives as `tag:a dog`.

use crate::filters::named;

/// A command line's argument that begins with a filter and holds a space, with quotes around the
/// value; `None` for every other argument. Whoever runs the query decides between both readings:
/// `in:italy cat` may also be a folder and a word.
#[must_use]
pub fn requoted(argument: &str) -> Option<String> {
    let (name, value) = argument.split_once(':')?;
    let is_plain = value.contains(char::is_whitespace) && !value.contains(['"', '\\']);
    let bare = name.trim_start_matches(['+', '-', '!']);
    named(&bare.to_ascii_lowercase()).filter(|_| is_plain)?;
    Some(format!("{name}:\"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::requoted;

    #[test]
    fn values_with_spaces_get_their_quotes_back() {
        for (argument, expected) in [
            ("tag:a dog", Some("tag:\"a dog\"")),
            ("!In:ünï cödé 日本", Some("!In:\"ünï cödé 日本\"")),
            ("tag:dog", None),
            ("tag:\"a dog\"", None),
            ("what: a dog", None),
            ("cat in:new york", None),
            ("a dog", None),
        ] {
            assert_eq!(requoted(argument).as_deref(), expected, "{argument}");
        }
    }
}
