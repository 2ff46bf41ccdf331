//! All that the screen shows, as plain data.

use crate::action::{Export, Question};
use crate::keymap::Keymap;
use crate::theme::Theme;
use pixseek_engine::{Completion, FindOptions, Folding, Found, Order, Query, Shown, Vocabulary};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tui_input::Input;

/// Hits that are asked for at first; scrolling asks for more.
pub const FIRST_PAGE: usize = 200;
/// Ways to complete a word that are offered.
const COMPLETIONS: usize = 12;

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
    /// To the list of earlier queries.
    History,
    /// Into the line at the bottom.
    Prompt,
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

/// What the line at the bottom asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A name for the query.
    Save,
    /// A folder for what is marked or under the cursor.
    Export(Export),
}

/// What index run there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Indexing {
    #[default]
    None,
    /// In this process.
    Here(Run),
    /// In another one, in words.
    Elsewhere(String),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// Files seen so far, of all that are known of; photos encoded; files that failed.
    pub seen: u64,
    pub total: u64,
    pub encoded: u64,
    pub failed: u64,
    /// Since it began.
    pub elapsed: Duration,
    /// Whether it is to end after its batch.
    pub stopping: bool,
}

/// Everything.
#[derive(Debug, Clone)]
pub struct State {
    pub keymap: Arc<Keymap>,
    pub theme: Theme,
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
    /// What completes words.
    pub vocabulary: Arc<Vocabulary>,
    /// Ways to complete the word at the cursor, the first one next.
    pub completions: Vec<Completion>,
    /// Where filters stand in the query, in bytes.
    pub filters: Vec<Range<usize>>,
    /// Earlier queries, the latest first.
    pub history: Vec<String>,
    /// What is typed to find one of them, or as an answer to the line at the bottom.
    pub line: Input,
    pub purpose: Purpose,
    /// The earlier query under the cursor.
    pub earlier: usize,
    /// Where `back` leads.
    pub before: Mode,
    pub indexing: Indexing,
    /// Photos side by side, and in a page; the terminal's size decides.
    pub columns: usize,
    pub page: usize,
    /// The first row of photos on screen.
    pub top: usize,
    /// The first line of the help on screen.
    pub help_top: usize,
}

impl State {
    pub fn new(query: String, pick: bool, keymap: Keymap, theme: Theme) -> Self {
        let mut state = Self {
            keymap: Arc::new(keymap),
            theme,
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
            vocabulary: Arc::default(),
            completions: Vec::new(),
            filters: Vec::new(),
            history: Vec::new(),
            line: Input::default(),
            purpose: Purpose::Save,
            earlier: 0,
            before: Mode::Browse,
            indexing: Indexing::None,
            columns: 1,
            page: 1,
            top: 0,
            help_top: 0,
        };
        state.look_at_input();
        state
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

    /// What follows from the text and the cursor in the box.
    pub fn look_at_input(&mut self) {
        let text = self.input.value();
        let cursor = text.char_indices().nth(self.input.cursor());
        let cursor = cursor.map_or(text.len(), |(at, _)| at);
        self.completions = self.vocabulary.complete(text, cursor, COMPLETIONS);
        self.filters = Query::filters_of(text);
    }

    /// The hit under the cursor.
    pub fn current(&self) -> Option<&Found> {
        self.hits.get(self.selected)
    }

    /// Paths of what is marked, else of what is under the cursor.
    pub fn chosen(&self) -> Vec<Vec<u8>> {
        if self.marks.is_empty() {
            let current = self.current().map(|hit| hit.path.clone());
            current.into_iter().collect()
        } else {
            self.marks.clone()
        }
    }

    pub fn is_marked(&self, hit: &Found) -> bool {
        self.marks.contains(&hit.path)
    }

    /// What is on screen: behind the line at the bottom, what was there before.
    pub fn shown(&self) -> Mode {
        if self.mode == Mode::Prompt {
            self.before
        } else {
            self.mode
        }
    }

    /// Whether letters are typed.
    pub fn is_typing(&self) -> bool {
        matches!(self.mode, Mode::Type | Mode::History | Mode::Prompt)
    }

    /// Whether the last question is still open.
    pub fn is_busy(&self) -> bool {
        self.asked != self.answered
    }

    /// Earlier queries that contain every word of what is typed.
    pub fn earlier_queries(&self) -> Vec<&str> {
        let words = self.line.value().to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        let has_all = |query: &&str| {
            let query = query.to_lowercase();
            words.iter().all(|word| query.contains(word))
        };
        let queries = self.history.iter().map(String::as_str);
        queries.filter(has_all).collect()
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
        if self.options.shown == Shown::All {
            ways.push("weak matches too");
        }
        if !self.better.is_empty() || !self.worse.is_empty() {
            ways.push("moved by + and -");
        }
        ways
    }
}
