//! Questions to the search, and their parts: the photos that refine one, and the completions of a
//! word.

use super::{State, begun};
use crate::effect::Question;
use pixseek_engine::{Answer, Completion, Folding, MATCH, Order, QueryError, Shown};

/// A photo that the query moves towards or away from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refinement {
    pub path: Vec<u8>,
    pub direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    More,
    Less,
}

/// The completions of a word, while the query contains one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The query before the completion.
    pub text: String,
    pub ways: Vec<Completion>,
    /// The index of the completion in the query.
    pub taken: usize,
}

/// The files that complete the value of `like:`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileChoices {
    /// The value that they complete.
    pub typed: String,
    /// The files, as the query writes them; folders end with a slash.
    pub files: Vec<String>,
}

/// A result of the last question that the screen shows only when typing rests, because the next
/// letter often mends it.
#[derive(Debug, Clone)]
pub enum Held {
    /// No photo was found.
    Empty(Box<Answer>),
    /// The query has a mistake.
    Mistake(QueryError),
    /// The search failed, as with a half-typed name of a file.
    Failure(String),
}

impl State {
    /// Numbers and returns a new question about the current query.
    pub fn question(&mut self) -> Question {
        self.last_question += 1;
        self.has_rested = false;
        self.held = None;
        Question {
            number: self.last_question,
            text: self.asked_text(),
            options: self.options,
            more_like: self.refined_by(Direction::More),
            less_like: self.refined_by(Direction::Less),
        }
    }

    /// Returns the photos that refine the query in a direction.
    fn refined_by(&self, direction: Direction) -> Vec<Vec<u8>> {
        let refinements = self.refinements.iter();
        let refinements = refinements.filter(|refinement| refinement.direction == direction);
        refinements
            .map(|refinement| refinement.path.clone())
            .collect()
    }

    /// Returns the query to search. An unfinished word that the user typed is replaced by its
    /// completions.
    fn asked_text(&self) -> String {
        let text = self.query.value();
        if self.word_is_typed {
            begun::finished(text, &self.completions)
        } else {
            text.to_owned()
        }
    }

    /// Names the filter that passes no photo, or those that pass none together, if there is no hit.
    /// Compares values with those of the whole index, so the view shows the result and does not look
    /// for it at every frame.
    pub fn find_empty_filter(&self) -> Option<String> {
        if !self.hits.is_empty() {
            return None;
        }
        let text = self.query.value();
        let filters = self.filters.iter();
        let filters: Vec<&str> = filters.filter_map(|span| text.get(span.clone())).collect();
        let mut empty = filters.iter();
        if let Some(empty) = empty.find(|filter| self.vocabulary.is_empty_filter(filter)) {
            return Some(self.vocabulary.about_empty(empty));
        }
        match filters.as_slice() {
            [] => None,
            [only] => Some(format!("{only} matches no photo")),
            all => Some(format!("No photo passes {} together", all.join(" and "))),
        }
    }

    /// Whether the last question still waits for its answer.
    pub fn is_searching(&self) -> bool {
        self.last_question != self.last_answer
    }

    /// Returns the search options that differ from the defaults, as the bottom line shows them.
    pub fn unusual_options(&self) -> Vec<String> {
        let mut options = Vec::new();
        match self.options.order {
            Order::Relevance => {}
            Order::Date => options.push("by date".to_owned()),
            Order::Name => options.push("by name".to_owned()),
            Order::Size => options.push("by size".to_owned()),
        }
        if self.options.folding == Folding::None {
            options.push("unfolded".to_owned());
        }
        if self.options.shown == Shown::All {
            let scores = self.hits.iter().filter_map(|hit| hit.score);
            let strong = scores.filter(|score| *score >= MATCH).count();
            options.push(match strong {
                _ if !self.hits.iter().any(|hit| hit.score.is_some()) => {
                    "incl. weak matches".to_owned()
                }
                0 => "weak matches only".to_owned(),
                _ if strong < self.hits.len() && self.options.order == Order::Relevance => {
                    format!("weak from {} on", strong + 1)
                }
                _ => "incl. weak matches".to_owned(),
            });
        }
        options
    }
}
