//! Splits a text into tokens with their positions.

use crate::{QueryError, filters};
use std::ops::Range;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Open,
    Close,
    Or,
    /// `+`, `-` or `!` in front of something.
    Sign(char),
    /// `2:` in front of something.
    Weight(f32),
    /// `^2` behind something.
    Times(f32),
    Word(String),
    Phrase(String),
    /// `@name`, a saved query.
    Saved(String),
    /// `name:value`.
    Filter {
        name: String,
        name_span: Range<usize>,
        value: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

/// The largest number of bytes of a query. It limits the work for one.
pub(crate) const LONGEST: usize = 4096;
/// The largest weight. Larger ones would have the same effect.
pub(crate) const HEAVIEST: f32 = 100.0;

pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    if text.len() > LONGEST {
        let message = format!("a query has at most {LONGEST} bytes");
        return Err(QueryError::new(0..text.len(), message));
    }
    let mut reader = Reader { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        reader.skip_space();
        let start = reader.at;
        let Some(next) = reader.peek() else {
            return Ok(tokens);
        };
        let kind = match next {
            '(' => reader.take(Kind::Open),
            ')' => reader.take(Kind::Close),
            '"' => Kind::Phrase(reader.quoted()?),
            '^' if !tokens.is_empty() && !reader.is_behind_space(start) => {
                reader.next();
                Kind::Times(reader.number(start)?)
            }
            '+' | '-' | '!' if reader.is_sign() => reader.take(Kind::Sign(next)),
            '@' if reader.is_name() => {
                reader.next();
                Kind::Saved(reader.name())
            }
            _ => reader.word()?,
        };
        tokens.push(Token {
            kind,
            span: start..reader.at,
        });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, kind: Kind) -> Kind {
        self.next();
        kind
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    fn is_behind_space(&self, at: usize) -> bool {
        self.text[..at].ends_with(char::is_whitespace)
    }

    /// Whether a sign is followed by something. Alone it is a word.
    fn is_sign(&self) -> bool {
        let mut rest = self.text[self.at..].chars();
        rest.next();
        rest.next().is_some_and(|next| !next.is_whitespace())
    }

    /// Whether an at sign is followed by a name. Alone it is a word.
    fn is_name(&self) -> bool {
        let mut rest = self.text[self.at..].chars();
        rest.next();
        rest.next().is_some_and(|next| !ends_name(next))
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| !ends_name(*c)) {
            self.next();
            name.push(c);
        }
        name
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => return Ok(text),
                '\\' => text.extend(self.next()),
                c => text.push(c),
            }
        }
        Err(
            QueryError::new(start..start + 1, "this quote is not closed")
                .hint("put a \" at its end, or \\\" for a quote as it is"),
        )
    }

    fn number(&mut self, start: usize) -> Result<f32, QueryError> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            self.next();
        }
        weight(&self.text[from..self.at]).ok_or_else(|| {
            QueryError::new(start..self.at, "a weight is a number from 0 to 100")
                .hint("as in snow^2 or snow^0.5")
        })
    }

    /// Reads a word up to a space, a parenthesis or a weight, or a filter with its value.
    fn word(&mut self) -> Result<Kind, QueryError> {
        let start = self.at;
        let mut word = String::new();
        let mut is_plain = true;
        while let Some(c) = self.peek() {
            match c {
                '(' | ')' | '"' => break,
                c if c.is_whitespace() => break,
                '^' if self.at > start && self.is_weight() => break,
                ':' if is_plain && !word.is_empty() => {
                    if let Some(kind) = self.filter(start, &word)? {
                        return Ok(kind);
                    }
                    word.push(':');
                }
                '\\' => {
                    is_plain = false;
                    self.next();
                    word.extend(self.next());
                }
                c => {
                    self.next();
                    word.push(c);
                }
            }
        }
        Ok(if word == "OR" && is_plain {
            Kind::Or
        } else {
            Kind::Word(word)
        })
    }

    /// Whether `^` is followed by a number: then it begins a weight.
    fn is_weight(&self) -> bool {
        let rest = &self.text[self.at + 1..];
        rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
    }

    /// Reads a weight or a filter at a colon, if the word in front is a number, a filter or
    /// near one.
    fn filter(&mut self, start: usize, word: &str) -> Result<Option<Kind>, QueryError> {
        let colon = self.at;
        self.next();
        if let Some(weight) = weight(word) {
            return Ok(Some(Kind::Weight(weight)));
        }
        let name = word.to_ascii_lowercase();
        // Any other word with a colon is a word: "what: a dog", a time, an address.
        if filters::named(&name).is_none() && filters::misspelled(&name).is_none() {
            return Ok(None);
        }
        let mut value = String::new();
        while let Some(c) = self.peek() {
            match c {
                '"' => value.push_str(&self.quoted()?),
                '\\' => {
                    self.next();
                    value.extend(self.next());
                }
                ')' => break,
                '^' if self.is_weight() => break,
                c if c.is_whitespace() => break,
                c => {
                    self.next();
                    value.push(c);
                }
            }
        }
        Ok(Some(Kind::Filter {
            name,
            name_span: start..colon,
            value,
        }))
    }
}

fn ends_name(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"' | '^')
}

fn weight(text: &str) -> Option<f32> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value: f32 = text.parse().ok().filter(|_| is_number)?;
    (0.0..=HEAVIEST).contains(&value).then_some(value)
}
