//! All that the screen shows, as plain data.

use crate::action::Question;
use pixseek_engine::{FindOptions, Folding, Found, Line, Order};
use std::ops::Range;
use tui_input::Input;

/// Hits that are asked for at first; scrolling asks for more.
pub const FIRST_PAGE: usize = 200;

/// Where keys go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Into the box.
    #[default]
    Type,
    /// To the photos.
    Browse,
    /// To the one photo that is shown large.
    Detail,
    /// To the page of keys.
    Help,
}

/// How hits are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    #[default]
    Grid,
    List,
}

/// What a mistake in the query is, and where, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub span: Range<usize>,
    pub message: String,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct State {
    pub input: Input,
    pub mode: Mode,
    pub layout: Layout,
    /// Whether choosing gives back what is chosen.
    pub pick: bool,
    pub hits: Vec<Found>,
    pub selected: usize,
    /// Paths, in the order in which they were marked.
    pub marks: Vec<Vec<u8>>,
    pub better: Vec<Vec<u8>>,
    pub worse: Vec<Vec<u8>>,
    pub options: FindOptions,
    /// The number of the last question.
    pub asked: u64,
    /// The number of the question that is answered on screen.
    pub answered: u64,
    pub mistake: Option<Mistake>,
    /// What went wrong or was done.
    pub message: Option<String>,
    /// The best score below the line, when nothing matches.
    pub best_below: Option<f32>,
    /// Photos in the index, once it is open.
    pub photos: Option<u64>,
    /// Photos side by side, and in a page; the terminal's size decides.
    pub columns: usize,
    pub page: usize,
}

impl State {
    pub fn new(query: String, pick: bool) -> Self {
        Self {
            input: Input::new(query),
            mode: Mode::Type,
            layout: Layout::Grid,
            pick,
            hits: Vec::new(),
            selected: 0,
            marks: Vec::new(),
            better: Vec::new(),
            worse: Vec::new(),
            options: FindOptions {
                limit: FIRST_PAGE,
                ..FindOptions::default()
            },
            asked: 0,
            answered: 0,
            mistake: None,
            message: None,
            best_below: None,
            photos: None,
            columns: 1,
            page: 1,
        }
    }

    /// The next question, about what is in the box.
    pub fn question(&mut self) -> Question {
        self.asked += 1;
        Question {
            number: self.asked,
            text: self.input.value().to_owned(),
            options: self.options,
            better: self.better.clone(),
            worse: self.worse.clone(),
        }
    }

    /// The hit under the cursor.
    pub fn current(&self) -> Option<&Found> {
        self.hits.get(self.selected)
    }

    pub fn is_marked(&self, hit: &Found) -> bool {
        self.marks.contains(&hit.path)
    }

    /// Whether the last question is still open.
    pub fn is_busy(&self) -> bool {
        self.asked != self.answered
    }

    /// What is unusual about the way of searching, in words.
    pub fn ways(&self) -> Vec<&'static str> {
        let mut ways = Vec::new();
        if self.options.order == Order::Date {
            ways.push("by date");
        }
        if self.options.folding == Folding::None {
            ways.push("unfolded");
        }
        if self.options.line == Line::All {
            ways.push("weak matches too");
        }
        if !self.better.is_empty() || !self.worse.is_empty() {
            ways.push("moved by + and -");
        }
        ways
    }
}
