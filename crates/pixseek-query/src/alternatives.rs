//! Multiplies a tree out into alternatives, each with its parts and its filter.

use crate::tree::{Tree, joined, only_filter};
use crate::{Alternative, Filter, Part};

/// The largest number of alternatives. Each is a search of its own.
pub(crate) const MOST_ALTERNATIVES: usize = 32;

/// The items of each alternative; `None` if there are too many alternatives.
pub(crate) fn multiply(tree: &Tree) -> Option<Vec<Vec<Tree>>> {
    match tree {
        // A choice of filters only is one filter.
        Tree::Any(_) if only_filter(tree).is_some() => {
            Some(vec![vec![Tree::Filter(only_filter(tree)?)]])
        }
        Tree::Any(choices) => {
            let mut all = Vec::new();
            for choice in choices {
                all.extend(multiply(choice)?);
                if all.len() > MOST_ALTERNATIVES {
                    return None;
                }
            }
            Some(all)
        }
        Tree::All(items) => {
            let mut all = vec![Vec::new()];
            for item in items {
                let choices = multiply(item)?;
                if all.len() * choices.len() > MOST_ALTERNATIVES {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|before: &Vec<Tree>| {
                        choices
                            .iter()
                            .map(|choice| before.iter().chain(choice).cloned().collect())
                    })
                    .collect();
            }
            Some(all)
        }
        leaf => Some(vec![vec![leaf.clone()]]),
    }
}

pub(crate) fn alternative(items: &[Tree]) -> Alternative {
    let mut parts: Vec<Part> = joined(items).into_iter().collect();
    let mut filters = Vec::new();
    let mut model = None;
    for item in items {
        match item {
            Tree::Part(part) => parts.push(part.clone()),
            Tree::Filter(filter) => filters.push(filter.clone()),
            Tree::Model(name) => model = Some(name.clone()),
            Tree::All(_) | Tree::Any(_) | Tree::Word(..) => {}
        }
    }
    Alternative {
        parts,
        filter: Filter::All(filters),
        model,
    }
}

pub(crate) fn is_empty(alternative: &Alternative) -> bool {
    alternative.parts.is_empty()
        && alternative.model.is_none()
        && alternative.filter == Filter::All(Vec::new())
}

fn describe_the_same(a: &Alternative, b: &Alternative) -> bool {
    let of = |alternative: &Alternative| {
        let parts = alternative.parts.iter();
        parts
            .map(|part| (part.subject.clone(), part.weight))
            .collect::<Vec<_>>()
    };
    of(a) == of(b)
}

/// Merges alternatives with the same description into one with a choice of filters.
pub(crate) fn merged(alternatives: Vec<Alternative>) -> Vec<Alternative> {
    let mut merged: Vec<Alternative> = Vec::new();
    for next in alternatives {
        let same = merged
            .iter_mut()
            .find(|one| describe_the_same(one, &next) && one.model == next.model);
        match same {
            Some(one) => {
                let before = std::mem::replace(&mut one.filter, Filter::All(Vec::new()));
                one.filter = match before {
                    Filter::Any(mut choices) => {
                        choices.push(next.filter);
                        Filter::Any(choices)
                    }
                    before => Filter::Any(vec![before, next.filter]),
                };
            }
            None => merged.push(next),
        }
    }
    merged
}
