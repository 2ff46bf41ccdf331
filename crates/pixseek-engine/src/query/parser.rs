//! Tokens into a tree, by recursive descent.

use super::alternatives::{MOST_ALTERNATIVES, alternative, is_empty, merged, multiply};
use super::filters::{self, Value};
use super::tokens::{HEAVIEST, Kind, LONGEST, Token, tokens};
use super::{Alternative, Part, Query, QueryError, Subject};
use crate::Saved;
use jiff::civil::DateTime;
use pixseek_index::Filter;
use std::ops::Range;

const DEEPEST: usize = 64;

/// What a group or an item is.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    /// A plain word: neighbours join into one description.
    Word(String, Range<usize>),
    Part(Part),
    Filter(Filter),
    Model(String),
}

pub(super) fn parse(text: &str, now: DateTime, saved: &Saved) -> Result<Query, QueryError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        now,
        depth: 0,
        end: text.len(),
        expansion: Expansion {
            saved,
            inside: Vec::new(),
            bytes_left: LONGEST,
        },
    };
    let tree = parser.whole()?;
    let alternatives: Vec<Alternative> = multiply(&tree)
        .ok_or_else(|| {
            let message = format!("these are more than {MOST_ALTERNATIVES} alternatives");
            QueryError::new(0..text.len(), message)
        })?
        .into_iter()
        .map(|items| alternative(&items))
        .collect();
    if alternatives.iter().any(is_empty) {
        return Err(
            QueryError::new(0..text.len(), "there is nothing to look for")
                .hint("describe a photo, as in: two dogs on a beach"),
        );
    }
    Ok(Query {
        alternatives: merged(alternatives),
    })
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    now: DateTime,
    depth: usize,
    end: usize,
    expansion: Expansion<'a>,
}

/// What `@name` may stand for.
struct Expansion<'a> {
    saved: &'a Saved,
    /// The saved queries that are being read, the outermost first: none may name one of them.
    inside: Vec<String>,
    /// Saved queries that name others several times over grow with every level.
    bytes_left: usize,
}

