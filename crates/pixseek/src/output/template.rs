//! `--format`: a line for each hit, by a template.

use pixseek_engine::{FilmFacts, Hit, clock, path_of, rounded_score};
use std::io::{self, Write};

/// A template, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A name among [`FIELDS`].
    Field(&'static str),
}

const FIELDS: [&str; 20] = [
    "path", "name", "folder", "rank", "score", "cosine", "words", "taken", "place", "camera",
    "lens", "iso", "title", "rating", "tags", "width", "height", "at", "duration", "match",
];

impl Template {
    pub const HELP: &str = "\
Print each result by a template, as in '{path}\\t{score}'

Fields: {path} {name} {folder} {rank} {score} {cosine} {words} {taken} {place} {camera} {lens} {iso} \
{title} {rating} {tags} {width} {height}, and of films {at} {duration}. \
{match} is the file behind a result that has the score, if the one of {path} has another.
\\t, \\n, \\0 and \\\\ stand for what they do in C; {{ and }} for braces.";

    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.next_if_eq(&c).is_some() => plain.push(c),
                '{' => {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    let mut name = String::new();
                    while let Some(c) = rest.next_if(|c| *c != '}') {
                        name.push(c);
                    }
                    if rest.next().is_none() {
                        return Err("a { without its }; {{ is a brace".into());
                    }
                    let field = FIELDS.iter().find(|field| **field == name);
                    let field = field.ok_or_else(|| {
                        format!("unknown field {{{name}}}; there are: {}", FIELDS.join(", "))
                    })?;
                    pieces.push(Piece::Field(field));
                }
                '}' => return Err("a } without its {; }} is a brace".into()),
                '\\' => plain.push(match rest.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('0') => '\0',
                    Some('\\') => '\\',
                    _ => return Err("a \\ stands before t, n, 0 or \\".into()),
                }),
                c => plain.push(c),
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// Whether the template has the labels of photos, which the index keeps apart.
    pub fn has_tags(&self) -> bool {
        self.0.contains(&Piece::Field("tags"))
    }

    /// Writes a hit. What is not known of it is left empty; paths are their true bytes.
    /// `tags` are its labels.
    pub fn write(
        &self,
        output: &mut impl Write,
        rank: usize,
        hit: &Hit,
        tags: &[&str],
    ) -> io::Result<()> {
        let facts = &hit.record.facts;
        let number = |value: Option<f64>, digits: usize| match value {
            Some(value) => format!("{value:.digits$}"),
            None => String::new(),
        };
        let path = path_of(&hit.path);
        for piece in &self.0 {
            let text = match piece {
                Piece::Text(text) => text.clone(),
                Piece::Field("path") => {
                    output.write_all(&hit.path)?;
                    continue;
                }
                Piece::Field("name") => {
                    output.write_all(path.file_name().unwrap_or_default().as_encoded_bytes())?;
                    continue;
                }
                Piece::Field("folder") => {
                    let folder = path.parent().unwrap_or(&path).as_os_str();
                    output.write_all(folder.as_encoded_bytes())?;
                    continue;
                }
                Piece::Field("rank") => rank.to_string(),
                Piece::Field("score") => number(hit.score.map(|score| rounded_score(score, 10)), 1),
                Piece::Field("cosine") => number(hit.cosine.map(f64::from), 4),
                Piece::Field("words") => number(hit.coverage.map(f64::from), 2),
                Piece::Field("taken") => facts.taken.clone().unwrap_or_default(),
                Piece::Field("width") => side(facts.width),
                Piece::Field("height") => side(facts.height),
                Piece::Field("place") => facts.place_words.clone(),
                Piece::Field("lens") => facts.lens.clone().unwrap_or_default(),
                Piece::Field("iso") => facts.iso.map_or_else(String::new, |iso| iso.to_string()),
                Piece::Field("title") => facts.notes.title.clone().unwrap_or_default(),
                Piece::Field("rating") => {
                    let rating = facts.notes.rating;
                    rating.map_or_else(String::new, |stars| stars.to_string())
                }
                Piece::Field("match") => {
                    if let Some(matched) = &hit.matched {
                        output.write_all(&matched.path)?;
                    }
                    continue;
                }
                Piece::Field("at") => hit.frame.map_or_else(String::new, |at| clock(at.into())),
                Piece::Field("duration") => {
                    let film = facts.film.as_ref();
                    let duration = film.and_then(FilmFacts::duration);
                    duration.map_or_else(String::new, clock)
                }
                Piece::Field("tags") => tags.join(","),
                Piece::Field(_) => facts.camera.clone().unwrap_or_default(),
            };
            output.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

/// A side of a picture; empty if it is unknown.
fn side(pixels: u32) -> String {
    match pixels {
        0 => String::new(),
        pixels => pixels.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Template};

    #[test]
    fn templates_are_taken_apart() {
        let text = |text: &str| Piece::Text(text.into());
        let template = Template::parse(r"{path}\t{score}{{}}\\").unwrap();
        let pieces = [
            text(""),
            Piece::Field("path"),
            text("\t"),
            Piece::Field("score"),
            text("{}\\"),
        ];
        assert_eq!(template, Template(pieces.into()));
        for (wrong, said) in [
            ("{file}", "unknown field {file}; there are: path, name"),
            ("{path", "without its }"),
            ("}", "without its {"),
            (r"\x", "stands before"),
        ] {
            let error = Template::parse(wrong).unwrap_err();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }
}
