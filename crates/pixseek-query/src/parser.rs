//! Parses tokens into a tree by recursive descent.

use crate::alternatives::{MOST_ALTERNATIVES, alternative, is_empty, merged, multiply};
use crate::filters::{self, Value};
use crate::tokens::{Kind, LONGEST, Token, tokens};
use crate::tree::{Tree, part, placed, signed, weighted};
use crate::{Alternative, Context, Query, QueryError, Subject};
use std::collections::BTreeMap;
use std::ops::Range;

const DEEPEST: usize = 64;

pub(crate) fn parse(text: &str, context: Context<'_>) -> Result<Query, QueryError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        context,
        depth: 0,
        end: text.len(),
        expansion: Expansion {
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
        return Err(QueryError::new(0..text.len(), "empty query")
            .hint("describe a photo, as in: two dogs on a beach"));
    }
    Ok(Query {
        alternatives: merged(alternatives),
    })
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    context: Context<'a>,
    depth: usize,
    end: usize,
    expansion: Expansion,
}

/// The state of replacing names by saved queries.
struct Expansion {
    /// The saved queries that are being parsed, the outermost first. They may not be named again.
    inside: Vec<String>,
    /// The bytes that saved queries may still have. Without a limit, queries that name others twice
    /// would double with every level.
    bytes_left: usize,
}

impl Parser<'_> {
    /// Parses all tokens.
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
            } => match filters::read(&name, name_span, &value, span.clone(), self.context)? {
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

    /// Parses a saved query, as if it stood here in parentheses. Its parts and mistakes get the
    /// position of its name, because the name was typed.
    fn saved(&mut self, name: &str, span: Range<usize>) -> Result<Tree, QueryError> {
        let Some(text) = self.context.saved.get(name) else {
            return Err(unknown(name, self.context.saved, span));
        };
        if self.expansion.inside.iter().any(|open| open == name) {
            let message = format!("the saved query @{name} names itself");
            return Err(QueryError::new(span, message).hint("save another query under this name"));
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
            context: self.context,
            depth: self.depth,
            end: text.len(),
            expansion: Expansion { inside, bytes_left },
        };
        let tree = parser.whole().map_err(inside_of)?;
        self.expansion.bytes_left = parser.expansion.bytes_left;
        Ok(placed(tree, &span))
    }
}

fn unknown(name: &str, saved: &BTreeMap<String, String>, span: Range<usize>) -> QueryError {
    let names: Vec<&str> = saved.keys().map(String::as_str).collect();
    let hint = if names.is_empty() {
        "no query is saved yet; \\@ is the sign itself".into()
    } else {
        format!("saved: {}; \\@ is the sign itself", names.join(", "))
    };
    QueryError::new(span, format!("no saved query is called @{name}")).hint(hint)
}