impl Parser<'_> {
    /// All tokens.
    fn whole(&mut self) -> Result<Tree, QueryError> {
        let tree = self.any()?;
        match self.peek() {
            None => Ok(tree),
            Some(token) => Err(QueryError::new(
                token.span.clone(),
                "this parenthesis closes none",
            )),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn any(&mut self) -> Result<Tree, QueryError> {
        let mut choices = vec![self.all()?];
        while let Some(token) = self.peek()
            && token.kind == Kind::Or
        {
            let span = token.span.clone();
            self.next();
            let is_first_empty = matches!(&choices[0], Tree::All(items) if items.is_empty());
            let choice = self.all()?;
            if is_first_empty || matches!(&choice, Tree::All(items) if items.is_empty()) {
                return Err(QueryError::new(span, "OR stands between two things")
                    .hint("as in: dog OR cat; \\OR is the word itself"));
            }
            choices.push(choice);
        }
        Ok(if choices.len() == 1 {
            choices.remove(0)
        } else {
            Tree::Any(choices)
        })
    }

    fn all(&mut self) -> Result<Tree, QueryError> {
        let mut items = Vec::new();
        while let Some(token) = self.peek() {
            if matches!(token.kind, Kind::Or | Kind::Close) {
                break;
            }
            items.push(self.item()?);
        }
        Ok(Tree::All(items))
    }

    fn item(&mut self) -> Result<Tree, QueryError> {
        let Some(token) = self.next() else {
            return Err(QueryError::new(
                self.end..self.end,
                "something is missing here",
            ));
        };
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(QueryError::new(token.span, "this is too deep"));
        }
        let item = self.item_from(token);
        self.depth -= 1;
        item
    }

    fn item_from(&mut self, token: Token) -> Result<Tree, QueryError> {
        match token.kind {
            Kind::Sign(sign) => {
                let item = self.item()?;
                let span = token.span.start..self.last_end();
                signed(sign, item, span)
            }
            Kind::Weight(weight) => {
                let item = self.item()?;
                weighted(item, weight, &token.span)
            }
            _ => {
                let item = self.primary(token)?;
                match self.peek() {
                    Some(Token {
                        kind: Kind::Times(weight),
                        span,
                    }) => {
                        let (weight, span) = (*weight, span.clone());
                        self.next();
                        weighted(item, weight, &span)
                    }
                    _ => Ok(item),
                }
            }
        }
    }

    fn last_end(&self) -> usize {
        self.tokens[..self.at.min(self.tokens.len())]
            .last()
            .map_or(0, |token| token.span.end)
    }

    fn primary(&mut self, token: Token) -> Result<Tree, QueryError> {
        let span = token.span;
        match token.kind {
            Kind::Word(word) => Ok(Tree::Word(word, span)),
            Kind::Phrase(text) if text.trim().is_empty() => {
                Err(QueryError::new(span, "there is nothing between the quotes"))
            }
            Kind::Phrase(text) => Ok(part(Subject::Words(text), 1.0, span)),
            Kind::Saved(name) => self.saved(&name, span),
            Kind::Filter {
                name,
                name_span,
                value,
            } => match filters::read(&name, name_span, &value, span.clone(), self.now)? {
                Value::Filter(filter) => Ok(Tree::Filter(filter)),
                Value::Model(name) => Ok(Tree::Model(name)),
                Value::Subject(subject) => Ok(part(subject, 1.0, span)),
            },
            Kind::Open => {
                let inner = self.any()?;
                match self.next() {
                    Some(Token {
                        kind: Kind::Close, ..
                    }) => Ok(inner),
                    _ => Err(QueryError::new(span, "this parenthesis is not closed")
                        .hint("put a ) at its end, or \\( for a parenthesis as it is")),
                }
            }
            Kind::Times(_) => Err(QueryError::new(span, "there is nothing to weigh")),
            _ => Err(QueryError::new(span, "this cannot stand here")),
        }
    }

    /// A saved query, as if it stood here in parentheses. Its spans and mistakes are those of its
    /// name: that is what was typed.
    fn saved(&mut self, name: &str, span: Range<usize>) -> Result<Tree, QueryError> {
        let Some(text) = self.expansion.saved.get(name) else {
            return Err(unknown(name, self.expansion.saved, span));
        };
        if self.expansion.inside.iter().any(|open| open == name) {
            let message = format!("the saved query @{name} names itself");
            return Err(QueryError::new(span, message)
                .hint(format!("`pixseek save {name} QUERY` replaces it")));
        }
        let Some(bytes_left) = self.expansion.bytes_left.checked_sub(text.len()) else {
            let message = format!("with its saved queries this has more than {LONGEST} bytes");
            return Err(QueryError::new(span, message));
        };
        let inside_of = |error: QueryError| QueryError {
            message: format!("in @{name}: {}", error.message),
            span: span.clone(),
            hint: error.hint,
        };
        let mut inside = self.expansion.inside.clone();
        inside.push(name.to_owned());
        let mut parser = Parser {
            tokens: tokens(text).map_err(inside_of)?,
            at: 0,
            now: self.now,
            depth: self.depth,
            end: text.len(),
            expansion: Expansion {
                saved: self.expansion.saved,
                inside,
                bytes_left,
            },
        };
        let tree = parser.whole().map_err(inside_of)?;
        self.expansion.bytes_left = parser.expansion.bytes_left;
        Ok(placed(tree, &span))
    }
}

fn signed(sign: char, item: Tree, span: Range<usize>) -> Result<Tree, QueryError> {
    match (sign, item) {
        ('+', item) => Ok(as_parts(item, 1.0)),
        // A filter turned round, whichever sign people use for it.
        (_, Tree::Filter(filter)) => Ok(Tree::Filter(Filter::Not(Box::new(filter)))),
        (_, Tree::Model(_)) => Err(QueryError::new(span, "a model cannot be left out")),
        ('!', item) => match only_filter(&item) {
            Some(filter) => Ok(Tree::Filter(Filter::Not(Box::new(filter)))),
            None => Err(QueryError::new(span, "! turns filters round")
                .hint("to take a description away, use - as in -people")),
        },
        (_, item) => match only_filter(&item) {
            Some(filter) => Ok(Tree::Filter(Filter::Not(Box::new(filter)))),
            None if has_filter(&item) => Err(QueryError::new(
                span,
                "only words or only filters can be taken away together",
            )),
            None => Ok(as_parts(every(item), -1.0)),
        },
    }
}

fn part(subject: Subject, weight: f32, span: Range<usize>) -> Tree {
    Tree::Part(Part {
        subject,
        weight,
        span,
    })
}

