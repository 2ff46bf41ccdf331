//! Groups and items of a query. Applies signs and weights to them.

use crate::tokens::HEAVIEST;
use crate::{Filter, Part, QueryError, Subject};
use std::ops::Range;

/// A group or an item.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    /// A plain word. Neighbouring words become one description.
    Word(String, Range<usize>),
    Part(Part),
    Filter(Filter),
    Model(String),
}

pub(crate) fn signed(sign: char, item: Tree, span: Range<usize>) -> Result<Tree, QueryError> {
    match (sign, item) {
        ('+', item) => Ok(as_parts(item, 1.0)),
        // Both `-` and `!` negate a filter.
        (_, Tree::Filter(filter)) => Ok(Tree::Filter(Filter::Not(Box::new(filter)))),
        (_, Tree::Model(_)) => Err(QueryError::new(span, "a model cannot be left out")),
        ('!', item) => match only_filter(&item) {
            Some(filter) => Ok(Tree::Filter(Filter::Not(Box::new(filter)))),
            None => Err(QueryError::new(span, "! negates filters")
                .hint("to exclude what is described, use - as in -people")),
        },
        (_, item) => match only_filter(&item) {
            Some(filter) => Ok(Tree::Filter(Filter::Not(Box::new(filter)))),
            None if has_filter(&item) => Err(QueryError::new(
                span,
                "only words or only filters can be excluded together",
            )),
            None => Ok(as_parts(every(item), -1.0)),
        },
    }
}

pub(crate) fn part(subject: Subject, weight: f32, span: Range<usize>) -> Tree {
    Tree::Part(Part {
        subject,
        weight,
        span,
    })
}

pub(crate) fn weighted(item: Tree, weight: f32, span: &Range<usize>) -> Result<Tree, QueryError> {
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

/// The same tree with the position of everything in it replaced.
pub(crate) fn placed(item: Tree, span: &Range<usize>) -> Tree {
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

/// Makes parts of words, and multiplies weights.
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

/// Not (a or b) is not a and not b: replaces choices by groups.
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

pub(crate) fn only_filter(item: &Tree) -> Option<Filter> {
    let all = |items: &[Tree]| items.iter().map(only_filter).collect::<Option<Vec<_>>>();
    match item {
        Tree::Filter(filter) => Some(filter.clone()),
        Tree::All(items) => all(items).filter(|all| !all.is_empty()).map(Filter::All),
        Tree::Any(items) => all(items).map(Filter::Any),
        _ => None,
    }
}

/// Joins plain words into one description.
pub(crate) fn joined(words: &[Tree]) -> Option<Part> {
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