fn weighted(item: Tree, weight: f32, span: &Range<usize>) -> Result<Tree, QueryError> {
    if has_filter(&item) {
        return Err(QueryError::new(
            span.clone(),
            "a filter passes or not and has no weight",
        ));
    }
    if heaviest(&item) * weight > HEAVIEST {
        let message = format!("these weights are more than {HEAVIEST} together");
        return Err(QueryError::new(span.clone(), message)
            .hint("weights in and around parentheses are multiplied"));
    }
    Ok(as_parts(item, weight))
}

/// The largest weight, whatever its sign.
fn heaviest(item: &Tree) -> f32 {
    match item {
        Tree::All(items) | Tree::Any(items) => items.iter().map(heaviest).fold(0.0, f32::max),
        Tree::Part(part) => part.weight.abs(),
        Tree::Word(..) => 1.0,
        Tree::Filter(_) | Tree::Model(_) => 0.0,
    }
}

fn unknown(name: &str, saved: &Saved, span: Range<usize>) -> QueryError {
    let names: Vec<&str> = saved.iter().map(|(name, _)| name).collect();
    let hint = if names.is_empty() {
        "`pixseek save NAME QUERY` saves one; \\@ is the sign itself".into()
    } else {
        format!("saved: {}; \\@ is the sign itself", names.join(", "))
    };
    QueryError::new(span, format!("no saved query is called @{name}")).hint(hint)
}

/// The same tree, all of it at one place of the text.
fn placed(item: Tree, span: &Range<usize>) -> Tree {
    let all = |items: Vec<Tree>| items.into_iter().map(|item| placed(item, span)).collect();
    match item {
        Tree::All(items) => Tree::All(all(items)),
        Tree::Any(items) => Tree::Any(all(items)),
        Tree::Word(word, _) => Tree::Word(word, span.clone()),
        Tree::Part(part) => Tree::Part(Part {
            span: span.clone(),
            ..part
        }),
        other => other,
    }
}

/// Words become parts of their own, and weights are multiplied.
fn as_parts(item: Tree, weight: f32) -> Tree {
    match item {
        Tree::Word(word, span) => part(Subject::Words(word), weight, span),
        Tree::Part(part) => Tree::Part(Part {
            weight: part.weight * weight,
            ..part
        }),
        Tree::All(items) => {
            // The plain words of a group are one description.
            let (words, rest): (Vec<_>, Vec<_>) = items
                .into_iter()
                .partition(|item| matches!(item, Tree::Word(..)));
            let words = joined(&words).map(Tree::Part);
            Tree::All(
                words
                    .into_iter()
                    .chain(rest)
                    .map(|item| as_parts(item, weight))
                    .collect(),
            )
        }
        Tree::Any(items) => Tree::Any(
            items
                .into_iter()
                .map(|item| as_parts(item, weight))
                .collect(),
        ),
        other => other,
    }
}

/// Not (a or b) is not a and not b.
fn every(item: Tree) -> Tree {
    match item {
        Tree::Any(items) => Tree::All(items.into_iter().map(every).collect()),
        other => other,
    }
}

fn has_filter(item: &Tree) -> bool {
    match item {
        Tree::All(items) | Tree::Any(items) => items.iter().any(has_filter),
        Tree::Filter(_) | Tree::Model(_) => true,
        Tree::Word(..) | Tree::Part(_) => false,
    }
}

pub(super) fn only_filter(item: &Tree) -> Option<Filter> {
    let all = |items: &[Tree]| items.iter().map(only_filter).collect::<Option<Vec<_>>>();
    match item {
        Tree::Filter(filter) => Some(filter.clone()),
        Tree::All(items) => all(items).filter(|all| !all.is_empty()).map(Filter::All),
        Tree::Any(items) => all(items).map(Filter::Any),
        _ => None,
    }
}

/// Neighbouring plain words as one description.
pub(super) fn joined(words: &[Tree]) -> Option<Part> {
    let mut text = String::new();
    let mut span: Option<Range<usize>> = None;
    for item in words {
        if let Tree::Word(word, place) = item {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
            let start = span.as_ref().map_or(place.start, |span| span.start);
            span = Some(start..place.end);
        }
    }
    span.filter(|_| !text.trim().is_empty()).map(|span| Part {
        subject: Subject::Words(text),
        weight: 1.0,
        span,
    })
}
